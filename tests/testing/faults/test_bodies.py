"""Effects on bodies: interrupted connections, lost responses, wrong bytes, slow transfer."""

import contextlib
import json
import random
import socket
import ssl
import time

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, LoseResponse, Reset, Slow, Truncate, WrongBytes
from tests.testing.helpers import digest_of, image, push_blob, push_image, put_manifest, start_upload, wait_until

SIZE = 3_000_000
CONTENT = random.Random(1).randbytes(SIZE)
TENTHS = [SIZE * tenth // 10 for tenth in range(10)]
SHORT_CONTENT = CONTENT[:700_000]


@pytest.mark.parametrize("at", [0, 1, 262_143, 262_144, 500_000, 699_999])
def test_wrong_byte(memory_registry: EmbeddedRegistry, client: httpx.Client, at: int) -> None:
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', SHORT_CONTENT)}"
    memory_registry.faults.add(Fault(WrongBytes(at=at), operation="create_blob_read_stream"))
    body = client.get(path).content
    assert len(body) == len(SHORT_CONTENT)
    assert [index for index, pair in enumerate(zip(body, SHORT_CONTENT, strict=True)) if pair[0] != pair[1]] == [at]
    assert client.get(path).content == SHORT_CONTENT


def test_changed_manifest_is_still_json(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    digest = push_image(client, "repo", "tag")
    right = client.get("/v2/repo/manifests/tag").content
    memory_registry.faults.add(Fault(WrongBytes(at=right.index(b"2, ")), operation="get_manifest"))
    response = client.get("/v2/repo/manifests/tag")
    assert json.loads(response.content)["schemaVersion"] == 3
    assert response.headers["docker-content-digest"] == digest


def test_slow_download(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', b'x' * 10_000)}"
    memory_registry.faults.add(Fault(Slow(50_000), operation="create_blob_read_stream"))
    start = time.monotonic()
    with client.stream("GET", path) as response:
        chunks = [len(chunk) for chunk in response.iter_raw()]
    assert sum(chunks) == 10_000
    assert len(chunks) > 1
    assert time.monotonic() - start > 0.15


def test_slow_upload(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    location = start_upload(client)
    memory_registry.faults.add(Fault(Slow(50_000, of="request"), operation="upload_blob_chunk"))
    start = time.monotonic()
    assert client.patch(location, content=b"x" * 10_000).headers["range"] == "0-9999"
    assert time.monotonic() - start > 0.15


def test_disconnect_during_a_slow_response(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', SHORT_CONTENT)}"
    memory_registry.faults.add(Fault(Slow(1000), operation="create_blob_read_stream"))
    with client.stream("GET", path) as response:
        next(response.iter_raw())
    wait_until(lambda: len(memory_registry.requests) == 2)  # at 1000 bytes per second, the body would take 700 s


def read_to_the_end(client: httpx.Client, path: str) -> tuple[httpx.Response, bytes, httpx.TransportError | None]:
    """Return a response, the part of its body received, and the error at the end of the body."""
    body = bytearray()
    with client.stream("GET", path) as response:
        try:
            for chunk in response.iter_raw():
                body += chunk
        except httpx.TransportError as error:
            return response, bytes(body), error
    return response, bytes(body), None


@pytest.mark.parametrize("after", [*TENTHS, SIZE - 1])
def test_reset_during_a_download(memory_registry: EmbeddedRegistry, client: httpx.Client, after: int) -> None:
    """The client gets exactly the bytes before the reset, and a Range request gets the rest."""
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', CONTENT)}"
    fault = Fault(Reset(after=after), operation="create_blob_read_stream")
    memory_registry.faults.add(fault)
    response, body, error = read_to_the_end(client, path)
    assert (response.status_code, response.headers["content-length"]) == (200, str(SIZE))
    assert isinstance(error, httpx.ReadError)
    assert body == CONTENT[:after]
    assert (memory_registry.requests[-1].fault, memory_registry.requests[-1].response_bytes) == (fault, after)
    rest = client.get(path, headers={"range": f"bytes={after}-"})
    assert (rest.status_code, body + rest.content) == (206, CONTENT)
    assert memory_registry.requests[-1].fault is None


@pytest.mark.parametrize("after", TENTHS)
def test_reset_during_an_upload(memory_registry: EmbeddedRegistry, client: httpx.Client, after: int) -> None:
    """The registry keeps exactly the bytes before the reset, reports their number, and accepts the rest."""
    location = start_upload(client)
    memory_registry.faults.add(Fault(Reset(after=after, of="request"), operation="upload_blob_chunk"))
    with pytest.raises((httpx.WriteError, httpx.ReadError)):
        client.patch(location, content=CONTENT)
    status = client.get(location)
    assert (status.status_code, status.headers["range"]) == (204, f"0-{max(after - 1, 0)}")
    done = client.put(location, params={"digest": digest_of(CONTENT)}, content=CONTENT[after:])
    assert done.status_code == 201
    assert client.get(done.headers["location"]).content == CONTENT


def test_reset_with_tls() -> None:
    with EmbeddedRegistry(tls=True) as registry:
        context = ssl.create_default_context(cadata=registry.ca_pem)
        with httpx.Client(base_url=registry.url, verify=context) as client:
            path = f"/v2/repo/blobs/{push_blob(client, 'repo', CONTENT)}"
            registry.faults.add(Fault(Reset(after=2_000_000), operation="create_blob_read_stream"))
            _, body, error = read_to_the_end(client, path)
            assert body == CONTENT[:2_000_000]
            # The ssl module of some Python versions reports a reset as the end of the data.
            assert isinstance(error, httpx.TransportError)
        registry.faults.add(Fault(Reset(after=2_000_000), operation="create_blob_read_stream"))
        assert is_reset(registry, context, path)


def is_reset(registry: EmbeddedRegistry, context: ssl.SSLContext, path: str) -> bool:
    """Send a GET request over TLS, and return whether the TCP connection is reset."""
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(received, to_send, server_hostname="127.0.0.1")
    host, _, port = registry.host.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        try:
            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                    tls.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    break
                connection.sendall(to_send.read())
                received.write(connection.recv(65536))
            connection.sendall(to_send.read())
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            return True
    return False


def test_reset_does_not_wait_for_a_client_that_does_not_read(
    memory_registry: EmbeddedRegistry, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.connection.MAX_FLUSH_SECONDS", 0.1)
    content = bytes(50_000_000)
    digest = push_blob(client, "repo", content)
    memory_registry.faults.add(Fault(Reset(after=len(content) - 1), operation="create_blob_read_stream"))
    host, _, port = memory_registry.host.rpartition(":")
    with socket.socket() as unread:
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        unread.connect((host, int(port)))
        unread.sendall(f"GET /v2/repo/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(0.3)
        assert client.get("/v2/").status_code == 200


def test_shorter_body_is_not_affected(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    digest = push_blob(client, "repo", b"short")
    memory_registry.faults.add(Fault(Reset(after=5), operation="create_blob_read_stream"))
    memory_registry.faults.add(Fault(Reset(after=5, of="request"), operation="complete_blob_upload"))
    assert client.get(f"/v2/repo/blobs/{digest}").content == b"short"
    assert client.put(start_upload(client), params={"digest": digest}, content=b"short").status_code == 201


@pytest.mark.parametrize("after", TENTHS)
def test_truncated_body(memory_registry: EmbeddedRegistry, client: httpx.Client, after: int) -> None:
    """The response has the whole Content-Length, and the connection is closed before the end of the body."""
    path = f"/v2/repo/blobs/{push_blob(client, 'repo', CONTENT)}"
    memory_registry.faults.add(Fault(Truncate(after=after), operation="create_blob_read_stream"))
    response, body, error = read_to_the_end(client, path)
    assert response.headers["content-length"] == str(SIZE)
    assert isinstance(error, httpx.RemoteProtocolError)
    assert body == CONTENT[:after]


def test_truncated_manifest(memory_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    push_blob(client, "repo", b"{}")
    put_manifest(client, "repo", "tag", image())
    memory_registry.faults.add(Fault(Truncate(after=10), operation="get_manifest"))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/v2/repo/manifests/tag")


@pytest.mark.parametrize(
    ("effect", "error"), [(LoseResponse(), httpx.ReadError), (LoseResponse("close"), httpx.RemoteProtocolError)]
)
def test_lost_response(
    memory_registry: EmbeddedRegistry, client: httpx.Client, effect: LoseResponse, error: type[Exception]
) -> None:
    """The registry processes the request, but the client gets no response."""
    location = start_upload(client)
    memory_registry.faults.add(Fault(effect, operation=("upload_blob_chunk", "complete_blob_upload"), times=2))
    with pytest.raises(error):
        client.patch(location, content=b"content")
    assert client.get(location).headers["range"] == "0-6"
    with pytest.raises(error):
        client.put(location, params={"digest": digest_of(b"content")})
    assert memory_registry.requests[-1].status is None
    assert client.get(location).status_code == 404
    assert client.get(f"/v2/repo/blobs/{digest_of(b'content')}").content == b"content"


def test_nothing_is_printed(memory_registry: EmbeddedRegistry, client: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    """A fault is not an error of the server."""
    location = start_upload(client)
    for effect in (Reset(), Truncate(), LoseResponse()):
        memory_registry.faults.add(Fault(effect))
        with pytest.raises(httpx.TransportError):
            client.get("/v2/")
    memory_registry.faults.add(Fault(Reset(of="request")))
    with pytest.raises(httpx.TransportError):
        client.patch(location, content=b"content")
    assert capfd.readouterr().err == ""
