"""What the calls of API v1 have in common."""

from __future__ import annotations

from ..._core.transport._async.pipeline import AsyncPipeline
from ...client._async.base import AsyncClientBase
from ...reference import Index, Repo
from ..gate import V1Gate
from .assembly import AsyncV1Sender


class AsyncV1Base(AsyncClientBase):
    """A client of one index and its registries, bound to one of its repositories or to none.

    Args:
        pipeline: What sends its requests.
        gate: The pipeline's gate.
        index: The index.
        repo: The repository, or None.
    """

    def __init__(self, pipeline: AsyncPipeline, gate: V1Gate, index: Index, repo: Repo | None) -> None:
        super().__init__(pipeline, index, repo)
        self._gate = gate

    @property
    def _sender(self) -> AsyncV1Sender:
        return AsyncV1Sender(self._pipeline, self._name)
