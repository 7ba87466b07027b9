"""The realm policy: the token services that may be sent a request, and those that may be sent a credential."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

from ...errors import AuthError, InvalidReferenceError
from ..names.hosts import HostError, check_port, split_port
from ..names.origin import Origin, is_private_host, normalize_host, same_site
from ..text.redaction import quoted
from ..wire import follow_url
from .effects import Effect, Resolve


def check_realm(realm: str, registry: Origin, *, trusted: Collection[str], secret: bool) -> Origin:
    """Return the origin of a realm, after checking that it may be sent a token request.

    A hostile registry may name any realm. It must not receive a credential for another site, and must not make the client
    send requests into the caller's own network.

    Args:
        realm: The realm of the challenge.
        registry: The registry that sent the challenge.
        trusted: The hosts, with or without a port, that the caller trusts as realms.
        secret: Whether a credential would be sent along.

    Raises:
        AuthError: The realm must not be used; the message says why and what to do.
    """
    source = f"the registry {registry}"
    try:
        origin = Origin.from_url(follow_url("realm", realm))
    except InvalidReferenceError as error:
        raise AuthError(f"it names a token service with an invalid URL: {error}", source=source) from None
    if not origin.is_secure and registry.is_secure:
        raise AuthError(
            f"it names the token service {origin}, which is plain http: credentials and tokens could be read on the way. "
            "Ask its operator for an https realm.",
            source=source,
        )
    if is_own(origin, registry, trusted):
        return origin
    if origin.is_address or origin.is_private:
        raise AuthError(
            f"it names the token service {origin}, an address or a host of a private network, and was not followed there. "
            f"If that is right, pass trusted_realms=[{origin.netloc!r}].",
            source=source,
        )
    if secret and not same_site(origin, registry):
        raise AuthError(
            f"it names the token service {origin}, which is another site, and the credential was not sent there. "
            f"If that is right, pass trusted_realms=[{origin.netloc!r}].",
            source=source,
        )
    return origin


def is_own(realm: Origin, registry: Origin, trusted: Collection[str]) -> bool:
    """Return whether a realm is on the registry's host, or trusted by the caller.

    Args:
        realm: The origin of the realm.
        registry: The registry that named the realm.
        trusted: The hosts, with or without a port, that the caller trusts as realms.
    """
    return realm.host == registry.host or not parse_trusted(trusted).isdisjoint({(realm.host, None), (realm.host, realm.port)})


def check_addresses(realm: Origin, found: Collection[str] | None, registry: Origin) -> None:
    """Check that a registry on the internet does not name a realm in the caller's network.

    Args:
        realm: The origin of the realm.
        found: The only addresses that a token request may be sent to; None for any.
        registry: The registry that named the realm.

    Raises:
        AuthError: The realm resolves to a private address, and the registry is public.
    """
    if not are_public(found):
        raise AuthError(
            f"it names the token service {realm}, whose name resolves to an address of a private network, and was not followed "
            f"there. If that is right, pass trusted_realms=[{realm.netloc!r}].",
            source=f"the registry {registry}",
        )


def parse_trusted(names: Collection[str]) -> frozenset[tuple[str, int | None]]:
    """Return the hosts and ports of the option `trusted_realms`; the port None trusts all ports of a host.

    Args:
        names: Hosts, with or without a port.

    Raises:
        TypeError: The option is one string instead of a collection of strings.
        InvalidReferenceError: One of them is not a host.
    """
    if isinstance(names, str):
        raise TypeError(f"trusted_realms should be several hosts, such as [{names!r}], and no text")
    return frozenset(map(_host_and_port, names))


def _host_and_port(name: str) -> tuple[str, int | None]:
    # An IPv6 address without brackets has no port.
    host, port = (name, None) if name.count(":") > 1 and "[" not in name else split_port(name)
    try:
        return normalize_host(host), None if port is None else check_port(port)
    except (HostError, InvalidReferenceError) as error:
        raise InvalidReferenceError(f"trusted_realms has {quoted(name)}: {error}") from None


def addresses_for(host: str, registry: Origin) -> Generator[Effect, Any, tuple[str, ...] | None]:
    """Resolve a host that a registry names, and return the only IP addresses that a request to the host may be sent to.

    The request connects to these addresses, since the name may resolve to other ones the next time (DNS rebinding).

    Args:
        host: The host.
        registry: The registry that names the host.

    Returns:
        The addresses, not checked yet. None allows any address: the registry itself is in the caller's network and may name
        any host of that network, or a proxy resolves hosts.
    """
    if registry.is_private or host == registry.host:
        return None
    own: tuple[str, ...] | None = (registry.host,) if registry.is_address else (yield Resolve(registry.host))
    if own is None or any(map(is_private_host, own)):
        return None
    found: tuple[str, ...] | None = yield Resolve(host)
    return found


def are_public(addresses: Collection[str] | None) -> bool:
    """Return whether all addresses are public.

    Args:
        addresses: The result of `addresses_for`.
    """
    return not any(map(is_private_host, addresses or ()))
