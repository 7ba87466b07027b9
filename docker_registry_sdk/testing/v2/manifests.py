"""The handlers of requests to pull, push or delete a manifest or a tag."""

import asyncio

import attrs
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.settings import RegistrySettings
from docker_registry_sdk.testing.storage.base import RegistryStorage, discard_unused, write_content
from docker_registry_sdk.testing.storage.records import ManifestRecord, RepositoryRecord
from docker_registry_sdk.testing.v2.errors import (
    MANIFEST_BLOB_UNKNOWN,
    MANIFEST_INVALID,
    MANIFEST_UNKNOWN,
    NAME_UNKNOWN,
    ApiError,
)
from docker_registry_sdk.testing.v2.manifest_body import ParsedManifest, parse_manifest
from docker_registry_sdk.testing.v2.names import algorithm_of, digest_of, is_digest, parse_name, parse_reference, parse_tag
from docker_registry_sdk.testing.v2.request_headers import check_match, check_none_match, entity_tag, not_modified


@attrs.frozen
class Manifests:
    """The handlers of `/v2/<name>/manifests/<reference>`.

    The header `Accept` is ignored: a manifest is always sent in the format in which the client pushed the manifest.

    Args:
        storage: The storage with the manifests.
        settings: The settings of the registry.

    Source: OCI Distribution Specification, end-3, end-7 and end-9.
    """

    storage: RegistryStorage
    settings: RegistrySettings

    async def get(self, request: Request) -> Response:
        """Send a manifest. For a HEAD request, send the headers only."""
        digest, record = await asyncio.to_thread(self._find, *_parse(request))
        check_match(request.headers, digest)
        unchanged = not_modified(request.headers, digest)
        if unchanged is not None:
            return unchanged
        content = b"" if request.method == "HEAD" else await asyncio.to_thread(read_manifest, self.storage, record)
        headers = {"content-type": record.media_type, "content-length": str(record.size)}
        return Response(content, headers={**headers, "docker-content-digest": digest, "etag": entity_tag(digest)})

    async def put(self, request: Request) -> Response:
        """Store a manifest.

        If the path contains a tag, this tag then refers to the manifest. If the path contains a digest, the tags in the query
        parameters `tag`, if there are any, then refer to the manifest.
        """
        name, reference = _parse(request)
        by_digest = is_digest(reference)
        tags = [parse_tag(tag) for tag in request.query_params.getlist("tag")] if by_digest else [reference]
        content = await self._receive(request)
        manifest = await asyncio.to_thread(parse_manifest, content, request.headers.get("content-type"))
        digest = manifest.digest(reference if by_digest else None)
        await asyncio.to_thread(self._store, name, reference, digest, content, manifest, tags, request.headers)
        response = Response(status_code=201)
        response.headers["location"] = f"/v2/{name}/manifests/{digest}"
        response.headers["docker-content-digest"] = digest
        if manifest.subject is not None:
            response.headers["oci-subject"] = manifest.subject
        if by_digest:
            for tag in dict.fromkeys(tags):
                response.headers.append("oci-tag", tag)
        return response

    async def delete(self, request: Request) -> Response:
        """Delete a tag or a manifest.

        If the path contains a tag, delete the tag, but not the manifest. If the path contains a digest, delete the manifest with
        this digest and all tags that refer to the manifest.
        """
        await asyncio.to_thread(self._delete, *_parse(request), request.headers)
        return Response(status_code=202)

    async def _receive(self, request: Request) -> bytes:
        """Return the body of a request. If the body exceeds `manifest_limit` in the settings, raise an ApiError (status 413)."""
        announced = int(request.headers.get("content-length", "0"))
        content = bytearray()
        if announced <= self.settings.manifest_limit:
            async for piece in request.stream():
                content += piece
                if len(content) > self.settings.manifest_limit:
                    break
            else:
                return bytes(content)
        raise ApiError(MANIFEST_INVALID, f"the manifest is larger than {self.settings.manifest_limit} bytes", status=413)

    def _find(self, name: str, reference: str) -> tuple[str, ManifestRecord]:
        repository = self.storage.load(name)
        if repository is None:
            raise ApiError(NAME_UNKNOWN, details=[{"name": name}])
        digest = repository.resolve(reference)
        if digest is None:
            raise ApiError(MANIFEST_UNKNOWN, details=[{"reference": reference}])
        return digest, repository.manifests[digest]

    def _store(
        self,
        name: str,
        reference: str,
        digest: str,
        content: bytes,
        manifest: ParsedManifest,
        tags: list[str],
        headers: Headers,
    ) -> None:
        with self.storage.lock:
            repository = self.storage.load(name) or RepositoryRecord()
            current = repository.resolve(reference)
            check_match(headers, current)
            check_none_match(headers, current)
            missing = [blob for blob in manifest.blobs if blob not in repository.blobs]
            if missing and not self.settings.sparse_images:
                raise ApiError(MANIFEST_BLOB_UNKNOWN, details=[{"digest": blob} for blob in missing])
            replaced = repository.manifests.get(digest)
            content_digest = digest_of(algorithm_of(digest), [content])  # differs from digest if schema 1 is signed
            write_content(self.storage, content_digest, content)
            record = ManifestRecord(
                media_type=manifest.media_type, size=len(content), content=content_digest, subject=manifest.subject
            )
            self.storage.save(name, repository.with_manifest(digest, record, tags=tags))
            if replaced is not None:
                discard_unused(self.storage, replaced.content)

    def _delete(self, name: str, reference: str, headers: Headers) -> None:
        with self.storage.lock:
            digest, record = self._find(name, reference)
            check_match(headers, digest)
            repository = self.storage.load(name) or RepositoryRecord()
            if is_digest(reference):
                self.storage.save(name, repository.without_manifest(digest))
                discard_unused(self.storage, record.content)
            else:
                self.storage.save(name, repository.without_tag(reference))


def read_manifest(storage: RegistryStorage, record: ManifestRecord) -> bytes:
    """Return the bytes of a manifest. The call may block.

    Args:
        storage: The storage with the manifest.
        record: The record of the manifest.

    Returns:
        The bytes, as the client pushed them.

    Raises:
        ApiError: The manifest was deleted after `record` was loaded (MANIFEST_UNKNOWN).
    """
    reader = storage.open(record.content)
    if reader is None:
        raise ApiError(MANIFEST_UNKNOWN)
    try:
        return bytes(reader.read(0, reader.size))
    finally:
        reader.close()


def _parse(request: Request) -> tuple[str, str]:
    return parse_name(request.path_params["name"]), parse_reference(request.path_params["reference"])
