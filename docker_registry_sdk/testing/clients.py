"""The methods of `EmbeddedRegistry` that add images, and that open clients which are logged in.

The methods import the code of images and clients when they are called, since many tests need only the server.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import docker_registry_sdk as sdk
from docker_registry_sdk import testing
from docker_registry_sdk.reference import RepoRef, parse_repo_and_ref
from docker_registry_sdk.testing.storage.base import RegistryStorage

CLOSE_SECONDS = 5.0
"""The maximum time to wait until an async client is closed that belongs to the event loop of another thread."""

_ANY_HOST = "registry.invalid"


class ConnectOptions(TypedDict, total=False):
    """The options with which a client connects and logs in to a registry: arguments of `RegistryClientV2`."""

    username: str
    password: str
    ca_file: Path
    client_cert: Path
    trusted_realms: list[str]


class RegistryClients(ABC):
    """The base class of `EmbeddedRegistry`, with the methods that add images and open clients."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: sdk.RegistryClientV2 | None = None
        self._shared_async: dict[asyncio.AbstractEventLoop | None, sdk.AsyncRegistryClientV2] = {}
        self._opened: list[sdk.RegistryClientV2] = []
        self._opened_async: list[tuple[asyncio.AbstractEventLoop | None, sdk.AsyncRegistryClientV2]] = []

    @property
    @abstractmethod
    def host(self) -> str:
        """Return the host and the port. Raise a RuntimeError if the registry is not running."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the root URL. Raise a RuntimeError if the registry is not running."""

    @property
    @abstractmethod
    def storage(self) -> RegistryStorage:
        """Return the storage of the content."""

    @abstractmethod
    def _connect_options(self) -> ConnectOptions:
        """Return the options with which a client connects and logs in to the registry."""

    def add_image(
        self,
        ref: str,
        *,
        files: Mapping[str, bytes | str] | None = None,
        platforms: Sequence[str | sdk.Platform] = (),
        labels: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        cmd: Sequence[str] = (),
        annotations: Mapping[str, str] | None = None,
        image_format: testing.ImageFormat = "oci",
        subject: sdk.Descriptor | None = None,
        artifact_type: str | None = None,
    ) -> sdk.Descriptor:
        """Store an image with one layer in the registry. No request is sent, and the registry need not run.

            registry.add_image("library/app:1", files={"etc/motd": "hello"}, platforms=["linux/amd64", "linux/arm64"])

        The same arguments always result in the same digests, on all machines. The layer is in the gzip format, but not
        compressed.

        Args:
            ref: The repository and the tag, such as `library/app:1`. Without a tag, the tag is `latest`; but if `subject` is
                given, the image gets no tag.
            files: The content of each file of the layer, by path, such as `etc/motd`. A text is encoded in UTF-8. None means that
                the layer is an empty archive.
            platforms: The platforms, such as `linux/arm64/v8`. Several platforms result in an index, with an image for each
                platform. The images share the layer. Without a platform, the image is for `linux/amd64`.
            labels: The labels in the config. None means that there are no labels.
            env: The values of environment variables in the config, by name. None means that there are no variables.
            cmd: The command in the config, as a sequence of texts.
            annotations: The annotations of the manifest, or of the index if there are several platforms. None means that there
                are no annotations.
            image_format: `oci`, or `docker` for Docker's image manifest version 2, schema 2.
            subject: The descriptor of the manifest to which the image refers, for example a result of an earlier call. The image
                is then listed as a referrer of this manifest. None means that the image has no subject. A fallback tag for
                registries that do not support the referrers API is not written.
            artifact_type: The artifact type, such as `application/spdx+json`. None means that the image has no artifact type.

        Returns:
            The descriptor of the manifest, or of the index if there are several platforms.

        Raises:
            InvalidPlatformError: A platform is malformed.
            InvalidReferenceError: `ref` is malformed.
            TypeError: `platforms` or `cmd` is a text instead of a sequence, or `files` is not a mapping.
            ValueError: `ref` contains a digest, the path of a file is invalid, or `image_format` is unknown.
        """
        from docker_registry_sdk.testing.images import ImageContent, store_image

        target = self._parse(ref)
        if target.digest is not None:
            raise ValueError(f"{ref!r} contains a digest, which the registry computes; write only the repository and the tag")
        has_tag = ":" in ref.rpartition("/")[2]
        content = ImageContent(
            files=files or {},
            platforms=platforms,
            labels=labels or {},
            env=env or {},
            cmd=cmd,
            annotations=annotations or {},
            image_format=image_format,
            subject=subject,
            artifact_type=artifact_type,
        )
        tag = target.tag if has_tag or subject is None else None
        return store_image(self.storage, target.remote_name, tag, content)

    def client(self, name: str | None = None) -> sdk.RegistryClientV2:
        """Return a new client of the registry, which is logged in as the user of the registry and trusts its certificate.

        The registry closes the client when the registry stops. The client may also be closed before.

        Args:
            name: The repository, such as `library/app`. None returns a client that is bound to no repository.

        Raises:
            InvalidReferenceError: `name` is malformed.
            RuntimeError: The registry is not running.
        """
        client = sdk.RegistryClientV2(
            None if name is None else f"{self.url}/{name}", registry=self._registry(name), **self._connect_options()
        )
        with self._lock:
            self._opened.append(client)
        return client

    def repository(self, name: str) -> sdk.Repository:
        """Return a repository of a client that is logged in as the user of the registry and trusts its certificate.

        All repositories that this method returns share one client, which the registry closes when the registry stops.

        Args:
            name: The repository, such as `library/app`.

        Raises:
            InvalidReferenceError: `name` is malformed.
            RuntimeError: The registry is not running.
        """
        shared = self._shared or self.client()
        with self._lock:
            self._shared = shared = self._shared or shared
        return shared.repository(name)

    def ref(self, ref: str) -> sdk.ManifestRef:
        """Return a reference to a manifest, which functions such as `images.copy` accept as source and target.

        Args:
            ref: The repository with a tag or a digest, such as `library/app:1`. Without both, the tag is `latest`.

        Raises:
            InvalidReferenceError: `ref` is malformed.
            RuntimeError: The registry is not running.
        """
        target = self._parse(ref)
        return self.repository(target.remote_name).ref(_tag_and_digest(target))

    def async_client(self, name: str | None = None) -> sdk.AsyncRegistryClientV2:
        """Return a new async client of the registry, which is logged in as the user of the registry and trusts its certificate.

        Call this method in the event loop that uses the client. If this loop still exists when the registry stops, the registry
        closes the client. The client may also be closed before, for example by `async with`.

        Args:
            name: The repository, such as `library/app`. None returns a client that is bound to no repository.

        Raises:
            InvalidReferenceError: `name` is malformed.
            RuntimeError: The registry is not running.
        """
        client = sdk.AsyncRegistryClientV2(
            None if name is None else f"{self.url}/{name}", registry=self._registry(name), **self._connect_options()
        )
        with self._lock:
            self._opened_async.append((_running_loop(), client))
        return client

    def async_repository(self, name: str) -> sdk.AsyncRepository:
        """Return a repository of an async client that is logged in as the user of the registry and trusts its certificate.

        All repositories that this method returns in one event loop share one client. If this loop still exists when the registry
        stops, the registry closes the client.

        Args:
            name: The repository, such as `library/app`.

        Raises:
            InvalidReferenceError: `name` is malformed.
            RuntimeError: The registry is not running.
        """
        loop = _running_loop()
        shared = self._shared_async.get(loop) or self.async_client()
        self._shared_async[loop] = shared
        return shared.repository(name)

    def async_ref(self, ref: str) -> sdk.AsyncManifestRef:
        """Return a reference to a manifest, which functions such as `images.async_copy` accept as source and target.

        Args:
            ref: The repository with a tag or a digest, such as `library/app:1`. Without both, the tag is `latest`.

        Raises:
            InvalidReferenceError: `ref` is malformed.
            RuntimeError: The registry is not running.
        """
        target = self._parse(ref)
        return self.async_repository(target.remote_name).ref(_tag_and_digest(target))

    def _close_clients(self) -> None:
        """Close all clients, also async clients if it is possible to close them in their event loops."""
        for client in self._take_clients():
            client.close()
        for loop, async_client in self._take_async_clients():
            _close_in_loop(loop, async_client)

    async def _aclose_clients(self) -> None:
        """Close all clients. An async client of another event loop is closed if this is possible in that loop."""
        for loop, async_client in self._take_async_clients():
            if loop is None or loop is asyncio.get_running_loop():
                await async_client.aclose()
            else:
                await asyncio.to_thread(_close_in_loop, loop, async_client)

    def _take_clients(self) -> list[sdk.RegistryClientV2]:
        with self._lock:
            opened, self._opened, self._shared = self._opened, [], None
        return opened

    def _take_async_clients(self) -> list[tuple[asyncio.AbstractEventLoop | None, sdk.AsyncRegistryClientV2]]:
        with self._lock:
            opened, self._opened_async, self._shared_async = self._opened_async, [], {}
        return opened

    def _registry(self, name: str | None) -> str | None:
        return self.url if name is None else None

    def _parse(self, ref: str) -> RepoRef:
        return parse_repo_and_ref(f"{_ANY_HOST}/{ref}")


def _tag_and_digest(target: RepoRef) -> str:
    return "@".join(part for part in (target.tag, target.digest) if part is not None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _close_in_loop(loop: asyncio.AbstractEventLoop | None, client: sdk.AsyncRegistryClientV2) -> None:
    """Close an async client in the event loop in which the client was created, unless that loop is closed.

    Args:
        loop: The event loop. If it is None, since the client was created outside of an event loop, do nothing.
        client: The client.
    """
    if loop is None or loop.is_closed():
        return
    current = _running_loop()
    if loop is current:
        loop.create_task(client.aclose())
    elif loop.is_running():
        asyncio.run_coroutine_threadsafe(client.aclose(), loop).result(CLOSE_SECONDS)
    elif current is None:
        loop.run_until_complete(client.aclose())
