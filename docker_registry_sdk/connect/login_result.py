"""What a login found out."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ..reference import Index


@frozen(kw_only=True)
class LoginResult:
    """A login that was not refused.

    Attributes:
        index: The registry.
        version: The API version that it was checked by.
        username: The user's name.
        checked: What the success proves: `credentials`, that the registry looked at them and found them good; `nothing`,
            that it lets everybody in and never looked.
    """

    index: Index
    version: Literal[1, 2]
    username: str
    checked: Literal["credentials", "nothing"]
