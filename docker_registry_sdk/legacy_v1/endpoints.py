"""The registries that a v1 index names in X-Docker-Endpoints, and the rule which of them a client may use. Free of I/O."""

from __future__ import annotations

from collections.abc import Collection

from .._core.names.origin import Origin, same_site
from .._core.transport.home import HUB
from ..errors import AuthError, InvalidReferenceError

# Docker Hub's index; docker.io, the host in references, serves web pages.
HUB_INDEX = "index.docker.io"


def read_endpoints(header: str | None, index: Origin, *, trusted: Collection[str]) -> tuple[Origin, ...]:
    """Return the registries that an index names, or the index itself when it names none.

    A hostile index may name any host. A token must not go to a foreign site, and no request may go into the caller's network.

    Args:
        header: The index's X-Docker-Endpoints: hosts with or without a port, separated by commas.
        index: The index.
        trusted: The hosts, with or without a port, that the caller trusts as registries.

    Raises:
        AuthError: One of the registries is not allowed; the message says why, and what to do.

    Source: Docker Hub API, X-Docker-Endpoints.
    """
    hosts = [host for host in (part.strip() for part in (header or "").split(",")) if host]
    if not hosts:
        return (Origin(index.scheme, HUB),) if index.host == HUB_INDEX else (index,)
    return tuple(_endpoint(host, index, trusted) for host in hosts)


def _endpoint(host: str, index: Origin, trusted: Collection[str]) -> Origin:
    source = f"the index {index}"
    try:
        # An endpoint should have no scheme, and then has the index's; some servers write one.
        endpoint = Origin.from_url(host if "://" in host else f"{index.scheme}://{host}")
    except InvalidReferenceError as error:
        raise AuthError(f"it names a registry whose address is invalid: {error}", source=source) from None
    if any(character in host.rpartition("://")[2] for character in "/?#"):
        raise AuthError("it names a registry with a path; only a host and a port are allowed", source=source)
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
