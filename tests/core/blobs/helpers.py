"""Helpers that several tests of blobs share."""

from __future__ import annotations

from pathlib import Path

import httpx

from docker_registry_sdk._core.wire import failures
from docker_registry_sdk.errors import StatusError, TransportError
from docker_registry_sdk.v2.models import Descriptor
from tests.support.images import digest_of


def descriptor(content: bytes, size: int | None = None, *, urls: list[str] | None = None) -> Descriptor:
    """Return the descriptor of a blob, with a wrong size if one is given."""
    return Descriptor(media_type="x/y", digest=digest_of(content), size=len(content) if size is None else size, urls=urls)


def part_of(target: Path) -> Path:
    """Return the path of the `.part` file of a download."""
    return target.with_name(f"{target.name}.part")


def status_error(status: int, **headers: str) -> StatusError:
    """Return the exception for an error status."""
    kind = StatusError.for_status(status)
    return kind(method="PATCH", url="http://localhost/x", status=status, headers=httpx.Headers(headers))


def transport_error(cause: Exception | None) -> TransportError:
    """Return the exception for an interrupted request; None stands for a failure before the request was sent."""
    if isinstance(cause, httpx.HTTPError):
        return failures.transport_error(httpx.Request("PATCH", "http://localhost/x"), cause)
    return TransportError("the connection was reset", method="PATCH", url="http://localhost/x")
