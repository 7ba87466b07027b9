"""Tokens and sessions, with index and registry on one host or on two."""

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.testing.v1.conftest import ServeV1
from tests.testing.v1.helpers import (
    BASE,
    OTHER,
    REQUEST_TOKEN,
    TOP,
    assert_error,
    assert_html_page,
    assert_success,
    checksum,
    image_json,
    push_image,
    put_repository,
    token_header,
)

IMAGES = "/v1/repositories/team/app/images"
TAGS = "/v1/repositories/team/app/tags"


class Hosts:
    """A client for an index and a client for a registry."""

    def __init__(self, index: EmbeddedRegistry, registry: EmbeddedRegistry) -> None:
        self.registry_host = registry.host
        self.index = httpx.Client(base_url=index.url)
        self.registry = httpx.Client(base_url=registry.url)

    def read_token(self) -> dict[str, str]:
        return token_header(self.index.get(IMAGES, headers=REQUEST_TOKEN))


@pytest.fixture(params=["one host", "two hosts"])
def hosts(request: pytest.FixtureRequest, serve_v1: ServeV1) -> Iterator[Hosts]:
    if request.param == "one host":
        index = registry = serve_v1(role="both")
    else:
        index = serve_v1(role="index")
        registry = serve_v1(role="registry", index=index)
    hosts = Hosts(index, registry)
    with hosts.index, hosts.registry:
        yield hosts


def assert_refused(response: httpx.Response) -> None:
    assert_error(response, 401, "Requires authorization")
    assert response.headers["www-authenticate"] == "Token"


def test_push_and_pull(hosts: Hosts) -> None:
    started = put_repository(hosts.index, "team/app", TOP, BASE)
    assert started.headers["x-docker-endpoints"] == hosts.registry_host
    assert started.headers["x-docker-token"].startswith("signature=")
    assert started.headers["www-authenticate"] == f"Token {started.headers['x-docker-token']}"
    write = token_header(started)
    documents = {BASE: push_image(hosts.registry, BASE, b"base", headers=write)}
    documents[TOP] = push_image(hosts.registry, TOP, b"top", BASE, headers=write)
    assert_success(hosts.registry.put(f"{TAGS}/latest", json=TOP, headers=write))
    assert hosts.index.put(IMAGES, json=[{"id": TOP, "checksum": checksum(documents[TOP], b"top")}]).status_code == 204

    session = hosts.index.get(IMAGES, headers=REQUEST_TOKEN)
    assert session.headers["x-docker-endpoints"] == hosts.registry_host
    read = token_header(session)
    assert hosts.registry.get(TAGS, headers=read).json() == {"latest": TOP}
    assert hosts.registry.get(f"/v1/images/{TOP}/ancestry", headers=read).json() == [TOP, BASE]
    assert hosts.registry.get(f"/v1/images/{TOP}/layer", headers=read).content == b"top"
    assert hosts.registry.get(f"/v1/images/{TOP}/json", headers=read).content == documents[TOP]
    assert hosts.registry.get("/v1/_ping").headers["x-docker-registry-standalone"] == "False"


def test_index_sends_a_token_only_on_request(hosts: Hosts) -> None:
    for response in (hosts.index.put("/v1/repositories/team/app/", json=[]), hosts.index.get(IMAGES)):
        assert response.status_code == 200
        assert not {"x-docker-token", "x-docker-endpoints", "www-authenticate"} & set(response.headers)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token",
        "Basic YWxpY2U6c2VjcmV0",
        'Token signature=forged,repository="team/app",access=read',
        'Bearer signature={signature},repository="team/app",access=read',
        'Token signature={signature},repository="team/app",access=write',
        'Token signature={signature},repository="team/other",access=read',
        'Token signature={signature},repository="team",access=read',
        "Token signature={signature}",
        'Token repository="team/app",access=read',
    ],
)
def test_missing_or_invalid_token(hosts: Hosts, header: str) -> None:
    put_repository(hosts.index, "team/app", BASE)
    signature = hosts.read_token()["Authorization"].partition("=")[2].partition(",")[0]
    headers = {"Authorization": header.format(signature=signature)} if header else {}
    for path in (TAGS, f"{TAGS}/latest", f"/v1/images/{BASE}/json", f"/v1/images/{BASE}/layer", "/v1/images/x/json"):
        assert_refused(hosts.registry.get(path, headers=headers))


def test_accepted_forms_of_a_token(hosts: Hosts) -> None:
    """The scheme can be in any case, and twice: docker-registry sends tokens with the scheme, and some clients add another."""
    put_repository(hosts.index, "team/app")
    value = hosts.read_token()["Authorization"]
    for header in (value, value.replace("Token ", "token "), f"Token {value}"):
        assert hosts.registry.get(TAGS, headers={"Authorization": header}).json() == {}


