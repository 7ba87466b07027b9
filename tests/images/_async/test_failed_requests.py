"""Copies whose requests fail, one after the other: the error says which part and where, and nothing unfinished is left.

`test_half_failed_copies.py` has the responses to requests for blobs of the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import pytest

from docker_registry_sdk import AsyncRegistries, RegistryClientV2, images
from docker_registry_sdk.errors import (
    BadRequestError,
    DigestMismatchError,
    ForbiddenError,
    NotFoundError,
    RegistryError,
    ServerError,
    StatusError,
    TransportError,
    UnexpectedContentTypeError,
)
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, HtmlError, RequestInfo, Reset, Status, Truncate, WrongBytes
from docker_registry_sdk.testing.faults.exchange import FaultEffect
from tests.images.built_images import build_image, build_index, store_image
from tests.support.request_log import open_uploads

pytestmark = pytest.mark.anyio

FIRST = build_image([bytes([number]) * (3000 + number) for number in range(3)])
SECOND = build_image([b"of another platform"], "linux/arm64")
INDEX = build_index({"linux/amd64": FIRST, "linux/arm64": SECOND})
CONFIG, _, LAYER, _ = FIRST.blobs

Part = Literal["root", "child", "config", "layer"]
DIGESTS: dict[Part, str] = {"root": INDEX.root, "child": FIRST.root, "config": CONFIG, "layer": LAYER}
# The document that names each part, and the field.
PLACES: dict[Part, str] = {
    "root": "",
    "child": f"manifests[0] of the manifest {INDEX.root}",
    "config": f"config of the manifest {FIRST.root}",
    "layer": f"layers[1] of the manifest {FIRST.root}",
}


class Row(NamedTuple):
    """A fault that ends a copy.

    Attributes:
        side: The registry with the fault.
        method: The method of the request that fails.
        part: The part of the image that the request is about.
        effect: The effect of the fault.
        error: The type of the exception.
    """

    side: Literal["source", "target"]
    method: Literal["HEAD", "GET", "POST", "PUT"]
    part: Part
    effect: FaultEffect
    error: type[RegistryError]


MANIFESTS: tuple[Part, ...] = ("root", "child")
BLOBS: tuple[Part, ...] = ("config", "layer")
ERRORS: dict[int, type[StatusError]] = {400: BadRequestError, 403: ForbiddenError, 404: NotFoundError, 500: ServerError}
ROWS = [
    *(Row("source", "GET", part, Status(status), ERRORS[status]) for part in MANIFESTS for status in (403, 404, 500)),
    *(Row("source", "GET", part, HtmlError(200), UnexpectedContentTypeError) for part in MANIFESTS),
    Row("source", "GET", "child", WrongBytes(at=30), DigestMismatchError),
    *(Row("source", "GET", part, Truncate(after=10), TransportError) for part in MANIFESTS),
    *(Row("source", "GET", part, Reset(), TransportError) for part in DIGESTS),
    *(Row("target", "HEAD", part, Status(500), ServerError) for part in BLOBS),
    *(Row("target", "POST", "layer", Status(status), ERRORS[status]) for status in (400, 403, 500)),
    *(Row("target", "PUT", part, Status(status), ERRORS[status]) for part in DIGESTS for status in (400, 403, 500)),
    *(Row("target", "PUT", part, Reset(of="request"), TransportError) for part in DIGESTS),
]


def is_about(row: Row) -> Callable[[RequestInfo], bool]:
    """Return a function that returns whether a request is the one that fails."""
    digest = DIGESTS[row.part]
    names = {digest, "v1"} if row.part == "root" else {digest}

    def is_about(call: RequestInfo) -> bool:
        if call.method != row.method:
            return False
        if row.method == "POST":
            return True
        return bool(names & {call.path.rpartition("/")[2], call.query.get("digest")})

    return is_about


@pytest.fixture(scope="module")
def source() -> Iterator[EmbeddedRegistry]:
    """A registry with the image."""
    with EmbeddedRegistry() as registry:
        store_image(registry, "a", INDEX, "v1")
        yield registry


@pytest.fixture(scope="module")
def target() -> Iterator[EmbeddedRegistry]:
    """An empty registry."""
    with EmbeddedRegistry() as registry:
        yield registry


@pytest.mark.parametrize(
    ("number", "row"),
    list(enumerate(ROWS)),
    ids=[f"{row.side}-{row.method}-{row.part}-{re.sub('[^A-Za-z0-9]+', '-', str(row.effect))[:30]}" for row in ROWS],
)
async def test_the_error_says_which_part_and_where(
    source: EmbeddedRegistry, target: EmbeddedRegistry, hasty_registries: AsyncRegistries, number: int, row: Row
) -> None:
    for registry in (source, target):
        registry.faults.clear()
        registry.requests.clear()
    failing, repo = (source, "a") if row.side == "source" else (target, f"b{number}")
    failing.faults.add(Fault(row.effect, when=is_about(row), times=None))
    names = (f"{source.url}/a:v1", f"{target.url}/b{number}:v1")
    with pytest.raises(row.error) as caught:
        await images.async_copy(*names, registries=hasty_registries)
    text = caught.value.problem
    assert f"{row.method} {failing.url}/v2/{repo}/" in text or f"{failing.host}/{repo}" in text
    # Any of the uploads that run at the same time may fail first.
    if row.method != "POST":
        assert DIGESTS[row.part] in text or (row.side, row.part) == ("source", "root")
        if row.side == "source" or row.part in BLOBS:
            assert PLACES[row.part] in text
    else:
        assert "blob sha256:" in text and " of the manifest sha256:" in text
    check_nothing_unfinished(target, f"b{number}")


def check_nothing_unfinished(target: EmbeddedRegistry, repo: str) -> None:
    """Check that the target has no open session, neither the tag nor the index, and no child without its blobs."""
    assert open_uploads(target) == []
    with RegistryClientV2(f"{target.url}/{repo}") as client:
        assert not client.exists("v1") and not client.exists(INDEX.root)
        for child in (FIRST, SECOND):
            if client.exists(child.root):
                assert all(client.head_blob(blob) for blob in child.blobs)
