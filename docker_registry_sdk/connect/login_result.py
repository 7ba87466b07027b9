"""The result of a login."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ..reference import Index


@frozen(kw_only=True)
class LoginResult:
    """The result of a login that was not rejected.

    Attributes:
        registry: The registry.
        version: The API version that the login used.
        username: The user name.
        checked: `credentials` if the registry checked the credentials and accepted them; `nothing` if the registry accepts
            requests without credentials, so that it did not check the credentials, which may be wrong.
        stored: The path of the file, or the name of the credential helper, that stores the login; None if it was not stored.
    """

    registry: Index
    version: Literal[1, 2]
    username: str
    checked: Literal["credentials", "nothing"]
    stored: str | None = None
