"""Each error of API v1 that the embedded registry can answer with, raised by generated functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal, TypeAlias

import httpx
import pytest

from docker_registry_sdk.errors import BadRequestError, BasicLoginError, StatusError
from docker_registry_sdk.testing import EmbeddedRegistry, V1Settings
from docker_registry_sdk.testing.storage.records import V1RepositoryRecord
from docker_registry_sdk.v1 import api
from docker_registry_sdk.v1.models import NewUser, RepoImg, RepoProperties, UserChange
from tests.support.transports import ValidatingTransport
from tests.support.v1 import BASE, TOP, make_image, push_image
from tests.support.validation import Exchanges, Specification

Host: TypeAlias = Literal["standalone", "tokens", "users", "index", "registry", "redirecting", "v2"]
Call: TypeAlias = Callable[[httpx.Client], object]

REPO = "team/app"
BAD = "te~am/app"  # no namespace is called so
EMPTY, UNKNOWN, LOST = make_image("c", layer=b""), make_image("d"), make_image("e")
OLD = {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}
ALICE, BOB = ("alice", "secret"), ("bob", "secret")
IMAGES = [RepoImg(id=BASE.id)]
NEW_USER = NewUser(username="carol", password="secret")
PRIVATE = RepoProperties(access="private")

OF_IMAGES: dict[str, Callable[[httpx.Client, str], object]] = {
    "get_img_ancestry": api.get_img_ancestry.sync,
    "get_img_json": api.get_img_json.sync,
    "get_img_layer_stream": api.get_img_layer_stream.sync,
    "get_img_files": api.get_img_files.sync,
    "get_img_diff": api.get_img_diff.sync,
}
OF_UPLOADS: dict[str, Callable[[httpx.Client, str], object]] = {
    "put_img_json": lambda http, image_id: api.put_img_json.sync(http, image_id, BASE.json),
    "put_img_layer": lambda http, image_id: api.put_img_layer.sync(http, image_id, BASE.layer),
    "put_img_checksum": lambda http, image_id: api.put_img_checksum.sync(http, image_id, x_docker_checksum_payload=BASE.checksum),
}
OF_INDEX: dict[str, Callable[[httpx.Client, str], object]] = {
    "list_repo_imgs": api.list_repo_imgs.sync,
    "put_repo_imgs": lambda http, name: api.put_repo_imgs.sync(http, name, IMAGES),
    "delete_repo_imgs": api.delete_repo_imgs.sync,
    "put_repo_auth": api.put_repo_auth.sync,
}
OF_TAGS: dict[str, Callable[[httpx.Client, str], object]] = {
    "list_repo_tags": api.list_repo_tags.sync,
    "delete_repo_tags": api.delete_repo_tags.sync,
    "get_img_id": lambda http, name: api.get_img_id.sync(http, name, "none"),
    "put_repo_tag": lambda http, name: api.put_repo_tag.sync(http, name, "v1", UNKNOWN.id),
    "delete_repo_tag": lambda http, name: api.delete_repo_tag.sync(http, name, "none"),
    "get_repo_json": api.get_repo_json.sync,
    "get_repo_tag_json": lambda http, name: api.get_repo_tag_json.sync(http, name, "none"),
    "get_repo_properties": api.get_repo_properties.sync,
    "put_repo_properties": lambda http, name: api.put_repo_properties.sync(http, name, PRIVATE),
}
OF_REPOSITORIES: dict[str, Callable[[httpx.Client, str], object]] = {
    "put_repo": lambda http, name: api.put_repo.sync(http, name, IMAGES),
    "delete_repo": api.delete_repo.sync,
}


def on(call: Callable[[httpx.Client, str], object], subject: str) -> Call:
    """Return the call for a repository or an image."""
    return lambda http: call(http, subject)


def put_layer_too_late(http: httpx.Client) -> object:
    """Put the JSON document again while the layer is being uploaded."""

    def layer() -> Iterator[bytes]:
        yield TOP.layer
        api.put_img_json.sync(http, TOP.id, TOP.json.replace(b'"A=b"', b'"A=c"'))

    return api.put_img_layer.sync(http, TOP.id, layer())


def headed(headers: dict[str, str], call: Call) -> Call:
    """Return a call with headers."""

    def send(http: httpx.Client) -> object:
        http.headers.update(headers)
        return call(http)

    return send


def as_user(auth: tuple[str, str], call: Call) -> Call:
    """Return a call with credentials."""

    def send(http: httpx.Client) -> object:
        http.auth = httpx.BasicAuth(*auth)
        return call(http)

    return send


# Each row: the operation, the status, the host that gives it, and the call.
TABLE: list[tuple[str, int, Host, Call]] = [
    *((name, 301, "registry", on(call, REPO)) for name, call in OF_INDEX.items()),
    *((name, 301, "index", on(call, REPO)) for name, call in OF_TAGS.items()),
    ("get_img_layer_stream", 302, "redirecting", on(OF_IMAGES["get_img_layer_stream"], UNKNOWN.id)),
    *((name, 304, "standalone", headed(OLD, on(call, UNKNOWN.id))) for name, call in OF_IMAGES.items()),
    *((name, 400, "standalone", headed(OLD, on(call, TOP.id))) for name, call in OF_IMAGES.items()),
    ("create_user", 400, "users", lambda http: api.create_user.sync(http, NewUser(username="alice", password="secret"))),
    ("update_user", 400, "users", as_user(ALICE, lambda http: api.update_user.sync(http, "alice", UserChange(password="x")))),
    ("put_repo_tag", 400, "standalone", lambda http: api.put_repo_tag.sync(http, REPO, "-v1", BASE.id)),
    ("put_repo_properties", 400, "standalone", lambda http: api.put_repo_properties.sync(http, REPO, RepoProperties())),
    ("put_img_json", 400, "standalone", on(OF_UPLOADS["put_img_json"], UNKNOWN.id)),
    ("put_img_layer", 400, "standalone", put_layer_too_late),
    ("put_img_checksum", 400, "standalone", on(OF_UPLOADS["put_img_checksum"], TOP.id)),
    ("check_login", 401, "users", as_user(BOB, api.check_login.sync)),
    ("update_user", 401, "users", lambda http: api.update_user.sync(http, "alice", UserChange())),
    *((name, 401, "users", as_user(BOB, on(call, REPO))) for name, call in {**OF_REPOSITORIES, **OF_INDEX}.items()),
    *((name, 401, "tokens", on(call, REPO)) for name, call in OF_TAGS.items()),
    *((name, 401, "tokens", on(call, BASE.id)) for name, call in {**OF_IMAGES, **OF_UPLOADS}.items()),
    ("update_user", 403, "users", as_user(ALICE, lambda http: api.update_user.sync(http, "bob", UserChange()))),
    ("ping", 404, "v2", api.ping.sync),
    ("search", 404, "registry", api.search.sync),
    ("check_login", 404, "registry", api.check_login.sync),
    ("create_user", 404, "registry", lambda http: api.create_user.sync(http, NEW_USER)),
    ("update_user", 404, "registry", lambda http: api.update_user.sync(http, "alice", UserChange())),
    *((name, 404, "standalone", on(call, BAD)) for name, call in {**OF_REPOSITORIES, **OF_INDEX, **OF_TAGS}.items()),
    *((name, 404, "standalone", headed(OLD, on(call, "malformed"))) for name, call in OF_IMAGES.items()),
    *((name, 404, "standalone", on(call, "malformed")) for name, call in OF_UPLOADS.items()),
    ("put_repo", 405, "registry", on(OF_REPOSITORIES["put_repo"], REPO)),
    *((name, 409, "standalone", on(call, BASE.id)) for name, call in OF_UPLOADS.items()),
    ("put_img_layer", 412, "standalone", headed({"User-Agent": "docker/0"}, on(OF_UPLOADS["put_img_layer"], TOP.id))),
    ("put_img_checksum", 412, "standalone", lambda http: api.put_img_checksum.sync(http, TOP.id)),
    ("get_img_layer_stream", 416, "standalone", lambda http: api.get_img_layer_stream.sync(http, BASE.id, range="bytes=5-5")),
    ("get_img_layer_stream", 416, "standalone", on(OF_IMAGES["get_img_layer_stream"], EMPTY.id)),
    ("put_repo", 500, "standalone", lambda http: api.put_repo.sync(http, "bad/list", IMAGES)),
    ("put_repo_imgs", 500, "standalone", lambda http: api.put_repo_imgs.sync(http, "bad/list", IMAGES)),
    (
        "put_repo_properties",
        500,
        "standalone",
        lambda http: api.put_repo_properties.sync(http, REPO, RepoProperties(additional_properties={"colour": "red"})),
    ),
    ("put_img_checksum", 500, "standalone", on(OF_UPLOADS["put_img_checksum"], LOST.id)),
]


def never_given(operation: str, status: int) -> bool:
    """Return whether only other servers answer with a documented error, or only to requests that no generated function sends."""
    if status in (501, 503):
        return True
    given = {name for name, row_status, _, _ in TABLE if row_status == status}
    reasons = {
        400: {"put_repo", "put_repo_imgs", "list_repo_imgs", "delete_repo"},  # Quay; and bodies that are no lists
        401: {"ping", "search", "create_user"},  # open to everybody here
        405: {*OF_TAGS, *OF_INDEX, *OF_UPLOADS, "delete_repo"},  # 301 or 404 here
        409: {"put_repo_tag", "delete_repo_tag"},  # Quay, where tags may be immutable
    }
    # 403 is for users only here, and 500 comes only when docker-registry would crash or a storage fails
    return operation in reasons.get(status, set()) or (status in (403, 500) and operation not in given)


def test_every_documented_error_is_tested_or_impossible() -> None:
    paths = Specification.load("registry-v1.yaml").document["paths"]
    nodes = [node for item in paths.values() for node in item.values()]
    documented = {(node["operationId"], int(status)) for node in nodes for status in node["responses"] if status >= "3"}
    met = {(operation, status) for operation, status, _, _ in TABLE}
    assert met | {pair for pair in documented if never_given(*pair)} == documented
    assert not {pair for pair in met if never_given(*pair)}


@pytest.fixture
def specification() -> str:
    return "registry-v1.yaml"


@pytest.fixture
def http(request: pytest.FixtureRequest, exchanges: Exchanges) -> Iterator[httpx.Client]:
    """A client of the host of the row, with BASE and an empty image pushed, and the uploads of TOP and LOST begun."""
    with ExitStack() as stack:
        registry = stack.enter_context(start(request.param, stack))
        client = httpx.Client(base_url=registry.url, transport=ValidatingTransport(httpx.HTTPTransport(), exchanges))
        stack.enter_context(client)
        if request.param == "standalone":
            for image in (BASE, EMPTY):
                push_image(client, image)
            for image in (TOP, LOST):
                api.put_img_json.sync(client, image.id, image.json)
            api.put_img_layer.sync(client, TOP.id, TOP.layer)
            registry.storage.v1.save("bad/list", V1RepositoryRecord(images="[{}]"))
        yield client


def start(host: Host, stack: ExitStack) -> EmbeddedRegistry:
    """Return the running registry with the role."""
    match host:
        case "standalone":
            return EmbeddedRegistry()
        case "tokens":
            return EmbeddedRegistry(v1=V1Settings(role="both"))
        case "users":
            return EmbeddedRegistry(v1=V1Settings(role="both", users=dict([ALICE])))
        case "index":
            return EmbeddedRegistry(v1=V1Settings(role="index"))
        case "registry":
            index = stack.enter_context(EmbeddedRegistry(v1=V1Settings(role="index")))
            return EmbeddedRegistry(v1=V1Settings(role="registry"), index=index)
        case "redirecting":
            return EmbeddedRegistry(v1=V1Settings(layer_redirect=True))
        case "v2":
            return EmbeddedRegistry(apis=["v2"])


@pytest.mark.parametrize(
    ("http", "status", "call", "operation"),
    [pytest.param(host, status, call, operation, id=f"{operation}-{status}") for operation, status, host, call in TABLE],
    indirect=["http"],
)
def test_error(http: httpx.Client, status: int, call: Call, operation: str, exchanges: Exchanges) -> None:
    with pytest.raises(StatusError) as caught:
        call(http)
    # A 401 to a request with Basic credentials is a BasicLoginError, which is also an UnauthorizedError.
    expected = StatusError.for_status(status)
    assert type(caught.value) in (expected, BasicLoginError) and isinstance(caught.value, expected)
    assert caught.value.status == status
    assert (operation, status) in exchanges.operations
    if caught.value.headers.get("content-type") == "application/json" and operation != "ping":  # whose body is that of API v2
        assert [bool(error.code or error.message) for error in caught.value.errors] == [True]


@pytest.mark.parametrize("http", ["users"], indirect=True)
def test_an_error_that_is_a_json_string(http: httpx.Client) -> None:
    with pytest.raises(BadRequestError, match="Username or email already exists") as caught:
        api.create_user.sync(http, NewUser(username="alice", password="secret"))
    assert caught.value.body is None
    assert caught.value.raw == b'"Username or email already exists"'


@pytest.mark.deviation("json of an image that is malformed on purpose")
@pytest.mark.parametrize("http", ["standalone"], indirect=True)
@pytest.mark.parametrize("document", [b"{", b"[]", b"5"])
def test_malformed_json_is_refused(http: httpx.Client, document: bytes) -> None:
    with pytest.raises(BadRequestError, match="Invalid JSON"):
        api.put_img_json.sync(http, UNKNOWN.id, document)
