"""Clients in forked child processes: no connection and no lock of the parent is used there."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, RegistryClientV1, RegistryClientV2
from docker_registry_sdk.errors import ForkedProcessError
from docker_registry_sdk.httpx_adapter import HttpxTransport
from tests.core.wire.loopback import Handler, run_loopback
from tests.support.docker_registry import run_docker_registry
from tests.support.forking import fork, needs_fork, registry_process
from tests.support.images import OCI_MANIFEST, digest_of, make_image
from tests.support.v1 import BASE, TOP

pytestmark = needs_fork
CALLS = 200
PROCESSES = 4
IMAGES = [make_image(f"image {number}\n") for number in range(PROCESSES + 1)]
BLOB = os.urandom(3_000_000)
BEGIN = 100_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The repository of a docker-registry, with images whose tags are the numbers from 0 on, and one large blob."""
    with run_docker_registry(tmp_path_factory.mktemp("fork")) as registry:
        fill(f"{registry.url}/library/app")
        yield f"{registry.url}/library/app"


@pytest.fixture(scope="module", params=[False, True], ids=["http", "https"])
def login(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, Any]]]:
    """The repository of an embedded registry with a token service, and the client's options; over http and https."""
    with registry_process("--auth", "token", *(["--tls"] if request.param else [])) as printed:
        options: dict[str, Any] = {"username": printed["username"], "password": printed["password"]}
        if request.param:
            options["ca_file"] = printed["ca file"]
        fill(f"{printed['url']}/library/app", **options)
        yield f"{printed['url']}/library/app", options


def fill(name: str, **options: Any) -> None:
    with RegistryClientV2(name, **options) as client:
        client.blob_upload(BLOB)
        for number, image in enumerate(IMAGES):
            client.blob_upload(image.config)
            client.blob_upload(image.layer)
            client.put_manifest(image.oci, str(number), media_type=OCI_MANIFEST)


def call(client: RegistryClientV2, number: int, calls: int) -> str:
    """Read the manifest and the layer of an image by turns; return `right` if each response was that of the image."""
    image = IMAGES[number]
    for one in range(calls):
        if one % 2:
            with client.create_blob_read_stream(digest_of(image.layer)) as stream:
                assert stream.read() == image.layer
        else:
            assert client.get_manifest(str(number)).raw == image.oci
    return "right"


def manifest_at(path: str) -> bytes:
    """Return a manifest that contains the path of its request."""
    return json.dumps({**json.loads(IMAGES[0].oci), "annotations": {"path": path}}).encode()


def assert_foreign(work: Any) -> str:
    """Check that a function raises ForkedProcessError, and return the text of the exception."""
    with pytest.raises(ForkedProcessError) as caught:
        work()
    return str(caught.value)


