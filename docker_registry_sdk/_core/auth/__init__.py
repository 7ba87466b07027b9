"""The authorization of requests: challenges, scopes, the token flow, and the token services that may receive a credential.

The names below are imported when they are first used, such as at the first challenge of a registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_exports import lazy_exports

if TYPE_CHECKING:
    from .challenge import Challenge as Challenge
    from .challenge import parse_challenges as parse_challenges
    from .report import AuthReport as AuthReport
    from .token_service import basic_authorization as basic_authorization
    from .token_service import builder_for as builder_for
    from .token_service import fetch_token as fetch_token
    from .token_service import is_sendable as is_sendable
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
