"""Registries that redirect: to https on their own host, to another registry, and to hosts that require another login."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from docker_registry_sdk import AsyncRegistryClientV1, AsyncRegistryClientV2
from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import ForbiddenError, RegistryError, StatusError, UnauthorizedError
from tests.core.wire.loopback import Handler, Loopback, Responder, run_loopback
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

pytestmark = pytest.mark.anyio
ALICE = ExplicitCredentials(Credential("alice", "S3CR3T"))
BASIC = f"Basic {base64.b64encode(b'alice:S3CR3T').decode()}"
BLOB = b'{"name": "a", "tags": ["1"]}'


def shown(server: Loopback) -> list[str | None]:
    """Return the Authorization header of each request."""
    return [seen.headers.get("authorization") for seen in server.seen]


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Loopback]:
    """A registry with TLS on 127.0.0.1 that requires the login."""

    def answer(handler: Handler) -> None:
        if handler.headers.get("Authorization") != BASIC:
            handler.reply(401, WWW_Authenticate='Basic realm="x"')
        elif handler.command in ("PUT", "DELETE"):
            handler.reply(201 if handler.command == "PUT" else 202, Location="/v2/a/manifests/1")
        else:
            next_page = {} if "last=" in handler.path else {"Link": '</v2/a/tags/list?last=1>; rel="next"'}
            handler.reply(200, BLOB, Content_Type="application/json", **next_page)

    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with run_loopback(answer, context) as server:
        yield server


def to_https(secure: Loopback, status: int) -> Responder:
    """Return a function that redirects each request to https."""
    return lambda handler: handler.reply(status, Location=f"{secure.url}{handler.path}#fragment")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_registry_on_http_that_redirects_to_https_gets_the_login_there(
    secure: Loopback, tmp_path: Path, status: int
) -> None:
    with run_loopback(to_https(secure, status)) as plain:
        async with AsyncRegistryClientV2(f"{plain.url}/a", credentials=ALICE, ca_file=tmp_path / "ca.pem") as client:
            assert await client.list_tags() == ["1", "1"]
            assert await read_blob(client, digest_of(BLOB)) == BLOB
            await client.delete_manifest(digest_of(BLOB), referrers="off")
            assert client.explain_auth().registry == secure.url
        assert shown(plain) == [None]  # all other requests went to https at once
        assert shown(secure) == [None, *[BASIC] * 4]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_first_request_that_writes_is_sent_to_https(secure: Loopback, tmp_path: Path, status: int) -> None:
    with run_loopback(to_https(secure, status)) as plain:
        async with AsyncRegistryClientV2(f"{plain.url}/a", credentials=ALICE, ca_file=tmp_path / "ca.pem") as client:
            await client.put_manifest(b"{}", "1", media_type="x/y", referrers="off")
        assert shown(plain) == [None]
        assert [(seen.line.split(" ")[0], seen.body) for seen in secure.seen] == [("PUT", b"{}")] * 2


@pytest.mark.parametrize("path", ["/bucket/x?sig=1", "/v2/a/blobs/../../x", "/"])
async def test_https_storage_on_the_own_host_gets_no_login(secure: Loopback, tmp_path: Path, path: str) -> None:
    def answer(handler: Handler) -> None:
        if "Authorization" not in handler.headers:
            handler.reply(401, WWW_Authenticate='Basic realm="x"')
        else:
            handler.reply(307, Location=f"{secure.url}{path}")

    secure.answer = lambda handler: handler.reply(200, BLOB)
    with run_loopback(answer) as plain:
        async with AsyncRegistryClientV2(f"{plain.url}/a", credentials=ALICE, ca_file=tmp_path / "ca.pem") as client:
            for _ in range(2):
                assert await read_blob(client, digest_of(BLOB)) == BLOB
        assert shown(plain) == [None, BASIC, BASIC]
        assert shown(secure) == [None, None]


async def test_an_index_of_api_v1_on_http_that_redirects_to_https_gets_the_login_there(secure: Loopback, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        body = b"[]" if handler.path.endswith("/images") else b'{"latest": "%s"}' % (b"a" * 64)
        handler.reply(200, body, Content_Type="application/json", X_Docker_Token="t", X_Docker_Endpoints="")

    secure.answer = answer
    with run_loopback(to_https(secure, 301)) as plain:
        async with AsyncRegistryClientV1(f"{plain.url}/a/b", credentials=ALICE, ca_file=tmp_path / "ca.pem") as client:
            assert await client.list_repo_tags() == {"latest": "a" * 64}
        assert secure.seen[0].headers["authorization"] == BASIC


def other_registry(realm: str, token: Responder) -> Responder:
    """Return a function that answers as a public registry with anonymous tokens."""

    def answer(handler: Handler) -> None:
        if "/token" in handler.path:
            token(handler)
        elif handler.headers.get("Authorization") == "Bearer anonymous":
            handler.reply(200, BLOB, Content_Type="application/json")
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s",scope="repository:x/a:pull"')

    return answer


def issue(handler: Handler) -> None:
    """Answer with a token."""
    handler.reply(200, b'{"token": "anonymous"}', Content_Type="application/json")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("credentials", [ALICE, None], ids=["login", "anonymous"])
async def test_a_name_that_redirects_to_another_registry_uses_an_anonymous_token(
    status: int, credentials: ExplicitCredentials | None
) -> None:
    credentials = credentials or ExplicitCredentials(Credential("alice", "x"), "other.example.com")
    with run_loopback(other_registry("/token", issue)) as other:
        port = other.url.rpartition(":")[2]

        def answer(handler: Handler) -> None:
            handler.reply(status, Location=f"http://localhost:{port}/v2/x{handler.path.removeprefix('/v2')}")

        with run_loopback(answer) as vanity:
            async with AsyncRegistryClientV2(f"{vanity.url}/a", credentials=credentials) as client:
                assert await client.list_tags() == ["1"]
                assert await read_blob(client, digest_of(BLOB)) == BLOB
                assert (await client.ping()).status == 200
            assert shown(vanity) == [None] * 3
    tokens = [seen for seen in other.seen if "/token" in seen.target]
    assert [seen.target.split("&")[0] for seen in tokens] == ["/token?service=s"]  # one for all requests with its scope
    assert "scope=repository%3Ax%2Fa%3Apull" in tokens[0].target
    assert set(shown(other)) == {None, "Bearer anonymous"}


@pytest.mark.parametrize("absolute", [True, False])
async def test_further_pages_behind_a_name_that_redirects_are_read_there(absolute: bool) -> None:
    with run_loopback(other_registry("/token", issue)) as other:
        host = f"http://localhost:{other.url.rpartition(':')[2]}"
        first_answer = other.answer

        def answer(handler: Handler) -> None:
            if "/token" in handler.path or handler.headers.get("Authorization") != "Bearer anonymous":
                first_answer(handler)
            elif "last=1" in handler.path:
                handler.reply(200, b'{"tags": ["2"]}')
            else:
                handler.reply(200, BLOB, Link=f'<{host if absolute else ""}{handler.path}?last=1>; rel="next"')

        other.answer = answer
        with run_loopback(lambda handler: handler.reply(307, Location=f"{host}/v2/x/a/tags/list")) as vanity:
            async with AsyncRegistryClientV2(f"{vanity.url}/a", credentials=ALICE) as client:
                assert await client.list_tags() == ["1", "2"]
            assert len(vanity.seen) == 1
    assert set(shown(other)) == {None, "Bearer anonymous"}
    assert sum("/token" in seen.target for seen in other.seen) == 1


async def test_a_page_behind_a_name_that_redirects_leads_to_no_third_host() -> None:
    with run_loopback(lambda handler: handler.reply(200, BLOB, Link='<http://third.example.com/x>; rel="next"')) as other:
        location = f"http://localhost:{other.url.rpartition(':')[2]}/v2/x/a/tags/list"
        with run_loopback(lambda handler: handler.reply(307, Location=location)) as vanity:
            async with AsyncRegistryClientV2(f"{vanity.url}/a", credentials=ALICE) as client:
                with pytest.raises(RegistryError, match="another"):
                    await client.list_tags()
    assert len(other.seen) == 1


@pytest.mark.parametrize("refusal", [401, 403])
async def test_a_401_of_another_host_is_called_that(refusal: int) -> None:
    with run_loopback(other_registry("/token", lambda handler: handler.reply(refusal))) as other:
        host = f"localhost:{other.url.rpartition(':')[2]}"
        with run_loopback(lambda handler: handler.reply(307, Location=f"http://{host}/v2/")) as vanity:
            async with AsyncRegistryClientV2(f"{vanity.url}/a", credentials=ALICE) as client:
                with pytest.raises(UnauthorizedError) as caught:
                    await client.list_tags()
                other.answer = lambda handler: handler.reply(401, WWW_Authenticate='Basic realm="x"')
                with pytest.raises(UnauthorizedError) as basic:
                    await read_blob(client, digest_of(BLOB))
    for error in (caught.value, basic.value):
        assert error.problem.endswith(f"401 Unauthorized from {host}, to which the registry has led the request")
        assert error.redirected_to == host
        assert "login of its own" in error.hint
    assert set(shown(other)) == {None}


async def test_errors_of_storage_name_its_host() -> None:
    with run_loopback(lambda handler: handler.reply(403)) as storage:
        host = f"localhost:{storage.url.rpartition(':')[2]}"
        with run_loopback(lambda handler: handler.reply(307, Location=f"http://{host}/x?sig=S3CR3T")) as registry:
            async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=ALICE, max_retries=0) as client:
                with pytest.raises(ForbiddenError, match=f"403 Forbidden from {host}, .* the URL may have expired") as forbidden:
                    await read_blob(client, digest_of(BLOB))
                registry.answer = lambda handler: handler.reply(418)
                with pytest.raises(StatusError) as own:
                    await client.list_tags()
    assert "S3CR3T" not in str(forbidden.value)
    assert own.value.redirected_to is None


async def test_only_reads_get_an_anonymous_token_elsewhere() -> None:
    with run_loopback(other_registry("/token", issue)) as other:
        location = f"http://localhost:{other.url.rpartition(':')[2]}/upload"
        with run_loopback(lambda handler: handler.reply(202, Location=location)) as registry:
            async with AsyncRegistryClientV2(f"{registry.url}/a", credentials=ALICE) as client:
                session = await client.start_blob_upload()
                with pytest.raises(UnauthorizedError, match="to which the registry has led the request"):
                    await client.upload_blob_chunk(session, b"x")
    assert [seen.line.split(" ")[0] for seen in other.seen] == ["PATCH"]
