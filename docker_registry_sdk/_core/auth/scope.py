"""Scopes: the actions that a token allows, as `type:name:action,action` (the token scope grammar of Docker distribution)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self


class Scope(NamedTuple):
    """The actions that are allowed on one resource.

    Attributes:
        resource: The type and name of the resource, such as `repository:library/busybox`. For a text without a colon,
            which does not follow the grammar of scopes, the whole text.
        actions: The allowed actions, such as `pull`; empty for a text without a colon.
    """

    resource: str
    actions: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a scope. The actions follow the last colon, since the name may contain a colon (`host:port/name`).

        Args:
            text: A scope, such as `repository:library/busybox:pull,push`.
        """
        resource, colon, actions = text.rpartition(":")
        return cls(resource, frozenset(action for action in actions.split(",") if action)) if colon else cls(text, frozenset())

    def __str__(self) -> str:
        colon = ":" if self.actions or ":" in self.resource else ""
        return f"{self.resource}{colon}{','.join(sorted(self.actions))}"


class ScopeSet(NamedTuple):
    """The scopes of a token, with one scope for each resource.

    Attributes:
        scopes: The scopes in the order in which they are sent: those that `with_scopes` added last come first.
    """

    scopes: tuple[Scope, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.scopes))

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Parse texts that contain scopes. Scopes of the same resource are merged.

        Args:
            texts: The texts. Each text contains any number of scopes, separated by spaces.
        """
        return cls().with_scopes(Scope.parse(text) for several in texts for text in several.split())

    def with_scopes(self, added: Iterable[Scope]) -> Self:
        """Return a new set with the scopes of this set and with added scopes. Scopes of the same resource are merged.

        The added scopes come first in the new set, since some servers read only the first scope.

        Args:
            added: The scopes to add.
        """
        merged: dict[str, frozenset[str]] = {}
        for scope in (*added, *self.scopes):
            merged[scope.resource] = merged.get(scope.resource, frozenset()) | scope.actions
        return type(self)(tuple(Scope(resource, actions) for resource, actions in merged.items()))

    def covers(self, wanted: ScopeSet) -> bool:
        """Return whether this set allows everything that another set allows. The action `*` allows all actions.

        Args:
            wanted: The other set.
        """
        here = {scope.resource: scope.actions for scope in self.scopes}
        granted = ((scope.actions, here.get(scope.resource)) for scope in wanted.scopes)
        return all(have is not None and ("*" in have or actions <= have) for actions, have in granted)

    @property
    def resources(self) -> frozenset[str]:
        """Return the resources of all scopes, such as `repository:library/busybox`."""
        return frozenset(scope.resource for scope in self.scopes)

    def touches(self, other: ScopeSet) -> bool:
        """Return whether this set and another set have a resource in common.

        Args:
            other: Another set.
        """
        return not self.resources.isdisjoint(other.resources)