def test_token_is_for_one_repository_and_one_access(hosts: Hosts) -> None:
    write = token_header(put_repository(hosts.index, "team/app", BASE))
    read = hosts.read_token()
    delete = token_header(hosts.index.delete("/v1/repositories/team/app/", headers=REQUEST_TOKEN))
    push_image(hosts.registry, BASE, b"layer", headers=write)
    for headers in (read, write, delete):
        assert_refused(hosts.registry.get("/v1/repositories/team/other/tags", headers=headers))
    for headers in (read, delete):
        assert_refused(hosts.registry.put(f"{TAGS}/latest", json=BASE, headers=headers))
    for headers in (read, write):
        assert_refused(hosts.registry.delete(f"{TAGS}/latest", headers=headers))
    for headers in (write, delete):
        assert_refused(hosts.registry.get(TAGS, headers=headers))


def test_image_that_is_not_in_the_list(hosts: Hosts) -> None:
    write = token_header(put_repository(hosts.index, "team/app", TOP))
    response = hosts.registry.put(f"/v1/images/{BASE}/json", content=image_json(BASE), headers=write)
    assert_error(response, 400, "This image does not belong to the repository")
    other = token_header(put_repository(hosts.index, "team/other", OTHER))
    push_image(hosts.registry, OTHER, b"layer", headers=other)
    response = hosts.registry.put(f"/v1/images/{TOP}/json", content=image_json(TOP, OTHER), headers=write)
    assert_error(response, 400, "Image depends on an unauthorized parent")


def test_image_of_a_private_repository(hosts: Hosts) -> None:
    write = token_header(put_repository(hosts.index, "team/app", BASE))
    push_image(hosts.registry, BASE, b"layer", headers=write)
    other = token_header(put_repository(hosts.index, "team/other", OTHER))
    push_image(hosts.registry, OTHER, b"layer", headers=other)
    read = hosts.read_token()
    for path in ("json", "layer", "files", "diff"):
        assert hosts.registry.get(f"/v1/images/{OTHER}/{path}", headers=read).status_code in (200, 400)
    assert_success(hosts.registry.put("/v1/repositories/team/app/properties", json={"access": "private"}, headers=write))
    for path in ("json", "layer", "files", "diff"):
        assert_error(hosts.registry.get(f"/v1/images/{OTHER}/{path}", headers=read), 404, "Image not found")
    assert hosts.registry.get(f"/v1/images/{BASE}/layer", headers=read).content == b"layer"


def test_deletion_in_three_requests(hosts: Hosts) -> None:
    path = "/v1/repositories/team/app/"
    write = token_header(put_repository(hosts.index, "team/app", BASE))
    push_image(hosts.registry, BASE, b"layer", headers=write)
    assert_success(hosts.registry.put(f"{TAGS}/latest", json=BASE, headers=write))
    begun = hosts.index.delete(path, headers=REQUEST_TOKEN)
    assert begun.status_code == 202
    assert begun.headers["x-docker-token"].endswith("access=delete")
    assert_success(hosts.registry.delete(path, headers=token_header(begun)))
    ended = hosts.index.delete(path, headers={"X-Docker-Endpoints": begun.headers["x-docker-endpoints"]})
    assert (ended.status_code, ended.json()) == (200, "")
    assert_error(hosts.index.get(IMAGES), 404)
    assert_error(hosts.index.delete(path), 404)
    assert_refused(hosts.registry.get(TAGS, headers=token_header(begun)))


def test_index_verifies_tokens_for_a_registry(hosts: Hosts) -> None:
    """The requests are those of a registry that runs elsewhere."""
    put_repository(hosts.index, "team/app", BASE)
    read = hosts.read_token()
    assert hosts.index.get(IMAGES, headers=read).json() == [{"id": BASE}]
    assert hosts.index.put("/v1/repositories/team/app/auth", headers=read).json() == "OK"
    put_repository(hosts.index, "team/other")
    for headers in ({}, {"Authorization": "Token signature=x"}):
        assert_error(hosts.index.put("/v1/repositories/team/app/auth", headers=headers), 401)
    assert_error(hosts.index.put("/v1/repositories/team/other/auth", headers=read), 401)
    assert_error(hosts.index.get("/v1/repositories/team/other/images", headers=read), 401)


@pytest.fixture
def single_use_client(serve_v1: ServeV1) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve_v1(role="both", single_use=True).url) as client:
        yield client


def test_single_use_token(single_use_client: httpx.Client) -> None:
    put_repository(single_use_client, "team/app", BASE)
    read = token_header(single_use_client.get(IMAGES, headers=REQUEST_TOKEN))
    assert_refused(single_use_client.get("/v1/repositories/team/other/tags", headers=read))  # this does not use the token up
    assert single_use_client.get(TAGS, headers=read).json() == {}
    assert_refused(single_use_client.get(TAGS, headers=read))
    other = token_header(single_use_client.get(IMAGES, headers=REQUEST_TOKEN))
    assert single_use_client.put("/v1/repositories/team/app/auth", headers=other).status_code == 200
    assert_error(single_use_client.put("/v1/repositories/team/app/auth", headers=other), 401)
    assert_refused(single_use_client.get(TAGS, headers=other))
    checked = token_header(single_use_client.get(IMAGES, headers=REQUEST_TOKEN))
    assert single_use_client.get(IMAGES, headers=checked).status_code == 200
    assert_error(single_use_client.get(IMAGES, headers=checked), 401)


