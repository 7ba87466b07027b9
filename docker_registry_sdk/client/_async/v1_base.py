"""What the calls of API v1 have in common."""

from __future__ import annotations

from ...reference import Index, Repo
from ...transport._async.pipeline import AsyncPipeline
from ...transport._async.v1_assembly import AsyncV1Sender
from ...transport.v1_gate import V1Gate
from .base import AsyncClientBase


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
