"""The Python library oras, as a program that does one transfer and prints how many seconds the call took.

It runs in the environment of the peers.

python oras_peer.py download HOST REPO DIGEST FILE
python oras_peer.py upload HOST REPO FILE
"""

from __future__ import annotations

import sys
from time import perf_counter

from oras.oci import NewLayer  # type: ignore[import-not-found]
from oras.provider import Registry  # type: ignore[import-not-found]

if __name__ == "__main__":
    task, host, repo, *rest = sys.argv[1:]
    started = perf_counter()
    registry = Registry(hostname=host, insecure=True)
    container = registry.get_container(f"{host}/{repo}")
    if task == "download":
        registry.download_blob(container, *rest)
    else:
        registry.upload_blob(rest[0], container, NewLayer(rest[0])).raise_for_status()
    print(perf_counter() - started)
