"""How much CPU time a call of the client takes, against a bare httpx request and json.loads.

    .venv/bin/python tests/benchmarks/bench_call.py [rounds]

The registry requires a token, which client and bare request have; it runs in its own process, whose time does not count.
Client and bare request alternate, and each is first in half of the rounds; medians are compared, so that other load on the
machine changes the ratio little. Exits with 1 when the median of a call is more than BAR times that of the bare request.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median
from time import process_time

import httpx

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.v2.api import get_manifest, list_tags
from tests.support.images import OCI_MANIFEST, make_image

BAR = 1.3
NAME = "library/busybox"
CALLS = 5
WARM_UP = 20


def serve(pipe: Connection) -> None:
    """Run a registry with one image until the other side closes the pipe."""
    with EmbeddedRegistry(auth="token") as registry:
        pipe.send((registry.url, registry.username, registry.password))
        pipe.poll(None)


@contextmanager
def running_registry() -> Iterator[tuple[str, str, str]]:
    """Yield the URL, user name and password of a registry in another process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def push_images(client: RegistryClientV2) -> None:
    """Push an image with ten tags."""
    image = make_image()
    for content in (image.config, image.layer):
        client.blob_upload(content)
    for number in range(10):
        client.put_manifest(image.oci, f"v{number}", media_type=OCI_MANIFEST)


def cpu_time_of(call: Callable[[], object]) -> float:
    """Return the CPU time of one call in seconds, as the mean of several."""
    started = process_time()
    for _ in range(CALLS):
        call()
    return (process_time() - started) / CALLS


def measure(untyped: Callable[[], object], typed: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the median CPU times of the bare request and of the client's call in seconds."""
    alone: list[float] = []
    ours: list[float] = []
    turns = [(untyped, alone), (typed, ours)]
    for _ in range(rounds + WARM_UP):
        for call, times in turns:
            times.append(cpu_time_of(call))
        turns.reverse()
    return median(alone[WARM_UP:]), median(ours[WARM_UP:])


def bare(http: httpx.Client, token: str, path: str, accept: str) -> Callable[[], object]:
    """Return a function that sends the same request by httpx alone."""
    headers = {"Accept": accept, "Authorization": f"Bearer {token}"}

    def call() -> object:
        response = http.get(path, headers=headers)
        response.raise_for_status()
        return json.loads(response.content)

    return call


def main() -> int:
    """Print the table and return the exit status."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    slow = False
    with running_registry() as (url, username, password), httpx.Client(base_url=url) as http:
        scope = {"service": "", "scope": f"repository:{NAME}:pull"}
        with RegistryClientV2(f"{url}/{NAME}", username=username, password=password) as client:
            push_images(client)
            realm = str(client.explain_auth().realm)
            token = http.get(realm, params=scope, auth=(username, password)).json()["token"]
            calls = {
                "get_manifest": (
                    lambda: client.get_manifest("v1"),
                    bare(http, token, f"/v2/{NAME}/manifests/v1", ", ".join(get_manifest.ACCEPT)),
                ),
                "list_tags": (
                    lambda: client.list_tags(),
                    bare(http, token, f"/v2/{NAME}/tags/list", ", ".join(list_tags.ACCEPT)),
                ),
            }
            print(f"{'call':<14} {'httpx':>9} {'client':>9} {'ratio':>6}   (bar {BAR}, {rounds} rounds of {CALLS} calls)")
            for name, (typed, untyped) in calls.items():
                alone, ours = measure(untyped, typed, rounds)
                slow = slow or ours > BAR * alone
                print(f"{name:<14} {alone * 1e6:6.0f} us {ours * 1e6:6.0f} us {ours / alone:6.2f}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
