"""The address of the token service."""

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry, RegistrySettings
from docker_registry_sdk.testing.auth.headers import TokenAddress
from tests.testing.auth.helpers import bearer, challenge, get_token


def test_same_origin(token_registry: EmbeddedRegistry) -> None:
    assert token_registry.token_url == f"{token_registry.url}/token"


def test_another_port() -> None:
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_origin="port")) as registry:
        realm = httpx.URL(challenge(httpx.get(f"{registry.url}/v2/"))["realm"])
        assert str(realm) == registry.token_url
        assert (realm.host, realm.path) == ("127.0.0.1", "/token")
        assert realm.port != httpx.URL(registry.url).port
        token = get_token(registry)["token"]
        assert httpx.get(f"{registry.url}/v2/", headers=bearer(token)).status_code == 200
        assert httpx.get(f"{registry.url}/token").status_code == 404
        assert httpx.get(str(realm.copy_with(path="/v2/"))).status_code == 404
        hosts = [(record.header("host"), record.path.partition("?")[0]) for record in registry.requests]
        assert (f"127.0.0.1:{realm.port}", "/token") in hosts
        first = registry.token_url
    with pytest.raises(httpx.ConnectError):
        httpx.get(first)
    with registry:
        assert httpx.get(f"{registry.url}/v2/", headers=bearer(token)).status_code == 200


def test_another_port_without_token_service() -> None:
    with EmbeddedRegistry(auth="basic", settings=RegistrySettings(token_origin="port")) as registry:
        assert httpx.get(f"{registry.url}/v2/").status_code == 401


def test_another_name() -> None:
    with EmbeddedRegistry(auth="token", settings=RegistrySettings(token_origin="name")) as registry:
        port = httpx.URL(registry.url).port
        assert registry.token_url == f"http://localhost:{port}/token"
        assert challenge(httpx.get(f"{registry.url}/v2/"))["realm"] == registry.token_url
        assert challenge(httpx.get(f"http://localhost:{port}/v2/"))["realm"] == f"http://127.0.0.1:{port}/token"
        assert get_token(registry)["token"]


@pytest.mark.parametrize(
    ("host", "realm"),
    [
        ("registry.test", "http://registry.test/token"),
        ("registry.test:80", "http://registry.test:80/token"),
        ("[::1]:5000", "http://[::1]:5000/token"),
        ("", "{url}/token"),
        ('a"b', "{url}/token"),
        ("a/b", "{url}/token"),
        ("user@host", "{url}/token"),
    ],
)
def test_realm_is_on_the_host_of_the_request(token_registry: EmbeddedRegistry, host: str, realm: str) -> None:
    response = httpx.get(f"{token_registry.url}/v2/", headers={"host": host})
    assert challenge(response)["realm"] == realm.format(url=token_registry.url)


def test_ipv6() -> None:
    assert TokenAddress("same", None, "/token").url("http", "", ("::1", 5000)) == "http://[::1]:5000/token"
    assert TokenAddress("name", None, "/token").url("https", "localhost", ("::1", 443)) == "https://[::1]/token"
    assert TokenAddress("port", 7, "/token").url("http", "[::1]", ("::1", 80)) == "http://[::1]:7/token"


def test_tls() -> None:
    with EmbeddedRegistry(auth="token", tls=True, settings=RegistrySettings(token_origin="port")) as registry:
        assert registry.token_url.startswith("https://127.0.0.1:")


def test_invalid_origin() -> None:
    with pytest.raises(ValueError, match="token_origin"):
        RegistrySettings(token_origin="elsewhere")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
