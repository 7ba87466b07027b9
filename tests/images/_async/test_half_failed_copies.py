"""Every error of a blob at the source: it names the manifest and the blob, and the target has no tag and no open session.

The blob is missing, has other bytes, is too short, is refused, or its body is cut. The other requests of a copy fail in
`test_failed_requests.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docker_registry_sdk import AsyncRegistries, AsyncRegistryClientV2, images
from docker_registry_sdk.errors import (
    DigestMismatchError,
    ForbiddenError,
    NotFoundError,
    RegistryError,
    ServerError,
    TransportError,
)
from docker_registry_sdk.images import Layout
from docker_registry_sdk.testing import EmbeddedRegistry
from tests.core.wire.loopback import Handler, Loopback, run_loopback
from tests.images.built_images import build_image
from tests.images.stored_images import answer_image
from tests.support.request_log import open_uploads

pytestmark = pytest.mark.anyio

IMAGE = build_image([bytes([number]) * 50_000 for number in range(8)])
DIGESTS = [json.loads(IMAGE.manifests[IMAGE.root][1])["config"]["digest"], *list(IMAGE.blobs)[1:]]
FIELDS = {"config": 0, "layers[5]": 6}


def cut(handler: Handler, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.cut(content[: len(content) // 2])


FAILURES: dict[str, tuple[Callable[[Handler, bytes], None], type[RegistryError]]] = {
    "missing": (lambda handler, content: handler.reply(404), NotFoundError),
    "other bytes": (lambda handler, content: handler.reply(200, content[:-1] + b"!"), DigestMismatchError),
    "too short": (lambda handler, content: handler.reply(200, content[:-5]), DigestMismatchError),
    "too long": (lambda handler, content: handler.reply(200, content + b"!"), DigestMismatchError),
    "empty": (lambda handler, content: handler.reply(200), DigestMismatchError),
    "500": (lambda handler, content: handler.reply(500), ServerError),
    "403": (lambda handler, content: handler.reply(403), ForbiddenError),
    "cut": (cut, TransportError),
}


@pytest.fixture
def source() -> Iterator[Loopback]:
    with run_loopback(lambda handler: answer_image(handler, IMAGE)) as running:
        yield running


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_blob_that_cannot_be_read(
    failure: str,
    field: str,
    source: Loopback,
    embedded_registry: EmbeddedRegistry,
    hasty_registries: AsyncRegistries,
    tmp_path: Path,
) -> None:
    respond, error = FAILURES[failure]
    digest = DIGESTS[FIELDS[field]]

    def answer(handler: Handler) -> None:
        if handler.path.endswith(digest):
            respond(handler, IMAGE.blobs[digest])
        else:
            answer_image(handler, IMAGE)

    place = f"{source.url}/a:v1"
    target, layout = f"{embedded_registry.url}/b:v1", Layout(tmp_path / "layout", "v1")
    source.answer = answer
    for to in (target, layout):
        with pytest.raises(error) as caught:
            await images.async_copy(place, to, registries=hasty_registries)
        assert digest in caught.value.problem
        assert caught.value.problem.endswith(f"(named by {field} of the manifest {IMAGE.root} in {source.url[7:]}/a)")
    assert open_uploads(embedded_registry) == []
    assert not (layout.path / "index.json").exists()
    async with AsyncRegistryClientV2(f"{embedded_registry.url}/b") as client:
        for ref in ("v1", IMAGE.root):
            assert not await client.exists(ref)
    source.answer = lambda handler: answer_image(handler, IMAGE)
    for to in (target, layout):
        copied = await images.async_copy(place, to, registries=hasty_registries)
        assert copied.digest == IMAGE.root
        assert copied.blobs_moved + copied.blobs_skipped == len(IMAGE.blobs)
