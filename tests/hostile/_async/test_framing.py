"""Responses whose framing is malformed: a length of 5000 digits, and a chunk that does not end with CRLF (CVE-2025-43859)."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

import pytest

from docker_registry_sdk.errors import TransportError
from tests.core.wire.loopback import Loopback
from tests.hostile._async.clients import client_of
from tests.support._async.blobs import read_blob

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MALFORMED = {
    "5000 digits": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "no digits": HEAD + b"Content-Length: ten\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "end of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxXX0\r\n\r\n",
    "length of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 5000 + b"\r\nx\r\n0\r\n\r\n",
}


def test_h11_has_the_fix() -> None:
    assert tuple(map(int, version("h11").split(".")[:2])) >= (0, 16)


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_framing_is_a_transport_error(registry: Loopback, sent: bytes) -> None:
    registry.answer = lambda handler: handler.cut(sent)
    async with client_of(registry) as client:
        with pytest.raises(TransportError):
            await client.list_tags()
        with pytest.raises(TransportError):
            await read_blob(client, f"sha256:{hashlib.sha256(b'x').hexdigest()}")
