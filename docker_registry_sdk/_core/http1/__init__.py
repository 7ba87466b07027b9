"""The HTTP/1.1 engine for large bodies, deadlines and requests to checked IP addresses; see README.md in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._async.pool import async_apply_rules as async_apply_rules
    from ._async.pool import async_use_engine as async_use_engine
    from ._sync.pool import apply_rules as apply_rules
    from ._sync.pool import use_engine as use_engine
    from .sockets import NoRules as NoRules
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
