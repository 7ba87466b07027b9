"""How much memory a streamed download adds to the process, sync and async.

    .venv/bin/python tests/benchmarks/bench_memory.py [MiB to download]

A server in another process sends zeros over loopback. The client, in a fresh interpreter, notes its peak when it has
imported all and made its client, downloads a blob through `stream` or `asyncio_stream`, and notes its peak again. Exits
with 1 when the difference reaches BAR.
"""

from __future__ import annotations

import asyncio
import resource
import socketserver
import subprocess
import sys
import time
from pathlib import Path

import httpx

from docker_registry_sdk.v2.api.blobs import create_blob_read_stream

MIB = 1024 * 1024
BAR = 16.0
NAME, DIGEST = "library/zeros", f"sha256:{0:064}"


class Zeros(socketserver.StreamRequestHandler):
    """Answers each request on a connection with zeros."""

    size = 0

    def handle(self) -> None:
        """Serve one connection."""
        block = bytes(MIB)
        while self.rfile.readline().strip():
            while self.rfile.readline().strip():
                pass
            headers = f"Content-Type: application/octet-stream\r\nContent-Length: {self.size * MIB}\r\n"
            self.wfile.write(f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode())
            for _ in range(self.size):
                self.wfile.write(block)


def serve(size: int) -> None:
    """Serve blobs of so many MiB until the process ends; the port is printed first."""
    Zeros.size = size
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Zeros) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


def peak() -> float:
    """Return the highest memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage starts from the peak of the parent there
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / MIB if sys.platform == "darwin" else used / 1024


def download(url: str) -> tuple[float, int]:
    """Return the peak before a sync download, and the bytes that came."""
    with httpx.Client(base_url=url, timeout=60) as client:
        before = peak()
        with create_blob_read_stream.stream(client, NAME, DIGEST) as blob:
            return before, sum(len(part) for part in blob.body)


async def async_download(url: str) -> tuple[float, int]:
    """Return the peak before an async download, and the bytes that came."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        before, count = peak(), 0
        async with create_blob_read_stream.asyncio_stream(client, NAME, DIGEST) as blob:
            async for part in blob.body:
                count += len(part)
        return before, count


def client(kind: str, url: str) -> None:
    """Download once and print the peaks before and after, and the bytes that came."""
    before, count = download(url) if kind == "sync" else asyncio.run(async_download(url))
    print(before, peak(), count)


def main(size: int) -> int:
    """Print the table and return the exit status."""
    here = [sys.executable, __file__]
    added: list[float] = []
    print(f"{size} MiB streamed {'idle':>8} {'peak':>8} {'added':>8} {'speed':>12}   (bar {BAR:.0f} MiB added)")
    with subprocess.Popen([*here, "serve", str(size)], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            for kind in ("sync", "async"):
                start = time.perf_counter()
                done = subprocess.run([*here, kind, url], capture_output=True, text=True, check=True)
                speed = size / (time.perf_counter() - start)
                before, after, count = (float(word) for word in done.stdout.split())
                if count != size * MIB:
                    raise SystemExit(f"{kind}: {count:.0f} bytes came of {size * MIB}")
                added.append(after - before)
                print(f"{kind:<17} {before:8.1f} {after:8.1f} {after - before:8.1f} {speed:6.0f} MiB/s")
        finally:
            server.terminate()
    return int(max(added) >= BAR)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", size]:
            serve(int(size))
        case ["sync" | "async" as kind, url]:
            client(kind, url)
        case options:
            sys.exit(main(int(options[0]) if options else 1024))
