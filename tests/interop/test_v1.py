"""API v1 of the embedded registry with generated functions only: standalone, and with an index on the same or another host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import httpx
import pytest

from docker_registry_sdk.errors import (
    NotFoundError,
    RedirectError,
    StatusError,
    TransportError,
    UnauthorizedError,
)
from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from docker_registry_sdk.v1.api import (
    check_login,
    create_user,
    delete_repo_imgs,
    delete_repo_tag,
    delete_repo_tags,
    get_img_diff,
    get_img_files,
    get_img_id,
    get_img_layer_stream,
    get_repo_json,
    get_repo_properties,
    get_repo_tag_json,
    list_repo_imgs,
    list_repo_tags,
    ping,
    put_repo,
    put_repo_auth,
    put_repo_properties,
    put_repo_tag,
    search,
    update_user,
)
from docker_registry_sdk.v1.models import NewUser, RepoImg, RepoJson, RepoProperties, SearchResult, UserChange
from docker_registry_sdk.v1.operations import OPERATIONS
from tests.support.transports import AsyncValidatingTransport, ValidatingTransport
from tests.support.v1 import (
    BASE,
    TOP,
    Arrangement,
    Hosts,
    delete_repository,
    make_image,
    pull_repository,
    push_image,
    push_repository,
    serve,
)
from tests.support.validation import Exchanges

REPO = "team/app"


@pytest.fixture
def specification() -> str:
    return "registry-v1.yaml"


@pytest.fixture(params=get_args(Arrangement))
def hosts(request: pytest.FixtureRequest, exchanges: Exchanges) -> Iterator[Hosts]:
    """An index and a registry in every arrangement."""
    with serve(request.param, exchanges) as hosts:
        yield hosts


@pytest.fixture
def standalone_hosts(exchanges: Exchanges) -> Iterator[Hosts]:
    """A standalone registry."""
    with serve("standalone", exchanges) as hosts:
        yield hosts


def read_everything_else(hosts: Hosts) -> None:
    """Call the read operations that a pull does not use."""
    for client in (hosts.index, hosts.registry):
        assert ping.sync(client).x_docker_registry_standalone == str(hosts.standalone)
    assert search.sync(hosts.index, q="app").body.results == [SearchResult(name=REPO, description="")]
    hosts.use(list_repo_imgs.sync(hosts.index, REPO, x_docker_token=True))
    assert get_img_id.sync(hosts.registry, REPO, "latest").body == TOP.id
    assert get_repo_json.sync(hosts.registry, REPO).body.last_update is not None
    assert get_repo_tag_json.sync(hosts.registry, REPO, "none").body == RepoJson(arch="amd64", os="linux")
    assert get_repo_properties.sync(hosts.registry, REPO).body.access == "public"
    ((path, kind, deleted, size, *_),) = get_img_files.sync(hosts.registry, TOP.id).body
    assert (path, kind, deleted, size) == ("/file-b", "f", False, 6)
    assert get_img_diff.sync(hosts.registry, TOP.id).body is None  # not computed yet
    changes = get_img_diff.sync(hosts.registry, TOP.id).body
    assert changes is not None
    assert list(changes.created or ()) == ["/file-b"]
    assert (changes.changed, changes.deleted) == ({}, {})


def use_accounts(hosts: Hosts) -> None:
    """Call the operations for users of an index, which accepts every user here."""
    assert create_user.sync(hosts.index, NewUser(username="alice", password="secret")).status == 201
    assert check_login.sync(hosts.index).status == 200
    assert update_user.sync(hosts.index, "alice", UserChange(password="another")).status == 204


def make_private(hosts: Hosts) -> None:
    """Change the properties, and check the change."""
    hosts.use(put_repo.sync(hosts.index, REPO, [RepoImg(id=TOP.id)], x_docker_token=True))
    put_repo_properties.sync(hosts.registry, REPO, RepoProperties(access="private"))
    hosts.use(list_repo_imgs.sync(hosts.index, REPO, x_docker_token=True))
    assert get_repo_properties.sync(hosts.registry, REPO).body.access == "private"


def verify_token_at_index(hosts: Hosts) -> None:
    """Let the index verify a token, as a registry on another host does."""
    token = list_repo_imgs.sync(hosts.index, REPO, x_docker_token=True).x_docker_token
    assert token is not None
    hosts.index.headers["Authorization"] = f"Token {token.removeprefix('Token ')}"
    assert put_repo_auth.sync(hosts.index, REPO).status == 200
    del hosts.index.headers["Authorization"]


def delete_tags(hosts: Hosts) -> None:
    """Delete one tag, and then all of them."""
    session = delete_repo_imgs.sync(hosts.index, REPO, x_docker_token=True)
    assert session.status == 204
    hosts.use(session)
    assert delete_repo_tag.sync(hosts.registry, REPO, "latest").status == 200
    with pytest.raises(StatusError):
        delete_repo_tag.sync(hosts.registry, REPO, "latest")
    assert delete_repo_tags.sync(hosts.registry, REPO).status == 200


def test_push_and_pull(hosts: Hosts) -> None:
    push_repository(hosts, REPO)
    pull_repository(hosts, REPO)


def test_deletion(hosts: Hosts) -> None:
    push_repository(hosts, REPO)
    delete_repository(hosts, REPO)
    with pytest.raises(NotFoundError):
        list_repo_imgs.sync(hosts.index, REPO)
    with pytest.raises((NotFoundError, UnauthorizedError)):
        list_repo_tags.sync(hosts.registry, REPO)


def test_every_operation_succeeds(hosts: Hosts, exchanges: Exchanges) -> None:
    push_repository(hosts, REPO)
    pull_repository(hosts, REPO)
    read_everything_else(hosts)
    use_accounts(hosts)
    make_private(hosts)
    verify_token_at_index(hosts)
    delete_tags(hosts)
    put_repo.sync(hosts.index, "team/other", [])
    delete_repository(hosts, "team/other")
    assert {name for name, status in exchanges.operations if status < 300} == {one.id for one in OPERATIONS}


def test_a_name_of_three_parts(hosts: Hosts) -> None:
    push_repository(hosts, "team/app/server")
    pull_repository(hosts, "team/app/server")


def test_tags_of_a_repository_that_was_never_allocated(standalone_hosts: Hosts) -> None:
    push_image(standalone_hosts.registry, BASE)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            list_repo_tags.sync(standalone_hosts.registry, REPO)
        put_repo_tag.sync(standalone_hosts.registry, REPO, "latest", BASE.id)
        assert list_repo_tags.sync(standalone_hosts.registry, REPO).body == {"latest": BASE.id}
        delete_repo_tag.sync(standalone_hosts.registry, REPO, "latest")
    put_repo.sync(standalone_hosts.index, REPO, [])
    assert list_repo_tags.sync(standalone_hosts.registry, REPO).body == {}


def test_facts_about_a_push(standalone_hosts: Hosts) -> None:
    push_image(standalone_hosts.registry, BASE)
    standalone_hosts.registry.headers["User-Agent"] = "docker/1.6.2 go/go1.4.2 kernel/3.16.0 os/Linux arch/ARM"
    put_repo_tag.sync(standalone_hosts.registry, REPO, "latest", BASE.id)
    facts = get_repo_tag_json.sync(standalone_hosts.registry, REPO, "latest").body
    assert (facts.docker_version, facts.docker_go_version, facts.kernel) == ("1.6.2", "go1.4.2", "3.16.0")
    assert (facts.os, facts.arch) == ("linux", "arm")
    assert facts.last_update is not None
    assert get_repo_json.sync(standalone_hosts.registry, REPO).body == facts


def test_a_layer_streams(standalone_hosts: Hosts) -> None:
    image = make_image("c", layer=bytes(range(256)) * 4096)
    push_image(standalone_hosts.registry, image)
    with get_img_layer_stream.stream(standalone_hosts.registry, image.id) as layer:
        assert isinstance(layer, get_img_layer_stream.GetImgLayerStreamOk)
        assert layer.content_length == len(image.layer)
        assert b"".join(layer.body) == image.layer


@pytest.mark.anyio
@pytest.mark.parametrize("arrangement", get_args(Arrangement))
async def test_a_layer_streams_async(arrangement: Arrangement, exchanges: Exchanges) -> None:
    with serve(arrangement, exchanges) as hosts:
        push_repository(hosts, REPO)
        hosts.use(list_repo_imgs.sync(hosts.index, REPO, x_docker_token=True))
        transport = AsyncValidatingTransport(httpx.AsyncHTTPTransport(), exchanges)
        headers = {"Authorization": hosts.registry.headers["Authorization"]}
        async with (
            httpx.AsyncClient(base_url=hosts.registry.base_url, transport=transport, headers=headers) as client,
            get_img_layer_stream.asyncio_stream(client, TOP.id) as layer,
        ):
            assert b"".join([chunk async for chunk in layer.body]) == TOP.layer


def test_a_range(standalone_hosts: Hosts) -> None:
    push_image(standalone_hosts.registry, BASE)
    part = get_img_layer_stream.sync(standalone_hosts.registry, BASE.id, range="bytes=2-5")
    assert isinstance(part, get_img_layer_stream.GetImgLayerStreamPartialContent)
    assert (part.body, part.content_length) == (BASE.layer[2:6], 4)
    assert part.content_range == f"2-5/{len(BASE.layer)}"
    whole = get_img_layer_stream.sync(standalone_hosts.registry, BASE.id, range="bytes=-5")
    assert isinstance(whole, get_img_layer_stream.GetImgLayerStreamOk)


@pytest.mark.parametrize(
    ("layer", "requested", "promised"), [(BASE.layer, "bytes=9-", len(BASE.layer) - 8), (b"", "bytes=0-5", 6)]
)
def test_a_content_length_above_the_length_of_the_body(
    standalone_hosts: Hosts, layer: bytes, requested: str, promised: int
) -> None:
    image = make_image("c", layer=layer)
    push_image(standalone_hosts.registry, image)
    with get_img_layer_stream.stream(standalone_hosts.registry, image.id, range=requested) as part:
        assert part.content_length == promised
        got: list[bytes] = []
        with pytest.raises(TransportError):
            got.extend(part.body)
    assert b"".join(got) == layer[9:]


def test_a_redirect(exchanges: Exchanges) -> None:
    transport = ValidatingTransport(httpx.HTTPTransport(), exchanges)
    settings = V1Settings(layer_redirect=True)
    with EmbeddedRegistry(v1=settings) as registry, httpx.Client(base_url=registry.url, transport=transport) as client:
        push_image(client, BASE)
        for image in (BASE.id, TOP.id):
            with pytest.raises(RedirectError) as caught:
                get_img_layer_stream.sync(client, image)
            assert caught.value.headers["Location"].endswith("=…")  # the URL is signed
        # TOP does not exist.
        locations = [client.get(f"/v1/images/{image}/layer").headers["Location"] for image in (BASE.id, TOP.id)]
        assert httpx.get(locations[0], headers={"Range": "bytes=-9"}).content == BASE.layer[-9:]
        assert httpx.get(locations[1]).status_code == 404
