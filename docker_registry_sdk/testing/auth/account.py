"""The single user account of the embedded registry, and the rights of the user and of anonymous clients."""

import hashlib
import hmac
import secrets

import attrs

from docker_registry_sdk.testing.v2.access import Access, Grant

ACTIONS = ("pull", "push", "delete")
"""All actions on a repository."""


def _check_username(_: object, attribute: object, value: str) -> None:
    if not value or not value.isprintable() or ":" in value:
        raise ValueError("the user name is invalid: use one or more printable characters, but no colon")


def _check_password(_: object, attribute: object, value: str) -> None:
    if not value or not value.isprintable():
        raise ValueError("the password is invalid: use one or more printable characters")


@attrs.frozen
class Account:
    """The account of the only user of a registry, and the rights of this user and of anonymous clients.

    Args:
        username: The user name.
        password: The password.
        anonymous_pull: Whether anonymous clients may pull from all repositories.

    Raises:
        ValueError: The user name or the password is empty or contains a character that is not printable, or the user name
            contains a colon, which Basic authentication cannot send in a user name.
    """

    username: str = attrs.field(validator=_check_username)
    password: str = attrs.field(repr=False, validator=_check_password)
    anonymous_pull: bool = attrs.field(kw_only=True)

    @classmethod
    def create(cls, username: str | None, password: str | None, *, anonymous_pull: bool) -> "Account":
        """Create an account.

        Args:
            username: The user name, or None for a random user name.
            password: The password, or None for a random password.
            anonymous_pull: Whether anonymous clients may pull from all repositories.
        """
        return cls(
            f"user-{secrets.token_hex(4)}" if username is None else username,
            secrets.token_hex(16) if password is None else password,
            anonymous_pull=anonymous_pull,
        )

    def matches(self, username: str, password: str) -> bool:
        """Return whether a user name and a password are both correct. The duration does not reveal the correct values.

        Args:
            username: The user name that the client sent.
            password: The password that the client sent.
        """
        return _equal(username, self.username) & _equal(password, self.password)

    def rights(self, *, authenticated: bool) -> Grant:
        """Return the rights of the user or of an anonymous client.

        Args:
            authenticated: True for the user, who has all rights. False for an anonymous client, who may pull from all
                repositories if `anonymous_pull` is True, and otherwise has no rights.
        """
        if authenticated:
            return _Rights(ACTIONS, catalog=True)
        return _Rights(("pull",) if self.anonymous_pull else (), catalog=False)


@attrs.frozen
class _Rights:
    """The right to perform the actions in `actions` on all repositories, and to list the repositories if `catalog` is True."""

    actions: tuple[str, ...]
    catalog: bool

    def __contains__(self, access: object) -> bool:
        if access == Access("registry", "catalog", "*"):
            return self.catalog
        return isinstance(access, Access) and access.type == "repository" and access.action in self.actions


def _equal(sent: str, correct: str) -> bool:
    """Return whether two texts are equal, in a time that depends on neither the content nor the length of `correct`."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (sent, correct))
    return hmac.compare_digest(*digests)
