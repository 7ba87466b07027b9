"""Responses whose framing is malformed or endless: a length of 5000 digits, a chunk that does not end with CRLF (CVE-2025-43859),
informational responses without end, and tiny chunks.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version

import pytest

from docker_registry_sdk import AsyncRegistryClientV2
from docker_registry_sdk.errors import TransportError
from tests.core.wire.loopback import Handler, Loopback
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


@pytest.mark.parametrize("sent", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"])
@pytest.mark.parametrize("proxy", [False, True])
async def test_endless_informational_responses_are_cut(registry: Loopback, sent: bytes, proxy: bool) -> None:
    def flood(handler: Handler) -> None:
        while True:
            handler.wfile.write(sent * 1000)

    registry.answer = flood
    name = "http://registry.example.com" if proxy else registry.url
    async with AsyncRegistryClientV2(f"{name}/a", max_retries=0, proxy=registry.url if proxy else None) as client:
        with pytest.raises(TransportError, match="informational"):
            await client.list_tags()
