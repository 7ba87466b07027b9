"""The report of `explain_auth` is complete and contains no secrets."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docker_registry_sdk._core.auth.effects import HeldCredential
from docker_registry_sdk._core.auth.report import AuthReport
from docker_registry_sdk.credentials import Credential
from docker_registry_sdk.errors import AuthError, RegistryError
from tests.core.auth.driving import HOME, PASSWORD, REALM, Driver, bearer, get, registry_with_tokens, token_response, unauthorized


def test_the_report_before_the_first_request() -> None:
    assert str(AuthReport(registry=HOME)) == "\n".join(
        [f"registry:   {HOME}", "credential: not needed so far", "challenge:  none", "outcome:    no request was sent yet"]
    )


def test_the_report_of_a_token_for_a_password() -> None:
    driver = Driver(registry_with_tokens(), lambda again: Credential("alice", "hunter2", source="auths entry 'x' in config.json"))
    driver.run(get())
    assert str(driver.authenticator.report) == "\n".join(
        [
            f"registry:   {HOME}",
            "credential: auths entry 'x' in config.json",
            "user:       alice",
            "challenge:  bearer",
            f"realm:      {REALM}",
            "service:    reg",
            "scopes:     repository:a:pull",
            "token:      GET with name and password, for 300 s",
            "outcome:    the registry answered 200",
        ]
    )


def test_the_report_is_about_the_last_response_even_with_an_older_token() -> None:
    driver = Driver(registry_with_tokens())
    driver.run(get())
    driver.run(get(scopes=("repository:b:pull",)))
    assert driver.authenticator.report.scopes == ("repository:b:pull",)
    driver.run(get())
    report = driver.authenticator.report
    assert (report.scopes, report.grant, report.lifetime) == (("repository:a:pull",), "GET, anonymously", 300)


def test_the_report_of_basic_authentication() -> None:
    driver = Driver(lambda request: unauthorized('Basic realm="x"'), lambda again: PASSWORD)
    driver.run(get())
    report = driver.authenticator.report
    assert (report.challenge, report.credential, report.username) == ("basic", "given by the caller", "alice")
    assert report.grant == "name and password"
    assert report.outcome == "the registry answered 401"


def test_the_report_of_a_missing_credential() -> None:
    driver = Driver(lambda request: unauthorized('Basic realm="x"'))
    driver.run(get())
    assert "credential: not found; requests are anonymous" in str(driver.authenticator.report)


def test_the_report_of_unsupported_challenges() -> None:
    driver = Driver(lambda request: unauthorized("Negotiate", "Digest qop=auth"))
    driver.run(get())
    assert driver.authenticator.report.challenge == "digest, negotiate"


def test_the_report_of_a_refused_realm() -> None:
    driver = Driver(lambda request: unauthorized(bearer(realm="https://evil.test/token?sig=S3CR3T")), lambda again: PASSWORD)
    with pytest.raises(AuthError):
        driver.run(get())
    report = driver.authenticator.report
    assert report.realm == "https://evil.test/token?sig=…"
    assert "another site" in report.outcome
    assert report.grant is None


def test_the_report_of_a_refused_token_request() -> None:
    driver = Driver(
        lambda request: httpx.Response(403) if REALM in str(request.url) else unauthorized(bearer()), lambda again: PASSWORD
    )
    with pytest.raises(AuthError):
        driver.run(get())
    assert "it rejects the credential given by the caller: status 403" in driver.authenticator.report.outcome


def test_the_report_of_an_error_of_the_credential_provider() -> None:
    def broken(again: bool) -> Credential | None:
        raise AuthError("it does not answer", source="helper x")

    driver = Driver(lambda request: unauthorized('Basic realm="x"'), broken)
    with pytest.raises(AuthError):
        driver.run(get())
    assert driver.authenticator.report.outcome == "helper x: it does not answer"


def test_text_of_the_registry_is_printable() -> None:
    odd = "repository:\x1b[2Ja:pull"
    driver = Driver(
        lambda request: (
            unauthorized(bearer(odd, service="\x1b]0;x\x07")) if REALM not in str(request.url) else token_response(token="t")
        )
    )
    driver.run(get())
    assert str(driver.authenticator.report).replace("\n", "").isprintable()


SECRET = st.text("abcXYZ0189/+=-_.~", min_size=1, max_size=30).map(lambda text: f"S3CR3T{text}")
KINDS = st.sampled_from(["password", "identity_token", "registry_token"])


@given(SECRET, SECRET, KINDS, st.sampled_from(["bearer", "basic"]), st.sampled_from([200, 401, 403, 404, 500]))
def test_no_report_contains_a_secret(secret: str, token: str, kind: str, scheme: str, status: int) -> None:
    credential = Credential("alice", **{kind: secret})

    def answer(request: httpx.Request) -> httpx.Response:
        if REALM in str(request.url):
            return token_response(token=token, refresh_token=secret) if status == 200 else httpx.Response(status)
        if "Authorization" in request.headers:
            return httpx.Response(status)
        return unauthorized(bearer(realm=f"{REALM}?key={secret}") if scheme == "bearer" else 'Basic realm="x"')

    driver = Driver(answer, lambda again: credential)
    try:
        driver.run(get())
    except RegistryError as error:
        assert "S3CR3T" not in f"{error}{error!r}"
    report = driver.authenticator.report
    assert "S3CR3T" not in f"{report}{report!r}"


def test_the_report_names_what_was_passed_over() -> None:
    driver = Driver(lambda request: unauthorized('Basic realm="x"'))
    driver.held = HeldCredential(None, ("config.json: the content is not valid\nJSON", "helper: missing"))
    driver.run(get())
    report = driver.authenticator.report
    assert report.passed_over[1] == "helper: missing"
    assert str(report).split("\n")[1:4] == [
        "credential: not found; requests are anonymous",
        "challenge:  basic",
        "passed over: config.json: the content is not valid JSON",
    ]
