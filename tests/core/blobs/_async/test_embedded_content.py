"""Blobs that their descriptor embeds: no request is sent, and the bytes are verified as any others."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from attrs import evolve

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk._core.blobs.embedded_content import embedded_content
from docker_registry_sdk.digest import Digest
from docker_registry_sdk.digest import digest_of as compute_digest
from docker_registry_sdk.errors import InvalidDigestError, NotFoundError, SizeLimitError
from tests.core.blobs._async.helpers import read_all
from tests.core.blobs.blob_server import BlobServer
from tests.core.blobs.helpers import descriptor, part_of
from tests.core.wire.loopback import Loopback

pytestmark = pytest.mark.anyio
CONTENT = os.urandom(2_500_000)
DATA = base64.b64encode(CONTENT).decode()
EMBEDDED = evolve(descriptor(CONTENT), data=DATA)


async def test_embedded_content_needs_no_request(
    loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path
) -> None:
    assert await read_all(loopback_client, EMBEDDED) == CONTENT
    assert await loopback_client.read_blob(EMBEDDED) == CONTENT
    part_of(tmp_path / "resumed").write_bytes(CONTENT[:1000])
    part_of(tmp_path / "wrong").write_bytes(b"x" * 1000)
    for name in ("new", "resumed", "wrong"):
        part_of(tmp_path / name).touch(0o600)
        part_of(tmp_path / name).chmod(0o600)
        assert await loopback_client.download_blob(EMBEDDED, tmp_path / name) == EMBEDDED
        assert (tmp_path / name).read_bytes() == CONTENT
    async with await loopback_client.open_blob(EMBEDDED) as file:
        await file.seek(1_000_000)
        assert await file.read(100) == CONTENT[1_000_000:1_000_100]
    with pytest.raises(SizeLimitError):
        await loopback_client.read_blob(EMBEDDED, max_size=100)
    empty = evolve(descriptor(b""), data="")
    assert await loopback_client.read_blob(empty) == b""
    assert loopback.seen == []


async def test_wrong_data_is_ignored(loopback_client: AsyncRegistryClientV2, loopback: Loopback, tmp_path: Path) -> None:
    for number, data in enumerate(("", "!", DATA[:-4], DATA + DATA, base64.b64encode(b"other").decode())):
        wrong = evolve(EMBEDDED, data=data)
        BlobServer(CONTENT).attach(loopback)
        assert await read_all(loopback_client, wrong) == CONTENT
        await loopback_client.download_blob(wrong, tmp_path / str(number))
        loopback.answer = lambda handler: handler.reply(404)
        with pytest.raises(NotFoundError) as caught:
            await loopback_client.read_blob(wrong)
        assert "data" in caught.value.__notes__[0]


def test_only_the_bytes_of_the_digest_are_taken() -> None:
    digest, sha512 = compute_digest(b"{}"), compute_digest(b"{}", "sha512")
    assert embedded_content("e30=", digest, 2) == b"{}"
    assert embedded_content("e30=", sha512, None) == b"{}"
    for data, size in (("e30=", 3), ("e30", 2), ("e30=\n", 2), ("é", 2), ("", 0), (None, 2)):
        assert embedded_content(data, digest, size) is None
    with pytest.raises(InvalidDigestError):
        embedded_content("e30=", Digest("md5:" + "0" * 32), 2)
