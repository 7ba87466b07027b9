"""Effects on tokens, challenges and responses of the token service."""

from collections.abc import Iterator

import httpx
import pytest

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import (
    Challenges,
    ChallengeWithout,
    ExpireTokens,
    ExpiryAsText,
    Fault,
    FaultEffect,
    HtmlError,
    RevokeTokens,
    TokenWithout,
)
from tests.testing.auth.helpers import bearer, get_token, user_client
from tests.testing.helpers import push_blob, push_image, start_upload

SCOPE = "repository:repo:pull,push"


@pytest.fixture
def client(token_registry: EmbeddedRegistry) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=token_registry.url, verify=False) as client:
        yield client


@pytest.mark.parametrize("effect", [ExpireTokens(), RevokeTokens()])
def test_tokens_become_invalid_during_an_upload(token_registry: EmbeddedRegistry, effect: FaultEffect) -> None:
    """The third chunk gets a 401; with a new token, the upload continues."""
    token_registry.faults.add(Fault(effect, operation="upload_blob_chunk", after=2))
    with user_client(token_registry, SCOPE) as client:
        location = start_upload(client)
        statuses = [client.patch(location, content=b"x").status_code for _ in range(3)]
        assert statuses == [202, 202, 401]
        client.headers.update(bearer(get_token(token_registry, SCOPE)["token"]))
        assert client.get(location).headers["range"] == "0-1"
        assert client.patch(location, content=b"x").headers["range"] == "0-2"


@pytest.mark.parametrize(
    ("effect", "schemes"),
    [
        (Challenges(("Negotiate", "{}")), [["Negotiate"], ["Bearer"]]),
        (Challenges('Negotiate, Basic realm="a, \\"b", {}'), [["Negotiate", "Basic", "Bearer"]]),
        (Challenges(None), []),
    ],
)
def test_several_challenges(
    token_registry: EmbeddedRegistry, client: httpx.Client, effect: FaultEffect, schemes: list[list[str]]
) -> None:
    """Several challenges in one line or in several lines, or no challenge."""
    token_registry.faults.add(Fault(effect))
    response = client.get("/v2/")
    assert response.status_code == 401
    lines = response.headers.get_list("www-authenticate")
    assert [[scheme for scheme in ("Negotiate", "Basic", "Bearer") if scheme in line] for line in lines] == schemes


@pytest.mark.parametrize("parameter", ["service", "scope"])
def test_challenge_without_a_parameter(token_registry: EmbeddedRegistry, client: httpx.Client, parameter: str) -> None:
    """nvcr.io omits the service (dxf#57), gcr.io the scope (dxf#28)."""
    assert parameter in client.get("/v2/repo/tags/list").headers["www-authenticate"]
    token_registry.faults.add(Fault(ChallengeWithout(parameter)))
    challenge = client.get("/v2/repo/tags/list").headers["www-authenticate"]
    assert parameter not in challenge
    assert 'realm="' in challenge


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ('Bearer realm="http://a/token",service="b"', 'Bearer service="b"'),
        ('Bearer service="b", realm="a, \\"b"', 'Bearer service="b"'),
        ('Basic realm="a"', "Basic"),
        ('Negotiate, Bearer realm="a" , service="b"', 'Negotiate, Bearer service="b"'),
        ('Bearer realm="a", Negotiate', "Bearer, Negotiate"),
        ("Bearer Realm=a,service=b", "Bearer service=b"),
        ('Bearer service="realm=1"', 'Bearer service="realm=1"'),
    ],
)
def test_challenge_without_a_realm(token_registry: EmbeddedRegistry, client: httpx.Client, sent: str, left: str) -> None:
    token_registry.faults.add(Fault(Challenges(sent), times=None), Fault(ChallengeWithout("realm"), times=None))
    assert client.get("/v2/").headers["www-authenticate"] == left


def test_challenge_without_a_realm_in_several_lines(token_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    token_registry.faults.add(Fault(Challenges(("Negotiate", "{}"))), Fault(ChallengeWithout("realm")))
    lines = client.get("/v2/").headers.get_list("www-authenticate")
    assert [line.partition("=")[0] for line in lines] == ["Negotiate", "Bearer service"]


@pytest.mark.parametrize("effect", [TokenWithout("token"), ExpiryAsText()])
def test_effects_on_tokens_do_not_change_other_responses(token_registry: EmbeddedRegistry, effect: FaultEffect) -> None:
    """A blob is no JSON, and a JSON document that is no token response is sent unchanged."""
    with user_client(token_registry, SCOPE) as client:
        digest = push_blob(client, "repo", b"no json")
        push_image(client, "repo", "v1")
        token_registry.faults.add(Fault(effect, times=None))
        assert client.get(f"/v2/repo/blobs/{digest}").content == b"no json"
        assert client.get("/v2/repo/tags/list").json() == {"name": "repo", "tags": ["v1"]}


@pytest.mark.parametrize("effect", [TokenWithout("token"), ExpiryAsText()])
def test_effects_on_tokens_with_other_effects(token_registry: EmbeddedRegistry, effect: FaultEffect) -> None:
    token_registry.faults.add(Fault(HtmlError(200)), Fault(effect))
    assert "Bad Gateway" in httpx.get(token_registry.token_url).text
    token_registry.faults.add(Fault(TokenWithout("expires_in")), Fault(effect))
    assert "expires_in" not in get_token(token_registry)


@pytest.mark.parametrize("field", ["token", "access_token", "expires_in", "issued_at"])
def test_token_response_without_a_field(token_registry: EmbeddedRegistry, field: str) -> None:
    token_registry.faults.add(Fault(TokenWithout(field), operation="get_token"))
    right, wrong = get_token(token_registry), get_token(token_registry)
    assert set(wrong) - set(right) == {field}


def test_expiry_as_text(token_registry: EmbeddedRegistry) -> None:
    """The lifetime is a string (distribution#1746)."""
    token_registry.faults.add(Fault(ExpiryAsText(), operation="get_token"))
    assert get_token(token_registry)["expires_in"] == "300"


def test_web_page_instead_of_a_token(token_registry: EmbeddedRegistry, client: httpx.Client) -> None:
    token_registry.faults.add(Fault(HtmlError(200, "Sign in"), operation="get_token"))
    response = client.get(token_registry.token_url)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
