"""API v1 of an embedded registry with the option `auth`: it requires the login of API v2."""

from __future__ import annotations

import httpx
import pytest

from docker_registry_sdk import RegistryClientV1
from docker_registry_sdk.errors import BadRequestError, UnauthorizedError
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.auth.authentication import AuthMode
from docker_registry_sdk.testing.v1.settings import V1Role, V1Settings

IMAGE = "a" * 64
WRITES = [
    ("PUT", "/v1/repositories/evil/x/", "[]"),
    ("PUT", "/v1/repositories/evil/x/images", "[]"),
    ("DELETE", "/v1/repositories/evil/x/", None),
    ("PUT", "/v1/repositories/evil/x/tags/latest", f'"{IMAGE}"'),
    ("PUT", f"/v1/images/{IMAGE}/json", f'{{"id": "{IMAGE}"}}'),
    ("GET", "/v1/search?q=", None),
    ("GET", "/v1/%73earch?q=", None),
    ("GET", "/v1/users", None),
    ("POST", "/v1/users", '{"username": "mallory", "password": "password", "email": "m@example.com"}'),
]
READS = [("GET", "/v1/repositories/evil/x/images"), ("GET", f"/v1/images/{IMAGE}/json")]


@pytest.mark.parametrize("auth", ["basic", "token"])
@pytest.mark.parametrize("role", [None, "standalone", "both", "index"])
@pytest.mark.parametrize("pull", [False, True])
def test_a_login_is_required(auth: AuthMode, role: V1Role | None, pull: bool) -> None:
    settings = None if role is None else V1Settings(role=role)
    with EmbeddedRegistry(auth=auth, v1=settings, anonymous_pull=pull) as registry, httpx.Client(base_url=registry.url) as http:
        for headers in ({}, {"Authorization": "Token signature=a,repository=evil/x,access=write"}, {"Cookie": "session=a"}):
            for method, path, body in WRITES:
                status = http.request(method, path, content=body, headers=headers).status_code
                assert status == 401 or (role == "index" and status in (301, 404))  # no such path at an index
            if not pull:
                statuses = [http.request(method, path, headers=headers).status_code for method, path in READS]
                assert statuses == [401, 404 if role == "index" and headers else 401]
        for method, path in READS:
            assert (http.request(method, path).status_code == 401) is (not pull or ("images/a" in path and role == "both"))
        assert http.get("/v1/search?q=", auth=(registry.username, "wrong")).status_code == 401
        assert http.get("/v1/search?q=", auth=(registry.username, registry.password)).status_code == 200
        assert http.get("/v1/_ping").status_code == 200


@pytest.mark.parametrize("role", ["standalone", "both"])
@pytest.mark.parametrize("pull", [False, True])
def test_the_client_of_the_user_pushes_and_reads(role: V1Role, pull: bool) -> None:
    with EmbeddedRegistry(auth="token", v1=V1Settings(role=role), anonymous_pull=pull) as registry:
        name = f"{registry.url}/a/b"
        with RegistryClientV1(name, username=registry.username, password=registry.password) as client:
            client.put_repo([IMAGE])
            client.put_img_json(IMAGE, f'{{"id": "{IMAGE}"}}'.encode())
            with pytest.raises(BadRequestError, match="being uploaded"):  # the request is authorized
                client.get_img_json(IMAGE)
        with RegistryClientV1(name, username=registry.username, password="wrong") as client, pytest.raises(UnauthorizedError):
            client.put_repo([IMAGE])


def test_without_auth_no_login_is_required() -> None:
    with EmbeddedRegistry() as registry, httpx.Client(base_url=registry.url) as http:
        assert http.put("/v1/repositories/a/b/", content="[]").status_code == 200
