"""Where hosts may lead that a registry names: from one on the internet, not into the caller's network."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

from ..names.origin import Origin, is_private_host
from .effects import Effect, Resolve


def addresses_for(host: str, registry: Origin) -> Generator[Effect, Any, tuple[str, ...] | None]:
    """Return the only addresses that a request may go to which leads from a registry to another host.

    Looked up once, and then connected to: a name may lead elsewhere the next time that it is looked up.

    Args:
        host: The other host.
        registry: The registry that named it.

    Returns:
        The addresses, which are not checked yet; None where the registry itself is in the caller's network, which then may
        name any host in it, and where a proxy looks hosts up.
    """
    if registry.is_private or host == registry.host:
        return None
    own: tuple[str, ...] | None = (registry.host,) if registry.is_address else (yield Resolve(registry.host))
    if own is None or any(map(is_private_host, own)):
        return None
    found: tuple[str, ...] | None = yield Resolve(host)
    return found


def are_public(addresses: Collection[str] | None) -> bool:
    """Return whether none of some addresses is in the caller's network.

    Args:
        addresses: The result of `addresses_for`.
    """
    return not any(map(is_private_host, addresses or ()))
