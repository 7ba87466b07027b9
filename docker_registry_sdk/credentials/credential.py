"""One credential: what a registry or its token service may be shown, and where it came from."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

_SECRETS = ("password", "identity_token", "registry_token")


@frozen
class Credential:
    """A username with a password, or a token. What is secret never shows in a `repr`.

    Attributes:
        username: The name of the account; needed with a password.
        password: The password, or an access token that the registry takes in its place.
        identity_token: A refresh token, to be exchanged at the registry's token service.
        registry_token: A token to be shown to the registry as it is, as a Bearer token.
        source: Where it came from, in words and without secrets; it does not count when two are compared.

    Raises:
        ValueError: Not exactly one of password, identity token and registry token is given; a password has no username; a
            token is empty; the username holds a colon; or one of them holds a control character, such as a line break.

    Source: https://github.com/docker/cli/blob/master/cli/config/types/authconfig.go
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    identity_token: str | None = field(default=None, repr=False, kw_only=True)
    registry_token: str | None = field(default=None, repr=False, kw_only=True)
    source: str = field(default="given by the caller", eq=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        # No message holds a value: they end up in logs.
        for name in ("username", *_SECRETS):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, str):
                raise ValueError(f"{name} should be text, not {type(value).__name__}")
            if any(ord(character) < 32 or ord(character) == 127 for character in value):
                raise ValueError(f"{name} holds a control character, such as a line break at its end; remove it")
            if not value and name != "password":
                raise ValueError(f"{name} is empty; leave it out instead")
        if sum(getattr(self, name) is not None for name in _SECRETS) != 1:
            raise ValueError("give exactly one of password, identity_token and registry_token")
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username")
        if self.username is not None and ":" in self.username:
            raise ValueError("username holds a colon, which none may (RFC 7617 section 2)")

    @property
    def kind(self) -> Literal["password", "identity_token", "registry_token"]:
        """Which of the three it is."""
        if self.registry_token is not None:
            return "registry_token"
        return "password" if self.identity_token is None else "identity_token"
