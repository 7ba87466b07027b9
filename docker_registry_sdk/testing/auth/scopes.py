"""Functions that parse and format scopes, which express rights in challenges, token requests and tokens."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from docker_registry_sdk.testing.auth.account import ACTIONS
from docker_registry_sdk.testing.v2.access import Access

_SCOPE = re.compile(
    r"(?P<type>[a-z0-9]+)(?:\([a-z0-9]+\))?:"  # the resource class in parentheses is obsolete
    r"(?P<name>(?:[A-Za-z0-9.-]+:[0-9]+/)?[A-Za-z0-9._/-]+):"
    r"(?P<actions>(?:[a-z]*|\*)(?:,(?:[a-z]*|\*))*)"
)


def parse_scopes(text: str) -> list[Access]:
    """Parse a list of scopes.

    Args:
        text: The scopes, separated by spaces. In a scope of the type `repository`, the action `*` means pull, push and delete.

    Returns:
        The rights, in the order of the scopes. A right that several scopes contain is returned only once.

    Raises:
        ValueError: A scope is malformed.

    Source: Distribution, "Resource Scope Grammar".
    """
    found: dict[Access, None] = {}
    for scope in text.split():
        match = _SCOPE.fullmatch(scope)
        if match is None:
            raise ValueError("a scope is malformed; the form of a scope is 'type:name:actions'")
        for action in filter(None, match["actions"].split(",")):
            actions = ACTIONS if (match["type"], action) == ("repository", "*") else [action]
            found |= dict.fromkeys(Access(match["type"], match["name"], each) for each in actions)
    return list(found)


def format_scopes(accesses: Iterable[Access]) -> str:
    """Format rights as scopes, separated by spaces. Rights to one resource form one scope, such as `repository:app:pull,push`."""
    return " ".join(f"{kind}:{name}:{','.join(actions)}" for (kind, name), actions in _by_resource(accesses).items())


def to_claim(accesses: Iterable[Access]) -> list[dict[str, Any]]:
    """Return the value of the JWT claim `access` for a token that grants the given rights.

    Source: Distribution, "Token Authentication Implementation".
    """
    return [{"type": kind, "name": name, "actions": actions} for (kind, name), actions in _by_resource(accesses).items()]


def from_claim(claim: Iterable[Mapping[str, Any]]) -> frozenset[Access]:
    """Return the rights in the JWT claim `access` of a token. The value of the claim must be a result of `to_claim`."""
    return frozenset(Access(entry["type"], entry["name"], action) for entry in claim for action in entry["actions"])


def _by_resource(accesses: Iterable[Access]) -> dict[tuple[str, str], list[str]]:
    resources: dict[tuple[str, str], list[str]] = {}
    for access in accesses:
        resources.setdefault((access.type, access.name), []).append(access.action)
    return resources
