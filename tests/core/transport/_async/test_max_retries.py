"""The option `max_retries` against a server that cuts each body: it bounds the requests for the same document."""

from __future__ import annotations

import socket

import pytest

from docker_registry_sdk import AsyncRegistryClientV2, TransportError
from docker_registry_sdk.v2.api import get_manifest, list_tags
from tests.support.raw_server import RawServer, run_raw_server

pytestmark = pytest.mark.anyio

END = b"\r\nContent-Length: 0\r\n\r\n"
CUT = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


def cut_all(server: RawServer, connection: socket.socket) -> None:
    """Cut each body."""
    server.read_request(connection)
    connection.sendall(CUT)


def cut_tokens(server: RawServer, connection: socket.socket) -> None:
    """Require a token, and cut the body of each response with a token."""
    request = server.read_request(connection)
    if b"/token" in request.partition(b"\r\n")[0]:
        connection.sendall(CUT)
    else:
        challenge = f'Bearer realm="{server.url}/token"'.encode()
        connection.sendall(b"HTTP/1.1 401 No\r\nConnection: close\r\nWWW-Authenticate: " + challenge + END)


@pytest.mark.parametrize("max_retries", [0, 2])
async def test_manifest_and_tags_are_requested_once_and_once_more_per_retry(max_retries: int) -> None:
    with run_raw_server(cut_all) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=max_retries, max_retry_wait=0) as client:
            with pytest.raises(TransportError):
                await client.get_manifest("latest")
            assert len(server.requests) == max_retries + 1
            with pytest.raises(TransportError):
                await get_manifest.asyncio(client, "a", "latest")
            assert len(server.requests) == 2 * (max_retries + 1)
            with pytest.raises(TransportError):
                await list_tags.asyncio(client, "a")
            assert len(server.requests) == 3 * (max_retries + 1)


@pytest.mark.parametrize("max_retries", [0, 2])
async def test_token_is_requested_once_and_once_more_per_retry(max_retries: int) -> None:
    with run_raw_server(cut_tokens) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=max_retries, max_retry_wait=0) as client:
            with pytest.raises(TransportError):
                await get_manifest.asyncio(client, "a", "latest")
        tokens = [request for request in server.requests if b"/token" in request.partition(b"\r\n")[0]]
        assert len(tokens) == max_retries + 1


@pytest.mark.parametrize("max_retries", [0, 2])
async def test_max_retries_of_a_copy_of_the_client_limits_its_token_requests(max_retries: int) -> None:
    with run_raw_server(cut_tokens) as server:
        async with AsyncRegistryClientV2(f"{server.url}/a", max_retries=1, max_retry_wait=0) as client:
            copy = client.with_options(max_retries=max_retries)
            with pytest.raises(TransportError):
                await copy.get_manifest("latest")
            with pytest.raises(TransportError):
                await list_tags.asyncio(copy, "a")
        tokens = [request for request in server.requests if b"/token" in request.partition(b"\r\n")[0]]
        assert len(tokens) == 2 * (max_retries + 1)
