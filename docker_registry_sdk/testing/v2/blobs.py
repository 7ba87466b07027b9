"""The handlers of requests to pull, check or delete a blob."""

import asyncio

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.storage.base import BlobReader, RegistryStorage, discard_unused
from docker_registry_sdk.testing.streaming import OCTET_STREAM, BlobResponse
from docker_registry_sdk.testing.v2.errors import BLOB_UNKNOWN, NAME_UNKNOWN, ApiError
from docker_registry_sdk.testing.v2.names import parse_digest, parse_name
from docker_registry_sdk.testing.v2.request_headers import (
    check_match,
    conditional_range,
    entity_tag,
    not_modified,
    requested_ranges,
)


@attrs.frozen
class Blobs:
    """The handlers of `/v2/<name>/blobs/<digest>`.

    Args:
        storage: The storage with the blobs.

    Source: OCI Distribution Specification, end-2 and end-10.
    """

    storage: RegistryStorage

    async def get(self, request: Request) -> Response:
        """Send a blob, or the parts of the blob that the header `Range` requests."""
        digest, reader = await self._open(request)
        try:
            response = _check_conditions(request, digest) or BlobResponse(
                reader, requested_ranges(conditional_range(request.headers, digest), reader.size), _headers(digest)
            )
        except ApiError:
            reader.close()
            raise
        if not isinstance(response, BlobResponse):
            reader.close()
        return response

    async def head(self, request: Request) -> Response:
        """Send the headers of a blob, including the size in `Content-Length`, but not the content."""
        digest, reader = await self._open(request)
        reader.close()
        headers = {"content-length": str(reader.size), "content-type": OCTET_STREAM, **_headers(digest)}
        return _check_conditions(request, digest) or Response(headers=headers)

    async def delete(self, request: Request) -> Response:
        """Remove a blob from a repository. If nothing else uses the content of the blob, delete the content, too."""
        name, digest = _parse(request)
        await asyncio.to_thread(self._delete, name, digest, request)
        return Response(status_code=202)

    async def _open(self, request: Request) -> tuple[str, BlobReader]:
        name, digest = _parse(request)
        return digest, await asyncio.to_thread(self._find, name, digest)

    def _find(self, name: str, digest: str) -> BlobReader:
        repository = self.storage.load(name)
        if repository is None:
            raise ApiError(NAME_UNKNOWN, details=[{"name": name}])
        reader = self.storage.open(digest) if digest in repository.blobs else None
        if reader is None:
            raise ApiError(BLOB_UNKNOWN, details=[{"digest": digest}])
        return reader

    def _delete(self, name: str, digest: str, request: Request) -> None:
        with self.storage.lock:
            self._find(name, digest).close()
            check_match(request.headers, digest)
            repository = self.storage.load(name)
            assert repository is not None  # _find has loaded it under the same lock
            self.storage.save(name, repository.without_blob(digest))
            discard_unused(self.storage, digest)


def _parse(request: Request) -> tuple[str, str]:
    return parse_name(request.path_params["name"]), parse_digest(request.path_params["digest"])


def _headers(digest: str) -> dict[str, str]:
    return {"accept-ranges": "bytes", "docker-content-digest": digest, "etag": entity_tag(digest)}


def _check_conditions(request: Request, digest: str) -> Response | None:
    """Check the headers `If-Match` and `If-None-Match` of a request for a blob.

    Args:
        request: The request.
        digest: The digest of the blob.

    Returns:
        A 304 response if `If-None-Match` names the digest, or None if the handler must send the blob.

    Raises:
        ApiError: The request has `If-Match`, and this header does not name the digest (DENIED, with the status 412).
    """
    check_match(request.headers, digest)
    return not_modified(request.headers, digest)
