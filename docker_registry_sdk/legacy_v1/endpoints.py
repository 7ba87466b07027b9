"""Which registry a v1 index may send a client to. Free of I/O."""

from __future__ import annotations

from collections.abc import Collection

from .._core.names.origin import Origin, same_site
from .._core.transport.home import HUB
from ..errors import AuthError, InvalidReferenceError

# Docker Hub's index; the host that references name serves web pages.
HUB_INDEX = "index.docker.io"


def read_endpoints(named: str | None, index: Origin, *, trusted: Collection[str]) -> tuple[Origin, ...]:
    """Return the registries that an index names; the index itself when it names none.

    A hostile index may name any host: a token must not go there, and neither must a request into the caller's own network.

    Args:
        named: What the index names: hosts with or without a port, separated by commas.
        index: The index.
        trusted: The hosts, with or without a port, that the caller trusts as registries.

    Raises:
        AuthError: One of them may not be asked; the message says why and what to do.

    Source: Docker Hub API, X-Docker-Endpoints.
    """
    hosts = [host for host in (part.strip() for part in (named or "").split(",")) if host]
    if not hosts:
        return (Origin(index.scheme, HUB),) if index.host == HUB_INDEX else (index,)
    return tuple(_endpoint(host, index, trusted) for host in hosts)


def _endpoint(host: str, index: Origin, trusted: Collection[str]) -> Origin:
    source = f"the index {index}"
    try:
        # An endpoint has no scheme: it is that of the index. Some servers write it all the same.
        endpoint = Origin.from_url(host if "://" in host else f"{index.scheme}://{host}")
    except InvalidReferenceError as error:
        raise AuthError(f"it names a registry that cannot be asked: {error}", source=source) from None
    if any(character in host.rpartition("://")[2] for character in "/?#"):
        raise AuthError("it names a registry with a path, where only a host and a port may stand", source=source)
    if index.is_secure and not endpoint.is_secure:
        raise AuthError(
            f"it names the registry {endpoint}, which is plain http: its token could be read on the way. "
            "Ask its operator for an https registry.",
            source=source,
        )
    if endpoint.host == index.host or {endpoint.host, endpoint.netloc, f"{endpoint.host}:{endpoint.port}"} & set(trusted):
        return endpoint
    if endpoint.is_address or endpoint.is_private:
        problem = "an address or a host of a private network"
    elif not same_site(endpoint, index):
        problem = "which is another site"
    else:
        return endpoint
    raise AuthError(
        f"it names the registry {endpoint}, {problem}; nothing was sent there. "
        f"If that is right, pass trusted_realms=[{endpoint.netloc!r}].",
        source=source,
    )
