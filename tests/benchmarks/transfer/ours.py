"""Our tool, as a program that does one transfer and prints how many seconds the call took.

python -m tests.benchmarks.transfer.ours download REPO DIGEST FILE
python -m tests.benchmarks.transfer.ours upload REPO FILE [DIGEST]
python -m tests.benchmarks.transfer.ours copy SOURCE TARGET
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

from docker_registry_sdk import RegistryClientV2, create_client, images


def download(repo: str, digest: str, path: str) -> None:
    """Download a blob to a file."""
    with create_client(repo) as client:
        assert client.version == 2
        client.download_blob(digest, path)


def upload(repo: str, path: str, digest: str | None = None) -> None:
    """Upload a file."""
    with create_client(repo) as client:
        assert client.version == 2
        client.blob_upload(Path(path), digest=digest)


if __name__ == "__main__":
    # Names are imported lazily, httpx and httpcore with the first client; this one is thrown away.
    RegistryClientV2("http://localhost/unused").close()
    copy = images.copy
    started = perf_counter()
    match sys.argv[1:]:
        case ["download", repo, digest, path]:
            download(repo, digest, path)
        case ["upload", repo, path]:
            upload(repo, path)
        case ["upload", repo, path, digest]:
            upload(repo, path, digest)
        case ["copy", source, target]:
            copy(source, target)
        case _:
            sys.exit(__doc__)
    print(perf_counter() - started)
