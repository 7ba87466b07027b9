"""The one user that the embedded registry knows, and what that user and others may do."""

import hashlib
import hmac
import secrets

import attrs

from docker_registry_sdk.testing.v2.access import Access, Grant

ACTIONS = ("pull", "push", "delete")
"""What can be done to a repository."""


def _check_username(_: object, attribute: object, value: str) -> None:
    if not value or not value.isprintable() or ":" in value:
        raise ValueError("the user name is empty or holds a colon or a control character")


def _check_password(_: object, attribute: object, value: str) -> None:
    if not value or not value.isprintable():
        raise ValueError("the password is empty or holds a control character")


@attrs.frozen
class Account:
    """A user name and a password, and the rights that come with them and without.

    Args:
        username: The name.
        password: The password.
        anonymous_pull: Whether those who do not say who they are may read repositories.

    Raises:
        ValueError: The name or the password is empty, holds a control character, or the name holds a colon, which Basic
            authentication cannot send.
    """

    username: str = attrs.field(validator=_check_username)
    password: str = attrs.field(repr=False, validator=_check_password)
    anonymous_pull: bool

    @classmethod
    def create(cls, username: str | None, password: str | None, anonymous_pull: bool) -> "Account":
        """Make an account; a name or a password that is None is made at random."""
        return cls(
            f"user-{secrets.token_hex(4)}" if username is None else username,
            secrets.token_hex(16) if password is None else password,
            anonymous_pull,
        )

    def matches(self, username: str, password: str) -> bool:
        """Say whether a name and a password are right; it takes as long when they are wrong, and in whatever way they are.

        Args:
            username: The name that was sent.
            password: The password that was sent.

        Returns:
            Whether both are right.
        """
        return _equal(username, self.username) & _equal(password, self.password)

    def rights(self, *, known: bool) -> Grant:
        """Return what a caller may do.

        Args:
            known: Whether it is the user, and not somebody who did not say who they are.
        """
        if known:
            return _Rights(ACTIONS, catalog=True)
        return _Rights(ACTIONS[:1] if self.anonymous_pull else (), catalog=False)


@attrs.frozen
class _Rights:
    """Some actions on all repositories, and perhaps the list of the repositories."""

    actions: tuple[str, ...]
    catalog: bool

    def __contains__(self, access: object) -> bool:
        if access == Access("registry", "catalog", "*"):
            return self.catalog
        return isinstance(access, Access) and access.type == "repository" and access.action in self.actions


def _equal(sent: str, known: str) -> bool:
    """Compare in a time that tells nothing of the known text, not even its length."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (sent, known))
    return hmac.compare_digest(*digests)
