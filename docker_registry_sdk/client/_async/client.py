"""The client of API v2."""

from __future__ import annotations

from typing import Literal, Self, Unpack

from ..._core.auth.report import AuthReport
from ..._core.transport._async.assembly import async_create_pipeline, async_create_v2_gate
from ..._core.transport.options import AsyncClientOptions
from ..._core.wire import Timeout, async_send
from ...reference import Index, Repo, parse_repo
from ...v2.api import ping
from ..probing import probe_request, speaks_v2
from ..target import parse_target, same_registry
from .blobs import AsyncBlobCalls
from .manifests import AsyncManifestCalls


class AsyncRegistryClientV2(AsyncManifestCalls, AsyncBlobCalls):
    """A client of one registry that speaks API v2, bound to one of its repositories or to none.

    Args:
        name: The repository, as in `docker pull`: `alpine`, `ghcr.io/owner/name`, `http://localhost:5000/name`. None makes a
            client that can ping and list repositories.
        index: The registry, when the name does not say; Docker Hub when neither does.
        options: See `AsyncClientOptions`.

    Raises:
        InvalidReferenceError: The name or the index is malformed.
    """

    version: Literal[2] = 2

    def __init__(
        self,
        name: str | Repo | None = None,
        *,
        index: str | Index | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        where, repo = parse_target(name, index)
        pipeline = async_create_pipeline(where, options)
        self._gate = async_create_v2_gate(pipeline, options)
        pipeline.gate = self._gate
        super().__init__(pipeline, where, repo)

    def with_repo(self, name: str | Repo) -> Self:
        """Return a client of another repository on the same registry, which shares connections and tokens.

        Args:
            name: The repository; its registry must be this one when it names one.

        Raises:
            InvalidReferenceError: It is malformed, or of another registry.
        """
        repo = parse_repo(name, self.index) if isinstance(name, str) else name
        other = type(self).__new__(type(self))
        super(AsyncRegistryClientV2, other).__init__(self._pipeline, self.index, same_registry(repo, self.index))
        other._gate = self._gate
        return other

    async def ping(self, *, timeout: Timeout | None = None) -> ping.Success:
        """Ask whether the registry speaks API v2 and lets the caller in.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            UnauthorizedError: It speaks API v2, and wants other credentials.

        Source: OCI Distribution Spec, Determining Support (end-1).
        """
        return await ping.asyncio(self._pipeline, timeout=timeout)

    async def supports_v2(self, *, timeout: Timeout | None = None) -> bool:
        """Return whether the registry speaks API v2; no credentials are sent for that.

        Args:
            timeout: Seconds or an `httpx.Timeout` for this call.

        Raises:
            RateLimitedError: It does not say now, but may later; likewise for 408 and 5xx.
            TransportError: No answer came.
        """
        request = probe_request()
        return await async_send(self._pipeline, request, speaks_v2, range(100, 600), None, timeout)

    def explain_auth(self) -> AuthReport:
        """Return what led to the last answer: which credential, challenge, realm, scopes, grant and expiry; no secrets."""
        return self._gate.report
