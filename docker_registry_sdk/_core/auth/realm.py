"""The realm policy: the token services that may receive a request, and the token services that may receive a credential.

A registry on the internet must not make clients send requests to private addresses (SSRF).
"""

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
    """Return the origin of a realm, after checking that a token request may be sent to the realm.

    A hostile registry may name any realm. It must not make the client send a credential to another site, or a request into the
    caller's network.

    Args:
        realm: The realm of the challenge.
        registry: The registry that sent the challenge.
        trusted: The hosts, with or without a port, that the caller trusts as realms.
        secret: Whether the token request contains a credential.

    Raises:
        AuthError: The realm must not be used. The message contains the reason and a remedy.
    """
    source = f"the registry {registry}"
    try:
        origin = Origin.from_url(follow_url("realm", realm))
    except InvalidReferenceError as error:
        raise AuthError(f"the registry's challenge names a token service with an invalid URL: {error}", source=source) from None
    if not origin.is_secure and registry.is_secure:
        raise AuthError(
            f"the registry's challenge names the token service {origin}, which uses plain http, so no request was sent to it: "
            "others could read credentials and tokens. Ask the operator of the registry for an https realm.",
            source=source,
        )
    if is_own(origin, registry, trusted):
        return origin
    if origin.is_address or origin.is_private:
        raise AuthError(
            f"the registry's challenge names the token service {origin}, which is an IP address or in a private network, "
            "so no request was sent to it. "
            f"If this token service is intended, pass trusted_realms=[{origin.netloc!r}].",
            source=source,
        )
    if secret and not same_site(origin, registry):
        raise AuthError(
            f"the registry's challenge names the token service {origin}, which belongs to another site, "
            "so the credential was not sent to it. "
            f"If this token service is intended, pass trusted_realms=[{origin.netloc!r}].",
            source=source,
        )
    return origin


def is_own(realm: Origin, registry: Origin, trusted: Collection[str]) -> bool:
    """Return whether a realm is on the host of the registry, or is trusted by the caller.

    Args:
        realm: The origin of the realm.
        registry: The registry that named the realm.
        trusted: The hosts, with or without a port, that the caller trusts as realms.
    """
    return realm.host == registry.host or not parse_trusted(trusted).isdisjoint({(realm.host, None), (realm.host, realm.port)})


def check_addresses(realm: Origin, found: Collection[str] | None, registry: Origin) -> None:
    """Check that the addresses of a realm are public, if the registry is public.

    Args:
        realm: The origin of the realm.
        found: The result of `addresses_for` for the realm.
        registry: The registry that named the realm.

    Raises:
        AuthError: The realm resolves to a private address, and the registry is public.
    """
    if not are_public(found):
        raise AuthError(
            f"the registry's challenge names the token service {realm}, whose name resolves to a private address, "
            "so no request was sent to it. "
            f"If this token service is intended, pass trusted_realms=[{realm.netloc!r}].",
            source=f"the registry {registry}",
        )


def parse_trusted(names: Collection[str]) -> frozenset[tuple[str, int | None]]:
    """Return the hosts and ports in the option `trusted_realms`. The port is None if all ports of the host are trusted.

    Args:
        names: Hosts, with or without a port.

    Raises:
        TypeError: The option is one string instead of a collection of strings.
        InvalidReferenceError: A name is not a host with or without a port.
    """
    if isinstance(names, str):
        raise TypeError(f"trusted_realms must be a collection of hosts, such as [{names!r}], not a single string")
    return frozenset(map(_host_and_port, names))


def _host_and_port(name: str) -> tuple[str, int | None]:
    # An IPv6 address without brackets has no port.
    host, port = (name, None) if name.count(":") > 1 and "[" not in name else split_port(name)
    try:
        return normalize_host(host), None if port is None else check_port(port)
    except (HostError, InvalidReferenceError) as error:
        raise InvalidReferenceError(f"trusted_realms contains {quoted(name)}, which is not a host: {error}") from None


def addresses_for(host: str, registry: Origin) -> Generator[Effect, Any, tuple[str, ...] | None]:
    """Return the only IP addresses that may be used for a request to a host that a registry names.

    The request connects to these addresses and does not resolve the host again, since a second lookup may return other addresses
    (DNS rebinding).

    Args:
        host: The host.
        registry: The registry that names the host.

    Returns:
        The addresses, not checked yet. None if any address is allowed, since the registry itself is in the caller's network or a
        proxy resolves hosts.
    """
    if registry.is_private or host == registry.host:
        return None
    own: tuple[str, ...] | None = (registry.host,) if registry.is_address else (yield Resolve(registry.host))
    if own is None or any(map(is_private_host, own)):
        return None
    found: tuple[str, ...] | None = yield Resolve(host)
    return found


def are_public(addresses: Collection[str] | None) -> bool:
    """Return whether no address is private. The result is True for None.

    Args:
        addresses: The result of `addresses_for`.
    """
    return not any(map(is_private_host, addresses or ()))
