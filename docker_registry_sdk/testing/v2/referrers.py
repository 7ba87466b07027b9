"""Listing the manifests that refer to another one."""

import asyncio
import json
from bisect import bisect_right
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.settings import Settings
from docker_registry_sdk.testing.storage.base import Storage
from docker_registry_sdk.testing.storage.records import Repository
from docker_registry_sdk.testing.v2.errors import ApiError
from docker_registry_sdk.testing.v2.listings import next_link
from docker_registry_sdk.testing.v2.manifest_formats import IMAGES, OCI_INDEX, load_json_object
from docker_registry_sdk.testing.v2.manifests import read_manifest
from docker_registry_sdk.testing.v2.names import parse_digest, parse_name

_ENVELOPE = len(json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}))


@attrs.frozen
class Referrers:
    """The handler of `/v2/<name>/referrers/<digest>`.

    Args:
        storage: Where the manifests are.
        settings: The registry's settings.

    Source: OCI Distribution Specification, end-12.
    """

    storage: Storage
    settings: Settings

    async def get(self, request: Request) -> Response:
        """Send an index of the referrers, in the order of their digests; a repository that is not there has none."""
        name, subject = parse_name(request.path_params["name"]), parse_digest(request.path_params["digest"])
        query = request.query_params
        types = query.getlist("artifactType")
        found, more = await asyncio.to_thread(self._page, name, subject, types, query.get("last", ""))
        headers = {"content-type": OCI_INDEX}
        if types:
            headers["oci-filters-applied"] = "artifactType"
        if more:
            headers["link"] = next_link(request.url, query, found[-1]["digest"])
        return Response(json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}), headers=headers)

    def _page(self, name: str, subject: str, types: list[str], last: str) -> tuple[list[dict[str, Any]], bool]:
        """Return the descriptors after `last` that fit into one answer, and whether there are more."""
        repository = self.storage.load(name) or Repository()
        digests = repository.referrers(subject)
        found: list[dict[str, Any]] = []
        size = _ENVELOPE
        for digest in digests[bisect_right(digests, last) :]:
            descriptor = self._describe(repository, digest)
            if descriptor is None or (types and descriptor.get("artifactType", "") not in types):
                continue
            size += len(json.dumps(descriptor)) + 2
            if found and (size > self.settings.manifest_limit or len(found) == self.settings.page_limit):
                return found, True
            found.append(descriptor)
        return found, False

    def _describe(self, repository: Repository, digest: str) -> dict[str, Any] | None:
        """Return the descriptor of a referrer, or None when it has been deleted meanwhile."""
        record = repository.manifests[digest]
        try:
            document = load_json_object(read_manifest(self.storage, record)) or {}
        except ApiError:
            return None
        descriptor: dict[str, Any] = {"mediaType": record.media_type, "digest": digest, "size": record.size}
        artifact_type = document.get("artifactType")
        if not artifact_type and record.media_type in IMAGES:
            artifact_type = document["config"]["mediaType"]
        if artifact_type:
            descriptor["artifactType"] = artifact_type
        if document.get("annotations"):
            descriptor["annotations"] = document["annotations"]
        return descriptor