def test_session_replaces_the_token(serve_v1: ServeV1) -> None:
    index = serve_v1(role="index", cookies=True)
    registry = serve_v1(role="registry", index=index, cookies=True)
    hosts = Hosts(index, registry)
    with hosts.index, hosts.registry:
        write = token_header(put_repository(hosts.index, "team/app", BASE))
        first = hosts.registry.put(f"/v1/images/{BASE}/json", content=b"{}", headers=write)
        assert_error(first, 400)
        assert first.headers["set-cookie"].startswith("session=")  # even with an error, since the token is used up
        push_image(hosts.registry, BASE, b"layer")
        assert_success(
            hosts.registry.put(f"{TAGS}/latest", json=BASE, headers=write)
        )  # authorized by the session, not by the used token
        assert_refused(hosts.registry.get(TAGS))
        assert_refused(hosts.registry.put("/v1/repositories/team/other/tags/latest", json=BASE))

        read = hosts.read_token()
        listed = hosts.registry.get(TAGS, headers=read)
        assert listed.json() == {"latest": BASE}
        assert listed.headers["set-cookie"] not in repr(registry.requests)
        again = hosts.registry.get(f"/v1/images/{BASE}/layer")
        assert again.content == b"layer"
        assert "set-cookie" not in again.headers
        assert_refused(httpx.get(registry.url + TAGS, headers=read))
        assert_refused(httpx.get(registry.url + TAGS, headers={"Cookie": "session=forged"}))


def test_deletion_with_a_session_on_one_host(serve_v1: ServeV1) -> None:
    with httpx.Client(base_url=serve_v1(role="both", cookies=True).url) as client:
        push = token_header(put_repository(client, "team/app", BASE))
        push_image(client, BASE, b"layer", headers=push)
        client.cookies.clear()
        delete = token_header(client.delete("/v1/repositories/team/app/", headers=REQUEST_TOKEN))
        assert_error(client.delete(f"{TAGS}/latest", headers=delete), 404)
        assert_success(client.delete("/v1/repositories/team/app/"))


def test_hosts_with_one_role(serve_v1: ServeV1) -> None:
    index = serve_v1(role="index")
    registry = serve_v1(role="registry", index=index)
    assert_html_page(httpx.put(f"{registry.url}/v1/repositories/team/app/", json=[]), 405)
    assert_html_page(httpx.get(f"{registry.url}/v1/users"), 404)
    assert_html_page(httpx.get(f"{registry.url}/v1/search"), 404)
    assert_html_page(httpx.get(f"{index.url}/v1/images/{BASE}/json"), 404)
    assert_html_page(httpx.get(f"{index.url}{TAGS}"), 301)


def test_endpoints(serve_v1: ServeV1) -> None:
    index = serve_v1(role="index")
    with httpx.Client(base_url=index.url) as client:
        assert put_repository(client, "a/b").headers["x-docker-endpoints"] == index.host
    first, second = (serve_v1(role="registry", index=index) for _ in range(2))
    with httpx.Client(base_url=index.url) as client:
        assert put_repository(client, "a/b").headers["x-docker-endpoints"] == f"{first.host}, {second.host}"
        first.stop()
        assert put_repository(client, "a/b").headers["x-docker-endpoints"] == second.host
    named = serve_v1(endpoints=("one.example", "two.example:5000"))
    with httpx.Client(base_url=named.url) as client:
        assert put_repository(client, "a/b").headers["x-docker-endpoints"] == "one.example, two.example:5000"


def test_oldest_session_is_forgotten(serve_v1: ServeV1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker_registry_sdk.testing.v1.tokens.MAX_SESSIONS", 2)
    url = serve_v1(role="both", cookies=True).url
    cookies: list[str] = []
    with httpx.Client(base_url=url) as client:
        put_repository(client, "team/app")
        for _ in range(3):
            read = token_header(client.get(IMAGES, headers=REQUEST_TOKEN))
            cookies.append(httpx.get(url + TAGS, headers=read).headers["set-cookie"].partition(";")[0])
    assert [httpx.get(url + TAGS, headers={"Cookie": cookie}).status_code for cookie in cookies] == [401, 200, 200]


def test_log_redacts_tokens(hosts: Hosts, serve_v1: ServeV1) -> None:
    registry = serve_v1(role="both")
    with httpx.Client(base_url=registry.url) as client:
        started = put_repository(client, "team/app")
        client.put("/v1/repositories/team/app/auth", headers=token_header(started))
    signature = started.headers["x-docker-token"].partition("=")[2].partition(",")[0]
    assert signature not in repr(registry.requests)
    assert registry.requests[0].header("x-docker-token") == "true"
