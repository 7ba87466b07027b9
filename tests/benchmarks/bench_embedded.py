"""Measure how fast the embedded registry starts, how much memory a large blob takes, and 200 concurrent pulls.

    .venv/bin/python tests/benchmarks/bench_embedded.py [MiB of the blob]

The registry runs in its own processes. `cold` is the time from the start of a fresh interpreter to the first response; `warm`
is the same for another registry in that interpreter. The blob is uploaded by a streamed PATCH and downloaded by GET, with storage
in a directory; the measured memory is the peak of the server above its peak when idle. The pulls are of a blob of 1 MiB: all have
begun before any of them continues, each has its own connection, and each is verified. Needs Linux, for /proc. Exits with 1 when
a bar is missed.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

MIB = 1024 * 1024
START_BAR = 0.3
MEMORY_BAR = 16.0
PULLS = 200
BLOCK = bytes(range(256)) * 4096

START = """
import http.client, sys, time
from docker_registry_sdk.testing import EmbeddedRegistry

def time_of_response():
    with EmbeddedRegistry() as registry:
        connection = http.client.HTTPConnection(registry.host)
        connection.request("GET", "/v2/")
        assert connection.getresponse().status == 200
        return time.time()

cold = time_of_response() - float(sys.argv[1])
begin = time.time()
print(cold, time_of_response() - begin)
"""
SERVE = """
import sys
from docker_registry_sdk.testing import EmbeddedRegistry
with EmbeddedRegistry(storage=sys.argv[1]) as registry:
    print(registry.url, flush=True)
    sys.stdin.read()
"""


def start_times(runs: int) -> tuple[float, float]:
    """Return the medians of a cold and a warm start, in seconds."""
    times: list[list[float]] = []
    for _ in range(runs + 1):
        command = [sys.executable, "-c", START, str(time.time())]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        times.append([float(word) for word in done.stdout.split()])
    del times[0]  # the first run writes the bytecode, and warms the file cache
    return median(cold for cold, _ in times), median(warm for _, warm in times)


@contextmanager
def serve() -> Iterator[tuple[str, int]]:
    """Run a registry with storage in a directory, and yield its URL and its process id."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-embedded-") as folder,
        subprocess.Popen(
            [sys.executable, "-c", SERVE, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdin is not None and server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server.pid
        finally:
            server.stdin.close()
            server.wait(timeout=30)


def peak(process: int) -> float:
    """Return the highest memory of a process so far, in MiB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def blocks(size: int) -> Iterator[bytes]:
    """Yield a blob of this size in MiB, 1 MiB at a time."""
    for number in range(size):
        yield number.to_bytes(4, "big") + BLOCK[4:]


def digest_of(size: int) -> str:
    """Return the digest of the blob of this size in MiB."""
    hasher = hashlib.sha256()
    for block in blocks(size):
        hasher.update(block)
    return f"sha256:{hasher.hexdigest()}"


def large_blob(size: int) -> bool:
    """Push and pull a blob of this size in MiB, print the memory that was added, and return whether it is within the limit."""
    digest = digest_of(size)
    added: list[float] = []
    with serve() as (url, process), httpx.Client(base_url=url, timeout=120) as client:
        location = client.post("/v2/bench/blobs/uploads/").headers["location"]
        client.get("/v2/")
        idle = peak(process)
        begin = time.perf_counter()
        assert client.patch(location, content=blocks(size)).status_code == 202
        assert client.put(location, params={"digest": digest}).status_code == 201
        added.append(peak(process) - idle)
        report(
            f"{size} MiB in", f"{added[-1]:.1f} MiB", f"{MEMORY_BAR:.0f} MiB", f"{size / (time.perf_counter() - begin):.0f} MiB/s"
        )
        begin, hasher = time.perf_counter(), hashlib.sha256()
        with client.stream("GET", f"/v2/bench/blobs/{digest}") as response:
            for piece in response.iter_raw():
                hasher.update(piece)
        assert digest == f"sha256:{hasher.hexdigest()}"
        added.append(peak(process) - idle)
        report(
            f"{size} MiB out",
            f"{added[-1]:.1f} MiB",
            f"{MEMORY_BAR:.0f} MiB",
            f"{size / (time.perf_counter() - begin):.0f} MiB/s",
        )
    return max(added) < MEMORY_BAR


async def pull_all(url: str, digest: str) -> tuple[int, float]:
    """Pull a blob many times at once; return how many pulls failed, and how many seconds all of them took."""
    begun, all_begun = 0, asyncio.Event()
    limits = httpx.Limits(max_connections=PULLS)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:

        async def pull() -> bool:
            nonlocal begun
            hasher = hashlib.sha256()
            async with client.stream("GET", f"/v2/bench/blobs/{digest}") as response:
                begun += 1
                if begun == PULLS:
                    all_begun.set()
                await asyncio.wait_for(all_begun.wait(), 60)
                async for piece in response.aiter_raw():
                    hasher.update(piece)
            return response.status_code == 200 and digest == f"sha256:{hasher.hexdigest()}"

        begin = time.perf_counter()
        outcomes = await asyncio.gather(*(pull() for _ in range(PULLS)), return_exceptions=True)
        return sum(outcome is not True for outcome in outcomes), time.perf_counter() - begin


def concurrent_pulls() -> bool:
    """Pull many times at once, print the result, and return whether all pulls succeeded."""
    digest = digest_of(1)
    with serve() as (url, process):
        pushed = httpx.post(f"{url}/v2/bench/blobs/uploads/", params={"digest": digest}, content=b"".join(blocks(1)))
        assert pushed.status_code == 201
        idle = peak(process)
        failed, seconds = asyncio.run(pull_all(url, digest))
        report(f"{PULLS} pulls at once", f"{failed} errors", "0 errors", f"{seconds:.2f} s, {peak(process) - idle:.1f} MiB added")
    return failed == 0


def report(label: str, value: str, bar: str, note: str = "") -> None:
    """Print a line of the table."""
    print(f"{label:<20} {value:>10} {bar:>10}   {note}", flush=True)


def main(size: int) -> int:
    """Print the table and return the exit status."""
    runs = 7
    report("", "measured", "bar")
    cold, warm = start_times(runs)
    report("start, cold", f"{cold * 1000:.1f} ms", f"{START_BAR * 1000:.0f} ms", f"median of {runs}")
    report("start, warm", f"{warm * 1000:.1f} ms", f"{START_BAR * 1000:.0f} ms", f"median of {runs}")
    good = [max(cold, warm) < START_BAR, large_blob(size), concurrent_pulls()]
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1024))
