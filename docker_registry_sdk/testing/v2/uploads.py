"""The handlers that upload a blob (in one request, in two requests, or in chunks) or mount a blob from another repository."""

import asyncio

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.storage.base import RegistryStorage, link_blob
from docker_registry_sdk.testing.streaming import body_blocks
from docker_registry_sdk.testing.v2.access import Grant, grant_of, pull_access
from docker_registry_sdk.testing.v2.errors import BLOB_UPLOAD_UNKNOWN, DIGEST_INVALID, RANGE_INVALID, SIZE_INVALID, ApiError
from docker_registry_sdk.testing.v2.names import DEFAULT_ALGORITHM, algorithm_of, parse_algorithm, parse_digest, parse_name
from docker_registry_sdk.testing.v2.request_headers import parse_content_range
from docker_registry_sdk.testing.v2.upload_sessions import UploadSession, UploadSessions


@attrs.frozen
class Uploads:
    """The handlers of `/v2/<name>/blobs/uploads/` and `/v2/<name>/blobs/uploads/<id>`.

    Args:
        storage: The storage for the blobs.
        settings: The settings of the registry.
        sessions: The uploads in progress.

    Source: OCI Distribution Specification, end-4 to end-6, end-11, end-13 and end-14.
    """

    storage: RegistryStorage
    settings: RegistrySettings
    sessions: UploadSessions

    async def start(self, request: Request) -> Response:
        """Start an upload, mount a blob, or store the body of the request as a blob.

        The query of the request selects the operation. With `mount`, mount the blob; if this is impossible, start an upload. With
        `digest` and without `mount`, store the body of the request as a blob. Without both, start an upload.
        """
        name = parse_name(request.path_params["name"])
        query = request.query_params
        if "mount" in query:
            digest = parse_digest(query["mount"])
            source = parse_name(query["from"]) if "from" in query else None
            if await asyncio.to_thread(self._mount, name, digest, source, grant_of(request)):
                return _created(name, digest)
        elif "digest" in query:
            return await self._upload_whole(name, parse_digest(query["digest"]), request)
        session = await self.sessions.open(name, parse_algorithm(query.get("digest-algorithm", DEFAULT_ALGORITHM)))
        headers = _upload_headers(session)
        if self.settings.chunk_min_length is not None:
            headers["oci-chunk-min-length"] = str(self.settings.chunk_min_length)
        return Response(status_code=202, headers=headers)

    async def status(self, request: Request) -> Response:
        """Send the number of bytes received so far. Do not wait until a concurrent request that appends bytes has ended."""
        return Response(status_code=204, headers=_upload_headers(self._session(request)))

    async def append(self, request: Request) -> Response:
        """Append the body of a request to an upload.

        If the request has the header `Content-Range`, the body is a chunk, whose position and length must be those in the header.
        Otherwise the body can have any length.
        """
        session = self._session(request)
        async with session.lock:
            await self._append_body(session, request)
            return Response(status_code=202, headers=_upload_headers(session))

    async def complete(self, request: Request) -> Response:
        """Append the body of a request, which can be empty, to an upload, and store the upload as a blob.

        If the digest in the query is not the digest of all bytes received for the upload, discard the upload.
        """
        digest = parse_digest(request.query_params.get("digest", ""))
        session = self._session(request)
        async with session.lock:
            await self._append_body(session, request)
            self.sessions.forget(session)
            await self._finish(session, digest)
            return _created(session.repository, digest)

    async def cancel(self, request: Request) -> Response:
        """Cancel an upload at once. A concurrent request that appends bytes to the upload then fails with BLOB_UPLOAD_UNKNOWN."""
        session = self._session(request)
        self.sessions.forget(session)
        if not session.lock.locked():
            await session.discard()  # otherwise the request with the lock aborts the writer
        return Response(status_code=204)

    def _session(self, request: Request) -> UploadSession:
        return self.sessions.get(parse_name(request.path_params["name"]), request.path_params["session"])

    def _mount(self, name: str, digest: str, source: str | None, grant: Grant) -> bool:
        """Add a blob that another repository has to a repository. The call may block.

        Args:
            name: The name of the repository to which the blob is added.
            digest: The digest of the blob.
            source: The name of the repository that has the blob, or None to search all repositories that the client may read.
            grant: The rights of the client, used only if `source` is None. The caller has checked the right to read `source`.

        Returns:
            True if the blob was added, or False if the source repository, or each searched repository, does not have the blob.
        """
        with self.storage.lock:
            sources = [each for each in self.storage.names() if pull_access(each) in grant] if source is None else [source]
            repositories = (self.storage.load(each) for each in sources)
            if not any(repository is not None and digest in repository.blobs for repository in repositories):
                return False
            link_blob(self.storage, name, digest)
            return True

    async def _upload_whole(self, name: str, digest: str, request: Request) -> Response:
        """Store the body of a request as a blob.

        If the client disconnects before the end of the body, or the digest is wrong, discard the received bytes.
        """
        session = UploadSession(name, await asyncio.to_thread(self.storage.create), algorithm_of(digest))
        try:
            async for chunks in body_blocks(request):
                await asyncio.to_thread(session.append, chunks)
        except BaseException:
            await session.discard()
            raise
        await self._finish(session, digest)
        return _created(name, digest)

    async def _append_body(self, session: UploadSession, request: Request) -> None:
        """Append the body of a request to an upload. The caller must hold the lock of the session.

        If the client disconnects, keep the bytes received before, so that the client can resume the upload. If the
        body was received to its end, but its length differs from the length in `Content-Range`, discard all bytes of the body.

        Raises:
            ApiError: The lengths differ, or an earlier chunk was smaller than the minimum (SIZE_INVALID); or the upload was
                completed or cancelled (BLOB_UPLOAD_UNKNOWN). See `_check_range` for further errors.
            ClientDisconnect: The client disconnected before the end of the body.
        """
        start = session.size
        expected = self._check_range(session, request)
        try:
            async for chunks in body_blocks(request):
                if session.closed:
                    break
                if session.saw_short_chunk:
                    raise ApiError(
                        SIZE_INVALID, "an earlier chunk was smaller than OCI-Chunk-Min-Length; only the last chunk may be smaller"
                    )
                await asyncio.to_thread(session.append, chunks)
                if expected is not None and session.size - start > expected:
                    break
        except ClientDisconnect:
            if session.closed:
                await session.discard()
            raise
        if session.closed:
            await session.discard()
            raise ApiError(BLOB_UPLOAD_UNKNOWN)
        received = session.size - start
        if expected is not None and received != expected:
            await asyncio.to_thread(session.truncate, start)
            raise ApiError(SIZE_INVALID, details=[{"contentRange": expected, "received": received}])
        minimum = self.settings.chunk_min_length
        if minimum is not None and expected is not None and expected < minimum:
            session.saw_short_chunk = True

    def _check_range(self, session: UploadSession, request: Request) -> int | None:
        """Return the length in bytes that `Content-Range` declares for the chunk, or None if the request has no such header.

        Raises:
            ApiError: `Content-Range` is malformed, or the chunk does not begin directly after the bytes received so far
                (RANGE_INVALID); `Content-Length` differs from the length in `Content-Range` (SIZE_INVALID); or the upload was
                completed or cancelled (BLOB_UPLOAD_UNKNOWN).
        """
        if session.closed:
            raise ApiError(BLOB_UPLOAD_UNKNOWN)
        header = request.headers.get("content-range")
        if header is None:
            return None
        chunk = parse_content_range(header)
        if chunk.first != session.size:
            raise ApiError(
                RANGE_INVALID, "the chunk does not begin where the bytes received so far end", headers=_upload_headers(session)
            )
        length = request.headers.get("content-length")
        if length is not None and int(length) != chunk.length:
            raise ApiError(SIZE_INVALID, details=[{"contentRange": chunk.length, "contentLength": int(length)}])
        return chunk.length

    async def _finish(self, session: UploadSession, digest: str) -> None:
        """Verify the digest of the received bytes, and store the bytes as a blob. If this fails, discard the bytes.

        Raises:
            ApiError: The received bytes do not have the digest (DIGEST_INVALID).
        """
        try:
            if not await asyncio.to_thread(session.matches, digest):
                raise ApiError(
                    DIGEST_INVALID, "the digest in the request is not the digest of the content", details=[{"digest": digest}]
                )
            await asyncio.to_thread(session.commit, self.storage, digest)
        finally:
            await session.discard()


def _created(name: str, digest: str) -> Response:
    return Response(status_code=201, headers={"location": f"/v2/{name}/blobs/{digest}", "docker-content-digest": digest})


def _upload_headers(session: UploadSession) -> dict[str, str]:
    """Return the headers that describe an upload: its location, the range of the bytes received so far, and its id.

    Like Distribution, send the range `0-0` for an empty upload, although `0-0` means one byte.
    """
    return {
        "location": f"/v2/{session.repository}/blobs/uploads/{session.id}",
        "range": f"0-{max(session.size - 1, 0)}",
        "docker-upload-uuid": session.id,
    }
