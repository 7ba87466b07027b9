"""Checks of realms, the URLs of token services in challenges: which may receive a request, and which may receive a credential.

A registry on the internet must not make clients send requests to private addresses (SSRF).
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from typing import Any, Final

from ...errors import AuthError, InvalidReferenceError
from ..names.hosts import HostError, check_port, split_port
from ..names.origin import Origin, normalize_host, same_site
from ..text.redaction import quoted
from ..wire import follow_url, name_url
from .destinations import Addresses, find_addresses
from .effects import Effect

TRUSTED_REALMS_VARIABLE: Final = "DOCKER_REGISTRY_SDK_TRUSTED_REALMS"


def absolute_realm(realm: str, registry: Origin) -> str:
    """Return the URL of a token service: absolute, and with https if it is on the host of a registry with https.

    A registry behind a proxy that ends TLS may name its own host by http, without a port or with its own port. A realm that is
    neither absolute nor begins with a slash is returned unchanged; `check_realm` refuses it.

    Args:
        realm: The realm of the challenge.
        registry: The origin of the registry that sent the challenge.
    """
    realm = realm.strip(" \t")
    return name_url(f"{registry}/", realm, "redirect") if realm.startswith("/") or "://" in realm else realm


def check_realm(realm: str, registry: Origin, *, trusted: Collection[str], secret: bool) -> Origin:
    """Return the origin of a realm, after checking that a token request may be sent to the realm.

    A hostile registry can put any URL into its challenge. The URL must not make the client send a credential to another site, or
    a request into the caller's network. This function checks only the URL; `find_realm_addresses` checks the addresses.

    Args:
        realm: The URL of the token service, from the challenge.
        registry: The origin of the registry that sent the challenge.
        trusted: The hosts that the caller trusts as token services. A host without a port is trusted on all ports.
        secret: Whether the token request contains a credential.

    Raises:
        AuthError: No request may be sent to the realm: its URL is invalid; it uses plain http but the registry uses https; or
            the request contains a credential, and the realm's host is neither the registry's nor trusted, and is an IP address,
            is private or belongs to another site.
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
    if not secret or is_own(origin, registry, trusted):
        return origin
    if origin.is_address or origin.is_private:
        raise _refusal(origin, registry, "which is an IP address or in a private network, so no request was sent to it")
    if not same_site(origin, registry):
        raise _refusal(origin, registry, "which belongs to another site, so the credential was not sent to it")
    return origin


def is_own(realm: Origin, registry: Origin, trusted: Collection[str]) -> bool:
    """Return whether a realm is on the host of the registry (on any port), or is trusted by the caller.

    Args:
        realm: The origin of the realm.
        registry: The origin of the registry that sent the challenge with the realm.
        trusted: The hosts that the caller trusts as token services. A host without a port is trusted on all ports.
    """
    return realm.host == registry.host or is_trusted(realm, trusted)


def find_realm_addresses(realm: Origin, registry: Origin, trusted: Collection[str]) -> Generator[Effect, Any, Addresses]:
    """Return the only IP addresses that a token request may be sent to; None allows any address (see `find_addresses`).

    Args:
        realm: The origin of the realm.
        registry: The origin of the registry that sent the challenge with the realm.
        trusted: The hosts that the caller trusts as token services, in any network.

    Raises:
        AuthError: One of the addresses of the realm's host is private, or its host is an IP address, but the registry is on the
            internet.
    """
    if is_trusted(realm, trusted):
        return None
    found = yield from find_addresses(
        realm, registry, lambda reason: _refusal(realm, registry, f"{reason}, so no request was sent to it")
    )
    if found is not None and realm.is_address and realm.host != registry.host:
        raise _refusal(realm, registry, "which is an IP address, so no request was sent to it")
    return found


def _refusal(realm: Origin, registry: Origin, reason: str) -> AuthError:
    return AuthError(
        f"the registry's challenge names the token service {realm}, {reason}",
        source=f"the registry {registry}",
        hint=(
            f"If this token service is intended, pass trusted_realms=[{realm.netloc!r}], or store that once in the environment "
            f"variable {TRUSTED_REALMS_VARIABLE}."
        ),
    )


def is_trusted(origin: Origin, trusted: Collection[str]) -> bool:
    """Return whether the caller trusts the host of an origin, on its port or on all ports.

    Args:
        origin: The origin of a token service, or of an endpoint of API v1.
        trusted: The client's option `trusted_realms`.
    """
    return not parse_trusted(trusted).isdisjoint({(origin.host, None), (origin.host, origin.port)})


def environment_realms(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the hosts in the environment variable `DOCKER_REGISTRY_SDK_TRUSTED_REALMS`.

    Args:
        environ: The environment variables. The value of this one is a list of hosts, with or without a port, with commas or
            spaces between them.
    """
    return tuple(environ.get(TRUSTED_REALMS_VARIABLE, "").replace(",", " ").split())


def parse_trusted(names: Collection[str], source: str = "trusted_realms") -> frozenset[tuple[str, int | None]]:
    """Return the hosts in the client's option `trusted_realms`, each with its port, or with None for all ports.

    Args:
        names: The value of the option: hosts, with or without a port.
        source: The name of the option or of the environment variable, for the error.

    Raises:
        TypeError: The option is one string instead of a collection of strings.
        InvalidReferenceError: An item of the option is not a host with or without a port.
    """
    if isinstance(names, str):
        raise TypeError(f"{source} must be a collection of hosts, such as [{names!r}], not a single string")
    return frozenset(_host_and_port(name, source) for name in names)


def _host_and_port(name: str, source: str) -> tuple[str, int | None]:
    # An IPv6 address without brackets has no port.
    host, port = (name, None) if name.count(":") > 1 and "[" not in name else split_port(name)
    try:
        return normalize_host(host), None if port is None else check_port(port)
    except (HostError, InvalidReferenceError) as error:
        problem = error.problem if isinstance(error, InvalidReferenceError) else error
        raise InvalidReferenceError(
            f"{source} contains {quoted(name)}, which is not a host: {problem}",
            hint="Write the host and port of a token service, such as auth.example.com.",
        ) from None
