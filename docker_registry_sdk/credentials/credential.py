"""The class of credentials for a registry or its token service."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

_SECRETS = ("password", "identity_token", "registry_token")


@frozen
class Credential:
    """A username with a password, or a token. Its `repr` shows no secret.

    Attributes:
        username: The name of the account, which a password requires; None, the default, for a token without an account.
        password: The password, or an access token that the registry accepts as a password; None, the default, if there is a token
            of one of the following kinds instead.
        identity_token: A refresh token, which the registry's token service exchanges for access tokens; None by default.
        registry_token: A token that is sent to the registry verbatim, as a Bearer token; None by default.
        source: The file, helper or caller that the credential came from, as text without secrets; ignored in comparisons.

    Raises:
        ValueError: Not exactly one of `password`, `identity_token` and `registry_token` is set; there is a password but no
            username; the username or a token is empty; the username contains a colon; a value contains a control character,
            such as a line break; or a value contains an unpaired surrogate, which cannot be encoded.

    Source: https://github.com/docker/cli/blob/master/cli/config/types/authconfig.go
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    identity_token: str | None = field(default=None, repr=False, kw_only=True)
    registry_token: str | None = field(default=None, repr=False, kw_only=True)
    source: str = field(default="given by the caller", eq=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        # No message contains a value, since messages are logged.
        for name in ("username", *_SECRETS):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, str):
                raise ValueError(f"{name} must be a string, not {type(value).__name__}")
            if any(ord(character) < 32 or ord(character) == 127 for character in value):
                raise ValueError(f"{name} contains a control character, such as a line break at the end; remove the character")
            if any("\ud800" <= character <= "\udfff" for character in value):
                raise ValueError(f"{name} contains an unpaired surrogate, which UTF-8 cannot encode; correct the {name}")
            if not value and name != "password":
                raise ValueError(f"{name} is empty; leave the argument out instead")
        if sum(getattr(self, name) is not None for name in _SECRETS) != 1:
            raise ValueError("pass exactly one of password, identity_token and registry_token")
        if self.password is not None and self.username is None:
            raise ValueError("username is missing; a password requires a username")
        if self.username is not None and ":" in self.username:
            raise ValueError("username contains a colon, which is not allowed (RFC 7617 section 2)")

    @property
    def kind(self) -> Literal["password", "identity_token", "registry_token"]:
        """Return the name of the attribute that contains the secret."""
        if self.registry_token is not None:
            return "registry_token"
        return "password" if self.identity_token is None else "identity_token"
