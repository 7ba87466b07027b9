"""The Python library python-dxf, as a program that does one transfer and prints how many seconds the call took.

It runs in the environment of the peers.

python dxf_peer.py download HOST REPO DIGEST FILE
python dxf_peer.py upload HOST REPO FILE
"""

from __future__ import annotations

import sys
from time import perf_counter

from dxf import DXF  # type: ignore[import-not-found]

if __name__ == "__main__":
    task, host, repo, *rest = sys.argv[1:]
    started = perf_counter()
    with DXF(host, repo, insecure=True) as registry:
        if task == "download":
            digest, path = rest
            with open(path, "wb") as file:
                for chunk in registry.pull_blob(digest):
                    file.write(chunk)
        else:
            registry.push_blob(rest[0])
    print(perf_counter() - started)
