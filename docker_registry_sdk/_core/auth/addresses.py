"""Protection against SSRF: a registry on the internet must not make clients send requests to private addresses."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

from ..names.origin import Origin, is_private_host
from .effects import Effect, Resolve


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