def test_four_processes_and_the_parent_share_a_client(url: str) -> None:
    stop = threading.Event()
    problems: list[BaseException] = []

    def keep_calling(client: RegistryClientV2) -> None:
        try:
            while not stop.is_set():
                call(client, 0, 2)
        except BaseException as error:
            problems.append(error)

    with RegistryClientV2(url) as client:
        call(client, 0, 2)
        threads = [threading.Thread(target=keep_calling, args=(client,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            children = [fork(lambda number=number: call(client, number, CALLS)) for number in range(1, PROCESSES + 1)]  # type: ignore[misc]
        finally:
            stop.set()
        outcome = call(client, 0, CALLS)
        assert [child.result() for child in children] == ["right"] * PROCESSES
        for thread in threads:
            thread.join()
        assert call(client, 0, 2) == outcome == "right"
    assert problems == []


def test_four_processes_share_a_client_that_logs_in(login: tuple[str, dict[str, Any]]) -> None:
    name, options = login
    with RegistryClientV2(name, **options) as client:
        # Nothing was called before, so that some children fork while the parent's thread fetches the token.
        thread = threading.Thread(target=call, args=(client, 0, 10))
        thread.start()
        children = [fork(lambda number=number: call(client, number, 5)) for number in range(1, PROCESSES + 1)]  # type: ignore[misc]
        assert [child.result() for child in children] == ["right"] * PROCESSES
        thread.join()
        assert call(client, 0, 5) == "right"


def test_child_of_a_child(url: str) -> None:
    with RegistryClientV2(url) as client:
        call(client, 0, 2)

        def work() -> str:
            assert call(client, 1, 3) == "right"
            grandchild = fork(lambda: call(client, 2, 3))
            assert call(client, 1, 3) == "right"
            return str(grandchild.result())

        assert fork(work).result() == "right"
        assert call(client, 0, 3) == "right"


def test_fork_while_a_thread_waits_for_a_response() -> None:
    answer, asked = threading.Event(), threading.Event()

    def respond(handler: Handler) -> None:
        if handler.path.endswith("/slow"):
            asked.set()
            answer.wait(120)
        handler.reply(200, manifest_at(handler.path), Content_Type=OCI_MANIFEST)

    with run_loopback(respond) as server, RegistryClientV2(f"{server.url}/a") as client:
        slow: list[bytes] = []
        thread = threading.Thread(target=lambda: slow.append(client.get_manifest("slow").raw))
        thread.start()
        try:
            assert asked.wait(60)
            child = fork(lambda: [client.get_manifest(f"fast{number}").raw for number in range(3)])
            assert child.result() == [manifest_at(f"/v2/a/manifests/fast{number}") for number in range(3)]
        finally:
            answer.set()
            thread.join()
        assert slow == [manifest_at("/v2/a/manifests/slow")]


def test_open_streams_and_files_belong_to_the_parent(login: tuple[str, dict[str, Any]]) -> None:
    name, options = login
    digest = digest_of(BLOB)
    with ExitStack() as stack:
        client = stack.enter_context(RegistryClientV2(name, **options))
        fresh = stack.enter_context(client.create_blob_read_stream(digest))
        begun = stack.enter_context(client.create_blob_read_stream(digest))
        file = stack.enter_context(client.open_blob(digest))
        assert begun.read(BEGIN) == BLOB[:BEGIN]
        assert file.read(10) == BLOB[:10]

        def work() -> list[str]:
            texts = [assert_foreign(fresh.read), assert_foreign(lambda: begun.read(1)), assert_foreign(lambda: next(begun))]
            texts += [assert_foreign(lambda: file.read(1)), assert_foreign(lambda: file.seek(0))]
            stack.close()  # which closes nothing of the parent
            with RegistryClientV2(name, **options) as own, own.create_blob_read_stream(digest) as stream:
                assert stream.read() == BLOB
            return texts

        for text in fork(work).result():
            assert "Open the blob in the child process" in text
        assert fresh.read() == BLOB
        assert begun.read() == BLOB[BEGIN:]
        file.seek(-10, os.SEEK_END)
        assert file.read() == BLOB[-10:]


def test_closing_the_client_in_the_child_leaves_the_connections_of_the_parent(login: tuple[str, dict[str, Any]]) -> None:
    name, options = login
    with RegistryClientV2(name, **options) as client:
        call(client, 0, 2)
        idle = peers()

        def work() -> str:
            client.close()
            return "closed"

        assert fork(work).result() == "closed"
        call(client, 0, 2)
        assert peers() == idle  # the same connections as before


def test_connections_of_the_parent_are_closed_in_the_child(url: str) -> None:
    with RegistryClientV2(url) as client, client.create_blob_read_stream(digest_of(BLOB)) as stream:
        call(client, 0, 2)
        port = httpx.URL(url).port
        assert port in [peer for _, peer in peers()]
        assert port not in [peer for _, peer in fork(peers).result()]
        assert stream.read() == BLOB


def peers() -> list[tuple[int, int]]:
    """Return the local port and the port of the server for each open TCP connection of this process."""
    found = []
    for number in range(1024):
        try:
            copy = os.dup(number)
        except OSError:
            continue
        try:
            with socket.socket(fileno=copy) as sock:
                if sock.family in (socket.AF_INET, socket.AF_INET6):
                    found.append((sock.getsockname()[1], sock.getpeername()[1]))
        except OSError:  # not a socket, or a socket that is not connected
            with suppress(OSError):
                os.close(copy)
    return sorted(found)


def test_own_httpx_client_of_the_caller(url: str) -> None:
    with httpx.Client() as http, RegistryClientV2(url, transport=HttpxTransport(http)) as client:
        call(client, 0, 2)
        assert (
            "Create the transport, and the registry client, in the child process"
            in fork(lambda: assert_foreign(lambda: client.get_manifest("0"))).result()
        )

        def work() -> str:
            with httpx.Client() as own, RegistryClientV2(url, transport=HttpxTransport(own)) as new:
                return call(new, 1, 2)

        assert fork(work).result() == "right"
        assert call(client, 0, 2) == "right"


def test_async_client_in_a_child(url: str) -> None:
    client = AsyncRegistryClientV2(url)

    async def read(number: int) -> str:
        for _ in range(5):
            assert (await client.get_manifest(str(number))).raw == IMAGES[number].oci
            digest = digest_of(IMAGES[number].layer)
            async with client.create_blob_read_stream(digest) as stream:
                assert await stream.read() == IMAGES[number].layer
        return "right"

    async def main() -> list[str]:
        async with client, client.create_blob_read_stream(digest_of(BLOB)) as stream:
            assert await stream.read(BEGIN) == BLOB[:BEGIN]
            await read(0)

            async def use_stream() -> str:
                with pytest.raises(ForkedProcessError) as caught:
                    await stream.read()
                return str(caught.value)

            child = fork(lambda: [asyncio.run(read(1)), asyncio.run(read(2)), asyncio.run(use_stream())])
            found: list[str] = await asyncio.to_thread(child.result)
            await read(0)
            assert await stream.read() == BLOB[BEGIN:]
        return found

    first, second, text = asyncio.run(main())
    assert (first, second) == ("right", "right")
    assert "Open the blob in the child process" in text


def test_v1_client_in_a_child() -> None:
    with registry_process() as printed, RegistryClientV1(f"{printed['url']}/team/app") as client:
        client.put_repo([BASE.id, TOP.id])
        for image in (BASE, TOP):
            client.put_img_json(image.id, image.json)
            client.put_img_checksum(image.id, client.put_img_layer(image.id, image.layer, img_json=image.json))
        client.put_repo_tag("latest", TOP.id)

        def read() -> str:
            for image in (BASE, TOP):
                assert client.get_img_json(image.id).raw == image.json
                with client.get_img_layer_stream(image.id) as layer:
                    assert layer.read() == image.layer
            return "right"

        with client.get_img_layer_stream(TOP.id) as stream:
            children = [fork(read) for _ in range(2)]
            foreign = fork(lambda: assert_foreign(stream.read))
            assert [child.result() for child in children] == ["right", "right"]
            assert "Open the blob in the child process" in foreign.result()
            assert stream.read() == TOP.layer
        assert read() == "right"


@pytest.mark.parametrize("kind", [RegistryClientV2, AsyncRegistryClientV2, RegistryClientV1])
def test_client_is_not_pickled(kind: Any) -> None:
    with pytest.raises(TypeError, match="create a client in each process"):
        pickle.dumps(kind("registry.example.com/a"))
