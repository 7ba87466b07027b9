"""Checks of realms, the URLs of token services in challenges: which may receive a request, and which may receive a credential.

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

    A hostile registry can put any URL into its challenge. The URL must not make the client send a credential to another site, or
    a request into the caller's network. This function checks only the URL; `check_addresses` checks the addresses of the host.

    Args:
        realm: The URL of the token service, from the challenge.
        registry: The origin of the registry that sent the challenge.
        trusted: The hosts that the caller trusts as token services. A host without a port is trusted on all ports.
        secret: Whether the token request contains a credential.

    Raises:
        AuthError: No request may be sent to the realm: its URL is invalid; it uses plain http but the registry uses https; or
            its host is neither the registry's nor trusted, and is an IP address, is private, or, if the request contains a
            credential, belongs to another site.
    """
    source = f"the registry {registry}"
    try:
        origin = Origin.from_url(follow_url("realm", realm))
    except InvalidReferenceError as error:
        raise AuthError(
            f"the registry's challenge names a token service with an invalid URL: {error.problem}",
            source=source,
            hint="Ask the operator of the registry to correct the realm.",
        ) from None
    if not origin.is_secure and registry.is_secure:
        raise AuthError(
            f"the registry's challenge names the token service {origin}, which uses plain http, so no request was "
            "sent to it: others could read credentials and tokens",
            source=source,
            hint="Ask the operator of the registry for an https realm.",
        )
    if is_own(origin, registry, trusted):
        return origin
    if origin.is_address or origin.is_private:
        raise AuthError(
            f"the registry's challenge names the token service {origin}, which is an IP address or in a private "
            "network, so no request was sent to it",
            source=source,
            hint=f"If this token service is intended, pass trusted_realms=[{origin.netloc!r}].",
        )
    if secret and not same_site(origin, registry):
        raise AuthError(
            f"the registry's challenge names the token service {origin}, which belongs to another site, so the "
            "credential was not sent to it",
            source=source,
            hint=f"If this token service is intended, pass trusted_realms=[{origin.netloc!r}].",
        )
    return origin


def is_own(realm: Origin, registry: Origin, trusted: Collection[str]) -> bool:
    """Return whether a realm is on the host of the registry (on any port), or is trusted by the caller.

    Args:
        realm: The origin of the realm.
        registry: The origin of the registry that sent the challenge with the realm.
        trusted: The hosts that the caller trusts as token services. A host without a port is trusted on all ports.
    """
    return realm.host == registry.host or not parse_trusted(trusted).isdisjoint({(realm.host, None), (realm.host, realm.port)})


def check_addresses(realm: Origin, found: Collection[str] | None, registry: Origin) -> None:
    """Check that all IP addresses that the host of a realm resolves to are public.

    Args:
        realm: The origin of the realm.
        found: The result of `addresses_for` for the host of the realm. None, for which any address is allowed, passes the check.
        registry: The origin of the registry that sent the challenge with the realm, for the error.

    Raises:
        AuthError: One of the addresses is private.
    """
    if not are_public(found):
        raise AuthError(
            f"the registry's challenge names the token service {realm}, whose name resolves to a private address, "
            "so no request was sent to it",
            source=f"the registry {registry}",
            hint=f"If this token service is intended, pass trusted_realms=[{realm.netloc!r}].",
        )


def parse_trusted(names: Collection[str]) -> frozenset[tuple[str, int | None]]:
    """Return the hosts in the client's option `trusted_realms`, each with its port, or with None for all ports.

    Args:
        names: The value of the option: hosts, with or without a port.

    Raises:
        TypeError: The option is one string instead of a collection of strings.
        InvalidReferenceError: An item of the option is not a host with or without a port.
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
        problem = error.problem if isinstance(error, InvalidReferenceError) else error
        raise InvalidReferenceError(
            f"trusted_realms contains {quoted(name)}, which is not a host: {problem}",
            hint="Write the host and port of a token service, such as auth.example.com.",
        ) from None


def addresses_for(host: str, registry: Origin) -> Generator[Effect, Any, tuple[str, ...] | None]:
    """Resolve the host of a URL that a registry sent, and return the only IP addresses that a request to the host may use.

    The request must connect to these addresses and not resolve the host again, since a second lookup may return other addresses
    (DNS rebinding). The caller must check the addresses with `are_public` or `check_addresses`.

    Args:
        host: The host of the URL, such as a realm or the target of a redirect.
        registry: The origin of the registry that sent the URL.

    Returns:
        The addresses of the host; an empty tuple if the host cannot be resolved. None if any address is allowed: the host is the
        registry's own, the registry is in the caller's network, or a proxy resolves hosts.
    """
    if registry.is_private or host == registry.host:
        return None
    own: tuple[str, ...] | None = (registry.host,) if registry.is_address else (yield Resolve(registry.host))
    if own is None or any(map(is_private_host, own)):
        return None
    found: tuple[str, ...] | None = yield Resolve(host)
    return found


def are_public(addresses: Collection[str] | None) -> bool:
    """Return whether no address is private.

    Args:
        addresses: The result of `addresses_for`. None means that every address is accepted; the result is then True.
    """
    return not any(map(is_private_host, addresses or ()))
