"""The transport of requests: authorization, redirects, retries, deadlines, TLS and the httpx client.

Loggers below `docker_registry_sdk` write one line on level DEBUG for each request and each step of authentication, without
secrets. The loggers of httpx and httpcore write nothing about these requests (`_core/wire/library_logs.py`).

Clients import the names below when they are first used, so that importing a client does not load the pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_exports import lazy_exports

if TYPE_CHECKING:
    from ._async.assembly import async_create_pipeline as async_create_pipeline
    from ._async.assembly import async_create_v2_auth_policy as async_create_v2_auth_policy
    from ._async.options_sender import AsyncOptionsSender as AsyncOptionsSender
    from ._async.pipeline import AsyncPipeline as AsyncPipeline
    from ._sync.assembly import create_pipeline as create_pipeline
    from ._sync.assembly import create_v2_auth_policy as create_v2_auth_policy
    from ._sync.options_sender import OptionsSender as OptionsSender
    from ._sync.pipeline import Pipeline as Pipeline
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
