"""Tokens that are requested with the scopes of a whole operation, also from token services that do not support that."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from docker_registry_sdk._core.wire import CALL, CallContext
from docker_registry_sdk.errors import AuthError
from tests.core.auth.driving import HOME, PASSWORD, REALM, Driver, Responder, bearer, token_response, unauthorized

OWN, PLANNED = "repository:a:pull", ("repository:b:pull,push", "repository:a:pull")


def get(repo: str = "a", scope: str = OWN) -> httpx.Request:
    """Return a request of an operation that needs further scopes later."""
    context = CallContext(scopes=(scope,), planned_scopes=PLANNED, repo=repo)
    return httpx.Request("GET", f"{HOME}/v2/{repo}/manifests/1", extensions={CALL: context})


def registry(service: str, refusal: int = 401) -> Responder:
    """Return a function that answers as a registry, whose token service treats several scopes in its own way."""

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            scopes = parse_qs(urlsplit(str(request.url)).query)["scope"]
            if service in ("400", "403") and len(scopes) > 1:
                return httpx.Response(int(service))
            granted = {"first": scopes[:1], "last": scopes[-1:]}.get(service, scopes)
            return token_response(token="|".join(granted))
        shown = request.headers.get("Authorization")
        needed = f"repository:{request.url.path.split('/')[2]}:"
        if shown is not None and needed in shown:
            return httpx.Response(200)
        return unauthorized(bearer(f"{needed}pull")) if shown is None or refusal == 401 else httpx.Response(refusal)

    return answer


def count_tokens(driver: Driver) -> int:
    """Return the number of token requests."""
    return sum(url.startswith(REALM) for _, url, _ in driver.sent)


def test_one_token_suffices_for_an_operation() -> None:
    driver = Driver(registry("all"), lambda again: PASSWORD)
    assert driver.run(get()).status_code == 200
    assert driver.run(get("b", "repository:b:pull,push")).status_code == 200
    assert driver.run(get("b", "repository:b:pull")).status_code == 200
    assert count_tokens(driver) == 1
    assert parse_qs(urlsplit(driver.sent[1][1]).query)["scope"] == [OWN, "repository:b:pull,push"]


@pytest.mark.parametrize("service", ["400", "403", "first", "last"])
@pytest.mark.parametrize("refusal", [401, 403])
def test_a_token_service_for_one_scope_is_asked_for_each_scope(service: str, refusal: int) -> None:
    driver = Driver(registry(service, refusal), lambda again: PASSWORD)
    for _ in range(3):
        assert driver.run(get()).status_code == 200
        assert driver.run(get("b", "repository:b:pull,push")).status_code == 200
    # At most two requests for both scopes, and one for each scope.
    assert count_tokens(driver) <= 4


def test_a_wrong_password_is_sent_once() -> None:
    driver = Driver(
        lambda request: httpx.Response(401) if str(request.url).startswith(REALM) else unauthorized(bearer()),
        lambda again: PASSWORD,
    )
    with pytest.raises(AuthError, match="rejects the credential"):
        driver.run(get())
    assert count_tokens(driver) == 1


@pytest.mark.parametrize("refusal", [401, 403])
def test_a_registry_that_refuses_each_token_gets_two(refusal: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(REALM):
            return token_response(token=f"t{len(driver.sent)}")
        return unauthorized(bearer()) if "Authorization" not in request.headers or refusal == 401 else httpx.Response(403)

    driver = Driver(answer, lambda again: PASSWORD)
    assert driver.run(get()).status_code == refusal
    assert count_tokens(driver) == 2
