"""Images of API v1, the hosts that they are pushed to, and pushes, pulls and deletions with generated functions only."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal, Protocol, TypeAlias

import httpx
from attrs import frozen

from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from docker_registry_sdk.v1.api import (
    delete_repo,
    get_img_ancestry,
    get_img_json,
    get_img_layer_stream,
    list_repo_imgs,
    list_repo_tags,
    put_img_checksum,
    put_img_json,
    put_img_layer,
    put_repo,
    put_repo_imgs,
    put_repo_tag,
)
from docker_registry_sdk.v1.models import RepoImg
from tests.support.transports import ValidatingTransport
from tests.support.validation import Exchanges

Arrangement: TypeAlias = Literal["standalone", "one host, tokens", "one host, cookies", "two hosts, tokens", "two hosts, cookies"]


@frozen
class Image:
    """An image of API v1.

    Attributes:
        id: Its id.
        json: The bytes of its JSON document.
        layer: Its layer.
    """

    id: str
    json: bytes
    layer: bytes

    @property
    def checksum(self) -> str:
        """The checksum of the JSON document and the layer."""
        digest = hashlib.sha256(self.json + b"\n" + self.layer)
        return f"sha256:{digest.hexdigest()}"


def make_image(digit: str, parent: Image | None = None, layer: bytes | None = None) -> Image:
    """Return an image whose id is one hexadecimal digit, 64 times.

    Args:
        digit: The digit.
        parent: The parent, if it has one.
        layer: The layer; a tar with one file when it is not given.
    """
    document = {"id": digit * 64, "created": "2014-05-06T07:08:09.123456789Z", "config": {"Cmd": ["/greet"], "Env": ["A=b"]}}
    if parent is not None:
        document["parent"] = parent.id
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo(f"./file-{digit}")
        entry.size = 6
        tar.addfile(entry, io.BytesIO(b"hello\n"))
    return Image(digit * 64, json.dumps(document, indent=1).encode(), plain.getvalue() if layer is None else layer)


BASE = make_image("a")
TOP = make_image("b", BASE)


class Session(Protocol):
    """A response that begins a session."""

    @property
    def x_docker_token(self) -> str | None:
        """The token."""
        ...


@frozen
class Hosts:
    """An index and a registry, on one host or on two, with a client for each.

    Attributes:
        arrangement: The hosts, and whether sessions use tokens or cookies.
        index: The client of the index, without credentials.
        registry: The client of the registry.
        endpoint: The expected value of X-Docker-Endpoints.
    """

    arrangement: Arrangement
    index: httpx.Client
    registry: httpx.Client
    endpoint: str

    @property
    def standalone(self) -> bool:
        """Whether the registry ignores tokens."""
        return self.arrangement == "standalone"

    def use(self, session: Session) -> None:
        """Send the token of a session to the registry, until the registry sets a cookie."""
        assert session.x_docker_token is not None
        self.registry.headers["Authorization"] = f"Token {session.x_docker_token.removeprefix('Token ')}"


@contextmanager
def serve(arrangement: Arrangement, exchanges: Exchanges) -> Iterator[Hosts]:
    """Run the hosts until the context ends.

    Args:
        arrangement: The hosts to run.
        exchanges: The record of the exchanges.
    """
    cookies = arrangement.endswith("cookies")
    with ExitStack() as stack:
        if arrangement.startswith("two hosts"):
            index = stack.enter_context(EmbeddedRegistry(v1=V1Settings(role="index", cookies=cookies)))
            settings = V1Settings(role="registry", cookies=cookies)
            registry = stack.enter_context(EmbeddedRegistry(v1=settings, index=index))
        else:
            role: Literal["standalone", "both"] = "standalone" if arrangement == "standalone" else "both"
            index = registry = stack.enter_context(EmbeddedRegistry(v1=V1Settings(role=role, cookies=cookies)))

        def client(url: str) -> httpx.Client:
            transport = ValidatingTransport(httpx.HTTPTransport(), exchanges)
            return stack.enter_context(httpx.Client(base_url=url, transport=transport))

        hosts = Hosts(arrangement, client(index.url), client(registry.url), registry.host)

        def forget_the_token(response: httpx.Response) -> None:
            if "set-cookie" in response.headers:
                del hosts.registry.headers["Authorization"]

        hosts.registry.event_hooks = {"response": [forget_the_token]}
        yield hosts


def push_image(registry: httpx.Client, image: Image) -> None:
    """Push an image to a registry in the right order."""
    put_img_json.sync(registry, image.id, image.json)
    put_img_layer.sync(registry, image.id, [image.layer[:100], image.layer[100:]])
    put_img_checksum.sync(registry, image.id, x_docker_checksum_payload=image.checksum)


def push_repository(hosts: Hosts, repo: str) -> None:
    """Push TOP with its parent under the tag `latest`."""
    session = put_repo.sync(hosts.index, repo, [RepoImg(id=one.id) for one in (BASE, TOP)], x_docker_token=True)
    assert session.x_docker_endpoints == hosts.endpoint
    hosts.use(session)
    for image in (BASE, TOP):
        push_image(hosts.registry, image)
    put_repo_tag.sync(hosts.registry, repo, "latest", TOP.id)
    images = [RepoImg(id=one.id, checksum=one.checksum) for one in (BASE, TOP)]
    assert put_repo_imgs.sync(hosts.index, repo, images, x_docker_endpoints=hosts.endpoint).status == 204


def pull_repository(hosts: Hosts, repo: str) -> None:
    """Pull the repository, and check that it equals what `push_repository` pushed."""
    session = list_repo_imgs.sync(hosts.index, repo, x_docker_token=True)
    assert session.x_docker_endpoints == hosts.endpoint
    assert {one.id: one.checksum for one in session.body} == {one.id: one.checksum for one in (BASE, TOP)}
    hosts.use(session)
    tags = list_repo_tags.sync(hosts.registry, repo).body
    assert tags == {"latest": TOP.id}
    ancestry = get_img_ancestry.sync(hosts.registry, TOP.id).body
    assert ancestry == [TOP.id, BASE.id]
    for image_id, image in zip(ancestry, (TOP, BASE), strict=True):
        described = get_img_json.sync(hosts.registry, image_id)
        assert described.raw == image.json
        assert (described.body.id, described.body.parent) == (image.id, BASE.id if image is TOP else None)
        assert described.body.created is not None
        assert described.body.created.isoformat() == "2014-05-06T07:08:09.123456+00:00"
        assert (described.x_docker_size, described.x_docker_checksum_payload) == (len(image.layer), image.checksum)
        whole = get_img_layer_stream.sync(hosts.registry, image_id)
        assert isinstance(whole, get_img_layer_stream.GetImgLayerStreamOk)
        assert whole.body == image.layer


def delete_repository(hosts: Hosts, repo: str) -> None:
    """Delete a repository: in one call from a standalone registry, in three from an index and its registry."""
    begun = delete_repo.sync(hosts.index, repo, x_docker_token=True)
    if hosts.standalone:
        assert begun.status == 200
        return
    assert (begun.status, begun.x_docker_endpoints) == (202, hosts.endpoint)
    hosts.use(begun)
    assert delete_repo.sync(hosts.registry, repo).status == 200
    assert delete_repo.sync(hosts.index, repo, x_docker_endpoints=hosts.endpoint).status == 200
