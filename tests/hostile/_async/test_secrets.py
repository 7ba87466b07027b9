"""Secrets in exceptions, their tracebacks, reprs and pickles."""

from __future__ import annotations

import html
import json
import logging
import os
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from docker_registry_sdk import AsyncRegistryClientV2, async_login
from docker_registry_sdk.credentials import AsyncConfigFileCredentials, Credential, ExplicitCredentials
from docker_registry_sdk.errors import AuthError, NotFoundError, RegistryError, TransportError, UnexpectedContentTypeError
from docker_registry_sdk.httpx_adapter import AsyncHttpxTransport
from docker_registry_sdk.types import AsyncClientOptions
from docker_registry_sdk.v2.api import list_tags
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import BASIC_SECRET, SECRET, at, demand
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of
from tests.support.secret_search import find_in_exception

pytestmark = pytest.mark.anyio

BASIC = 'Basic realm="x"'


def bearer(registry: Loopback) -> str:
    """Return a challenge of the registry's own token service."""
    return f'Bearer realm="{at(registry, "registry.example.com")}/token?key={SECRET}"'


ANSWERS: dict[str, Callable[[Handler], None]] = {
    "nothing": lambda handler: setattr(handler, "close_connection", True),
    "401": lambda handler: handler.reply(401, WWW_Authenticate=BASIC),
    "403": lambda handler: handler.reply(403),
    "500": lambda handler: handler.reply(500),
    "html": lambda handler: handler.reply(200, b"<html>", Content_Type="text/html"),
    "redirect nowhere": lambda handler: handler.reply(307, Location=f"http://alice:{SECRET}@x.example.com/?s={SECRET}"),
    "redirect": lambda handler: handler.reply(307, Location=f"/x?signature={SECRET}"),
    "broken header": lambda handler: handler.cut(f"HTTP/1.1 200 OK\r\nLocation {SECRET}\r\n\r\n".encode()),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("scheme", ["basic", "bearer"])
@pytest.mark.parametrize("of", ["registry", "token service"])
async def test_no_exception_shows_a_secret(registry: Loopback, answer: str, scheme: str, of: str) -> None:
    def respond(handler: Handler) -> None:
        if handler.path.startswith("/token") and of == "registry":
            handler.reply(200, f'{{"token": "{SECRET}"}}'.encode(), Content_Type="application/json")
        elif "Authorization" in handler.headers:
            ANSWERS[answer](handler)
        else:
            handler.reply(401, WWW_Authenticate=BASIC if scheme == "basic" else bearer(registry))

    registry.answer = respond
    async with client_of(registry) as client:
        with pytest.raises(RegistryError) as caught:
            await read_blob(client, digest_of(b"hello"))
        words = [*traceback.format_exception(caught.value), repr(caught.value), repr(client), str(client.explain_auth())]
    words.append(repr(pickle.loads(pickle.dumps(caught.value))))
    assert not any(secret in word for word in words for secret in (SECRET, BASIC_SECRET))
    assert find_in_exception(caught.value, (SECRET, BASIC_SECRET)) == []


@pytest.mark.parametrize("token", [f"{SECRET}\u00ff", f"{SECRET} x"])
async def test_a_token_that_cannot_be_sent_is_not_shown(registry: Loopback, token: str) -> None:
    registry.answer = lambda handler: handler.reply(401, WWW_Authenticate=bearer(registry))
    credentials = ExplicitCredentials(Credential(registry_token=token))
    async with client_of(registry, credentials=credentials) as client:
        with pytest.raises(RegistryError) as caught:
            await client.list_tags()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_password_in_a_realm_is_not_shown(registry: Loopback) -> None:
    realm = at(registry, "registry.example.com").replace("//", f"//bob:{SECRET}@")
    registry.answer = lambda handler: handler.reply(401, WWW_Authenticate=f'Bearer realm="{realm}/token"')
    async with client_of(registry) as client:
        with pytest.raises(RegistryError) as caught:
            await client.list_tags()
        report = client.explain_auth()
    assert report.realm == f"{at(registry, 'registry.example.com')}/token"
    assert SECRET not in "".join([*traceback.format_exception(caught.value), repr(report)])


async def test_the_token_in_a_response_of_another_media_type_is_not_in_the_exception(
    registry: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    def respond(handler: Handler) -> None:
        status, body = (200, f"token={SECRET}".encode()) if handler.path.startswith("/token") else (401, b"")
        handler.reply(
            status,
            body,
            Content_Type="text/plain",
            Set_Cookie=f"session={SECRET}",
            X_Docker_Token=f"signature={SECRET}",
            WWW_Authenticate=bearer(registry),
        )

    registry.answer = respond
    with caplog.at_level(logging.DEBUG):
        async with client_of(registry) as client:
            with pytest.raises(UnexpectedContentTypeError) as caught:
                await client.list_tags()
    assert (caught.value.raw, caught.value.headers["Set-Cookie"], caught.value.headers["x-docker-token"]) == (b"", "…", "…")
    assert find_in_exception(caught.value, (SECRET, BASIC_SECRET)) == []
    assert not any(secret in caplog.text for secret in (SECRET, BASIC_SECRET))


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
async def test_credentials_that_a_server_repeats_are_not_in_the_exception(registry: Loopback, kind: str) -> None:
    def respond(handler: Handler) -> None:
        sent = handler.headers.get("Authorization")
        if sent is None:
            handler.reply(401, WWW_Authenticate=BASIC)
        else:
            words = f"cannot find {sent}, password {SECRET}"
            body = words if kind == "text/plain" else f'{{"errors": [{{"code": "NAME_UNKNOWN", "message": "{words}"}}]}}'
            handler.reply(404, body.encode(), Content_Type=kind, X_Request_Id=sent, ETag=SECRET)

    registry.answer = respond
    async with client_of(registry) as client:
        with pytest.raises(NotFoundError, match="cannot find Basic …, password …") as caught:
            await client.list_tags()
    assert find_in_exception(caught.value, (SECRET, BASIC_SECRET)) == []


ODD_SECRET = 'S3"CR/3T<\u00e9&+ x'


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
@pytest.mark.parametrize(
    "form",
    [
        json.dumps(ODD_SECRET)[1:-1],
        json.dumps(ODD_SECRET, ensure_ascii=False)[1:-1],
        json.dumps(ODD_SECRET)[1:-1].replace("/", "\\/"),
        "".join(f"\\u{ord(letter):04X}" for letter in ODD_SECRET),
        quote(ODD_SECRET),
        quote(ODD_SECRET, safe=""),
        quote_plus(ODD_SECRET),
        html.escape(ODD_SECRET),
    ],
)
async def test_credentials_that_a_server_repeats_in_another_form_are_not_in_the_exception(
    registry: Loopback, kind: str, form: str
) -> None:
    text = f"no login with {form}"
    body = text if kind == "text/plain" else f'{{"errors": [{{"code": "UNKNOWN", "message": "{text}", "detail": ["{form}"]}}]}}'
    registry.answer = lambda handler: (
        None if demand(handler) else handler.reply(404, body.encode(), Content_Type=kind, X_Request_Id=quote(ODD_SECRET))
    )
    async with client_of(registry, credentials=ExplicitCredentials(Credential("alice", ODD_SECRET))) as client:
        with pytest.raises(NotFoundError, match=r"no login with (…|\\u0053)") as caught:
            await client.list_tags()
    shown = (ODD_SECRET,) if "\\u0053" in form and kind == "text/plain" else (ODD_SECRET, form)
    assert find_in_exception(caught.value, shown) == []


@pytest.mark.parametrize("use", ["proxy", "environment", "transport", "generated function"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_login_at_a_proxy_is_not_shown(
    registry: Loopback, monkeypatch: pytest.MonkeyPatch, use: str, scheme: str
) -> None:
    def answer(handler: Handler) -> None:
        sent = f"{handler.headers['Proxy-Authorization']} {SECRET}"
        head = f"HTTP/1.1 407 No {sent}\r\nContent-Type: text/plain\r\nETag: {sent}\r\nContent-Length: {len(sent)}\r\n\r\n"
        handler.cut(f"{head}{sent}".encode())

    registry.answer = answer
    monkeypatch.setattr(Handler, "do_CONNECT", Handler.answer_any, raising=False)
    proxy = registry.url.replace("//", f"//alice:{SECRET}@")
    url = f"{scheme}://registry.example.com"
    if use == "environment":
        monkeypatch.setenv("ALL_PROXY", proxy)
    async with httpx.AsyncClient(base_url=url, proxy=None if use == "environment" else proxy) as http:
        options: AsyncClientOptions = {"max_retries": 0}
        if use == "proxy":
            options["proxy"] = proxy
        elif use == "transport":
            options["transport"] = AsyncHttpxTransport(http)
        async with AsyncRegistryClientV2(f"{url}/a".removeprefix("https://"), **options) as client:
            with pytest.raises(RegistryError, match="407") as caught:
                await list_tags.asyncio(http if use == "generated function" else client, "a")
    assert len(registry.seen) == 1
    assert find_in_exception(caught.value, (SECRET, BASIC_SECRET)) == []


async def test_an_interrupted_call_leaves_no_secret_in_the_traceback(registry: Loopback) -> None:
    class Interrupt(BaseException):
        """An exception as a cancellation or Ctrl+C raises it inside a call."""

    async def interrupt(request: httpx.Request) -> None:
        if request.url.path == "/x":
            raise Interrupt

    registry.answer = lambda handler: handler.reply(307, Location=f"/x?signature={SECRET}")
    async with (
        httpx.AsyncClient(event_hooks={"request": [interrupt]}) as http,
        client_of(registry, transport=AsyncHttpxTransport(http)) as client,
    ):
        with pytest.raises(Interrupt) as caught:
            await client.list_tags()
    assert find_in_exception(caught.value, (SECRET, BASIC_SECRET)) == []


def write_helper(folder: Path, script: str) -> dict[str, str]:
    """Write a credential helper and a config.json that names it, and return the environment that finds both."""
    program = folder / "docker-credential-bad"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (folder / "config.json").write_text('{"credsStore": "bad"}')
    return {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}


@pytest.mark.parametrize(
    "content",
    [
        f'{{"auths": {{"r.example.com": {{"auth": "{SECRET}"',
        f'{{"auths": {{"r.example.com": {{"auth": "{SECRET}!!"}}}}}}',
        f'{{"auths": {{"r.example.com": {{"username": "a:b", "password": "{SECRET}"}}}}}}',
        f'{{"auths": {{"r.example.com": {{"identitytoken": "{SECRET}\\n"}}}}}}',
        f'{{"auths": {{"r.example.com": {{"registrytoken": "{SECRET}\\n"}}}}}}',
        None,
    ],
)
async def test_an_invalid_stored_credential_is_not_shown(tmp_path: Path, content: str | None) -> None:
    environ = write_helper(tmp_path, f"""cat > /dev/null; echo '{{"Username": "a:b", "Secret": "{SECRET}"}}'""")
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(AuthError) as caught:
        await AsyncConfigFileCredentials(environ=environ).get_credential("r.example.com")
    assert find_in_exception(caught.value, (SECRET,)) == []


async def test_a_password_that_a_helper_does_not_store_is_not_shown(
    registry: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in write_helper(tmp_path, f"cat > /dev/null; echo {SECRET} >&2; exit 1").items():
        monkeypatch.setenv(name, value)
    registry.answer = lambda handler: None if demand(handler) else handler.reply(200)
    with pytest.raises(AuthError, match="failed to store") as caught:
        await async_login(at(registry, "registry.example.com"), username="alice", password=SECRET, store=True)
    own = {"password in async_login", "password in login", "arguments in suggest_options", "options in suggest_options"}
    found = [place for place in find_in_exception(caught.value, (SECRET,)) if not place.startswith(tuple(own))]
    assert found == ["the rich traceback of AuthError"]  # of the arguments of the call


async def test_the_signature_of_a_redirect_is_neither_in_logs_nor_in_the_exception(
    registry: Loopback, evil: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    signed = f"{at(evil, 'storage.example.com')}/blob?X-Amz-Signature={SECRET}"
    registry.answer = lambda handler: handler.reply(307, Location=signed)
    evil.answer = lambda handler: handler.reply(403, f"<Signature>{SECRET}</Signature>".encode(), Content_Type="text/plain")
    with caplog.at_level(logging.DEBUG):
        async with client_of(registry) as client:
            with pytest.raises(RegistryError) as caught:
                await client.list_tags()
            evil.answer = lambda handler: setattr(handler, "close_connection", True)
            with pytest.raises(TransportError) as cut:
                await client.list_tags()
    assert find_in_exception(caught.value, (SECRET,)) == find_in_exception(cut.value, (SECRET,)) == []
    assert SECRET not in caplog.text
    assert "X-Amz-Signature=…" in caplog.text


@pytest.mark.parametrize("use", ["transport", "generated function"])
async def test_httpx_logs_other_requests_but_not_those_of_this_package(
    registry: Loopback, caplog: pytest.LogCaptureFixture, use: str
) -> None:
    registry.answer = lambda handler: handler.reply(
        200, b'{"name": "a", "tags": []}', Content_Type="application/json", Set_Cookie=f"session={SECRET}"
    )
    url = at(registry, "registry.example.com")
    with caplog.at_level(logging.DEBUG):
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {SECRET}"}) as http:
            if use == "transport":
                async with client_of(registry, transport=AsyncHttpxTransport(http)) as client:
                    await client.list_tags()
            else:
                await list_tags.asyncio(http, "a", next_url=f"{url}/v2/a/tags/list?_state={SECRET}")
            assert SECRET not in caplog.text
            await http.get("/other")
    assert any(record.name == "httpx" and "/other" in record.getMessage() for record in caplog.records)
