"""The blobs and manifests that a client has pushed a short time ago. This module does no I/O."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

MAX_AGE_SECONDS: Final = 300.0
"""How long a push is remembered. Registries such as Amazon ECR find a blob a fraction of a second after they have received it."""
MAX_PUSHES: Final = 4096


class RecentPushes:
    """The digests that a client has pushed, by repository. Several threads and tasks may share one object."""

    def __init__(self) -> None:
        self._pushes: deque[tuple[str, str, float]] = deque(maxlen=MAX_PUSHES)

    def add(self, repo: str, digest: str) -> None:
        """Note that the registry has received a blob or a manifest.

        Args:
            repo: The name of the repository on the registry.
            digest: The digest.
        """
        self._pushes.append((repo, digest, time.monotonic()))

    def of(self, repo: str) -> frozenset[str]:
        """Return the digests that were pushed to a repository during the last 5 minutes.

        Args:
            repo: The name of the repository on the registry.
        """
        since = time.monotonic() - MAX_AGE_SECONDS
        return frozenset(digest for name, digest, moment in self._pushes.copy() if name == repo and moment >= since)
