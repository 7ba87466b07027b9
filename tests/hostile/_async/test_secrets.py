"""Secrets in exceptions, their tracebacks, reprs and pickles."""

from __future__ import annotations

import base64
import pickle
import traceback
from collections.abc import Callable

import pytest

from docker_registry_sdk.credentials import Credential, ExplicitCredentials
from docker_registry_sdk.errors import RegistryError
from tests.core.wire.loopback import Handler, Loopback
from tests.hostile._async.clients import client_of
from tests.hostile.conftest import SECRET, at
from tests.support._async.blobs import read_blob
from tests.support.images import digest_of

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
    encoded = base64.b64encode(f"alice:{SECRET}".encode()).decode()
    assert not any(secret in word for word in words for secret in (SECRET, encoded))


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
