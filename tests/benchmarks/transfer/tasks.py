"""The tasks: preparation of a run and verification of its outcome, neither of which is timed."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from docker_registry_sdk import RegistryClientV2
from tests.benchmarks.transfer.content import BLOB_SIZE, digest_of_file, push_image, write_random
from tests.benchmarks.transfer.tools import COPY, DOWNLOAD, UPLOAD, Job, Tool
from tests.support.docker_registry import DockerRegistry


class WrongOutcomeError(Exception):
    """A tool reported success, but the outcome is wrong."""


class Task(Protocol):
    """A task for the compared tools."""

    @property
    def name(self) -> str:
        """The name of the task."""
        ...

    @property
    def tools(self) -> Sequence[Tool]:
        """The compared tools."""
        ...

    def job(self) -> AbstractContextManager[Job]:
        """Yield a job; on exit, verify its outcome and remove the files that it wrote.

        Raises:
            WrongOutcomeError: The outcome is wrong.
        """
        ...


class Download:
    """A blob of 400 MiB to a file.

    Args:
        source: The registry with the content.
        folder: The folder of the file.
    """

    name = "download"
    tools = DOWNLOAD

    def __init__(self, source: DockerRegistry, folder: Path) -> None:
        self._path = folder / "downloaded"
        blob = folder / "blob"
        self._digest = write_random(blob, BLOB_SIZE, seed=0)
        with RegistryClientV2(f"{source.url}/bench/blob") as client:
            client.blob_upload(blob)
        blob.unlink()
        self._host = _host(source)

    @contextmanager
    def job(self) -> Iterator[Job]:
        """Yield a job."""
        try:
            yield Job(self._host, "bench/blob", self._digest, self._path)
            if not self._path.exists() or digest_of_file(self._path) != self._digest:
                raise WrongOutcomeError("the file is not the blob")
        finally:
            self._path.unlink(missing_ok=True)


class Upload:
    """A file of 400 MiB to an empty registry, each time to another repository.

    Args:
        target: The registry to upload to.
        folder: The folder of the file.
    """

    name = "upload"
    tools = UPLOAD

    def __init__(self, target: DockerRegistry, folder: Path) -> None:
        self._path = folder / "blob"
        self._digest = write_random(self._path, BLOB_SIZE, seed=0)
        self._target = target
        self._numbers = itertools.count()

    @contextmanager
    def job(self) -> Iterator[Job]:
        """Yield a job."""
        repo = f"bench/upload-{next(self._numbers)}"
        try:
            yield Job(_host(self._target), repo, self._digest, self._path)
            _verify_blob(self._target, repo, self._digest)
        finally:
            _empty(self._target)


class Copy:
    """An image of eight layers of 50 MiB from one registry to another, empty one, each time to another repository.

    Args:
        source: The registry with the content.
        target: The registry to upload to.
        folder: The folder for making the layers.
        home: The folder that is HOME of the tools.
    """

    name = "copy"
    tools = COPY

    def __init__(self, source: DockerRegistry, target: DockerRegistry, folder: Path, home: Path) -> None:
        self._source, self._target, self._home = source, target, home
        self._numbers = itertools.count()
        with RegistryClientV2(f"{source.url}/bench/image") as client:
            self._manifest = push_image(client, folder)

    @contextmanager
    def job(self) -> Iterator[Job]:
        """Yield a job."""
        repo = f"bench/copy-{next(self._numbers)}"
        _forget_blobs(self._home)
        try:
            yield Job(_host(self._source), "bench/image", target_host=_host(self._target), target_repo=repo)
            accept = {"Accept": json.loads(self._manifest)["mediaType"]}
            response = httpx.get(f"{self._target.url}/v2/{repo}/manifests/latest", headers=accept)
            if response.content != self._manifest:
                raise WrongOutcomeError(f"the target has another manifest, or none: {response.status_code}")
            manifest: dict[str, Any] = json.loads(self._manifest)
            for descriptor in (manifest["config"], *manifest["layers"]):
                _verify_blob(self._target, repo, descriptor["digest"])
        finally:
            _empty(self._target)


def _host(registry: DockerRegistry) -> str:
    return urlsplit(registry.url).netloc


def _verify_blob(registry: DockerRegistry, repo: str, digest: str) -> None:
    hashed = hashlib.sha256()
    with httpx.stream("GET", f"{registry.url}/v2/{repo}/blobs/{digest}", timeout=60) as response:
        for chunk in response.iter_raw():
            hashed.update(chunk)
    if f"sha256:{hashed.hexdigest()}" != digest:
        raise WrongOutcomeError(f"the registry does not serve {digest}: {response.status_code}")


def _empty(registry: DockerRegistry) -> None:
    """Remove what a registry without caches stores; it looks into its folder at each request."""
    shutil.rmtree(registry.storage / "docker", ignore_errors=True)


def _forget_blobs(home: Path) -> None:
    """Remove skopeo's memory of which registry has which blob: as root it has one for the whole machine."""
    for parent in (home, Path("/var/lib")):
        for cache in parent.glob("containers/cache/blob-info-cache-v1.*"):
            cache.unlink(missing_ok=True)
