"""Effects on the push of a manifest that depend on its content."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import attrs
from starlette.types import ASGIApp

from docker_registry_sdk.testing.faults.exchange import FaultExchange, RegistryState, RequestInfo
from docker_registry_sdk.testing.faults.responses import Status, change_head
from docker_registry_sdk.testing.profiles.requests import body_of, read_body
from docker_registry_sdk.testing.v2.manifest_formats import DOCKER_MANIFEST, load_json_object

_DIGEST = re.compile(rb"(?:sha256|sha512):[0-9a-f]{64,128}")
_UPLOADED = "uploaded "
_GZIP_LAYERS = frozenset(
    {
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    }
)


def repository_of(call: RequestInfo) -> str:
    """Return the name of the repository of a request for a blob, an upload or a manifest."""
    return re.split("/(?:blobs|manifests)/", call.path.removeprefix("/v2/"))[0]


@attrs.frozen
class RejectManifest:
    """An effect that rejects some manifests.

    Args:
        check: A function that gets the request, the bytes of the manifest and the state of the registry, and returns the message
            of the error, or None if the manifest is not rejected. The function is called in a thread and may block.
        code: The code of the error.
    """

    check: Callable[[RequestInfo, bytes, RegistryState], str | None]
    code: str

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send 400 if `check` returns a message. Otherwise, call the registry."""
        content = await read_body(exchange.receive)
        message = await asyncio.to_thread(self.check, exchange.request, content, exchange.registry)
        if message is not None:
            await Status(400, code=self.code, message=message).play(exchange, app)
            return
        await app(exchange.scope, body_of(content), exchange.send)


def find_layer_without_gzip(call: RequestInfo, content: bytes, registry: RegistryState) -> str | None:
    """Return an error message if a Docker manifest has a layer with another media type than those of gzip. Quay rejects these."""
    document = load_json_object(content)
    if document is None or call.headers.get("content-type", "").partition(";")[0].strip() != DOCKER_MANIFEST:
        return None
    layers: Any = document.get("layers")
    types = [layer.get("mediaType") for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    plain = [str(one) for one in types if one not in _GZIP_LAYERS]
    return f"manifest data does not match schema: {plain[0]} is not one of the media types of layers" if plain else None


def find_missing_subject(call: RequestInfo, content: bytes, registry: RegistryState) -> str | None:
    """Return an error message if the subject of a manifest does not exist in the repository. GitLab rejects such a manifest."""
    document = load_json_object(content)
    subject: Any = None if document is None else document.get("subject")
    digest = subject.get("digest") if isinstance(subject, dict) else None
    if not isinstance(digest, str):
        return None
    repository = registry.storage.load(repository_of(call))
    exists = repository is not None and digest in repository.manifests
    return None if exists else f"blob unknown to registry: {digest}"


@attrs.frozen
class NoteUpload:
    """An effect that notes each blob which a repository receives, for `find_unseen_blob`."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Call the registry, and note the digest in a 201 response."""
        repository, numbers = repository_of(exchange.request), exchange.registry.numbers

        def note(head: Any) -> None:
            if head.status == 201 and "docker-content-digest" in head.headers:
                numbers[f"{_UPLOADED}{repository} {head.headers['docker-content-digest']}"] = 1

        await app(exchange.scope, exchange.receive, change_head(exchange.send, note))


def find_unseen_blob(call: RequestInfo, content: bytes, registry: RegistryState) -> str | None:
    """Return an error message if a manifest names blobs that the repository has received since the last call that named them."""
    keys = {one: f"{_UPLOADED}{repository_of(call)} {one}" for one in map(bytes.decode, _DIGEST.findall(content))}
    unseen = sorted(digest for digest, key in keys.items() if registry.numbers.pop(key, 0))
    return f"layers with the digests [{', '.join(unseen)}] do not exist" if unseen else None
