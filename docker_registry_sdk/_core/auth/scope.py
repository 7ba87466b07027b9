"""Scopes: the actions that a token allows, as `type:name:action,action` (the token scope grammar of Docker distribution)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from attrs import frozen


@frozen
class Scope:
    """One resource, and the actions that are allowed on it.

    Attributes:
        resource: The resource's type and name, such as `repository:library/busybox`; a scope of another
            grammar is kept verbatim.
        actions: The allowed actions, such as `pull`.
    """

    resource: str
    actions: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a scope. The name may contain a colon, as in `host:port/name`.

        Args:
            text: A scope, such as `repository:library/busybox:pull,push`.
        """
        resource, colon, actions = text.rpartition(":")
        return cls(resource, frozenset(action for action in actions.split(",") if action)) if colon else cls(text, frozenset())

    def __str__(self) -> str:
        colon = ":" if self.actions or ":" in self.resource else ""
        return f"{self.resource}{colon}{','.join(sorted(self.actions))}"


@frozen
class ScopeSet:
    """The scopes of a token, with one entry for each resource.

    Attributes:
        scopes: The scopes, the ones added last in front.
    """

    scopes: tuple[Scope, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.scopes))

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Parse several scopes.

        Args:
            texts: Scopes as text; one text may contain several, separated by spaces.
        """
        return cls().with_scopes(Scope.parse(text) for several in texts for text in several.split())

    def with_scopes(self, added: Iterable[Scope]) -> Self:
        """Return the set with further scopes, the new ones in front, since some servers read only the first.

        Args:
            added: The further scopes.
        """
        merged: dict[str, frozenset[str]] = {}
        for scope in (*added, *self.scopes):
            merged[scope.resource] = merged.get(scope.resource, frozenset()) | scope.actions
        return type(self)(tuple(Scope(resource, actions) for resource, actions in merged.items()))

    def covers(self, wanted: ScopeSet) -> bool:
        """Return whether this set allows everything that another set allows.

        Args:
            wanted: The other set.
        """
        here = {scope.resource: scope.actions for scope in self.scopes}
        granted = ((scope.actions, here.get(scope.resource)) for scope in wanted.scopes)
        return all(have is not None and ("*" in have or actions <= have) for actions, have in granted)

    @property
    def resources(self) -> frozenset[str]:
        """The resources of all scopes."""
        return frozenset(scope.resource for scope in self.scopes)

    def touches(self, other: ScopeSet) -> bool:
        """Return whether both sets have a resource in common.

        Args:
            other: Another set.
        """
        return not self.resources.isdisjoint(other.resources)
