"""Scopes: how rights are written in challenges, in requests for tokens and in tokens."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from docker_registry_sdk.testing.auth.account import ACTIONS
from docker_registry_sdk.testing.v2.access import Access

_SCOPE = re.compile(
    r"(?P<type>[a-z0-9]+)(?:\([a-z0-9]+\))?:"  # the class in parentheses is out of use
    r"(?P<name>(?:[A-Za-z0-9.-]+:[0-9]+/)?[A-Za-z0-9._/-]+):"
    r"(?P<actions>(?:[a-z]*|\*)(?:,(?:[a-z]*|\*))*)"
)


def parse_scopes(text: str) -> list[Access]:
    """Read a list of scopes.

    Args:
        text: The scopes, parted by blanks. The action `*` on a repository stands for all that there are.

    Returns:
        The rights that they name, each once, in their order.

    Raises:
        ValueError: One is malformed.

    Source: Distribution, "Resource Scope Grammar".
    """
    found: dict[Access, None] = {}
    for scope in text.split():
        match = _SCOPE.fullmatch(scope)
        if match is None:
            raise ValueError("a scope is malformed; it is type:name:actions")
        for action in filter(None, match["actions"].split(",")):
            actions = ACTIONS if (match["type"], action) == ("repository", "*") else [action]
            found |= dict.fromkeys(Access(match["type"], match["name"], each) for each in actions)
    return list(found)


def format_scopes(accesses: Iterable[Access]) -> str:
    """Write rights as a list of scopes, one for each resource."""
    return " ".join(f"{kind}:{name}:{','.join(actions)}" for (kind, name), actions in _by_resource(accesses).items())


def to_claim(accesses: Iterable[Access]) -> list[dict[str, Any]]:
    """Write rights as the `access` claim of a token.

    Source: Distribution, "Token Authentication Implementation".
    """
    return [{"type": kind, "name": name, "actions": actions} for (kind, name), actions in _by_resource(accesses).items()]


def from_claim(claim: Iterable[Mapping[str, Any]]) -> frozenset[Access]:
    """Read the `access` claim of a token that this module wrote."""
    return frozenset(Access(entry["type"], entry["name"], action) for entry in claim for action in entry["actions"])


def _by_resource(accesses: Iterable[Access]) -> dict[tuple[str, str], list[str]]:
    resources: dict[tuple[str, str], list[str]] = {}
    for access in accesses:
        resources.setdefault((access.type, access.name), []).append(access.action)
    return resources
