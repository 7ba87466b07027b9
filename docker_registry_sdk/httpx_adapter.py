"""Transports that send the requests of a client with an httpx client of the caller. Only this module names types of httpx.

import httpx
from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.httpx_adapter import HttpxTransport

with httpx.Client() as http, RegistryClientV2("alpine", transport=HttpxTransport(http)) as client:
    client.list_tags()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._core.transport._async.httpx_transport import AsyncHttpxTransport as AsyncHttpxTransport
    from ._core.transport._sync.httpx_transport import HttpxTransport as HttpxTransport
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
