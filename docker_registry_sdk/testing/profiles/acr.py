"""Azure Container Registry."""

from urllib.parse import parse_qs

import attrs
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Scope

from docker_registry_sdk.testing.auth.headers import SERVICE, parse_authorization, parse_basic
from docker_registry_sdk.testing.faults.exchange import Call, Exchange
from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.faults.responses import Status, answer_json
from docker_registry_sdk.testing.faults.tokens import TokenWithout
from docker_registry_sdk.testing.profiles.effects import ChangeRequest
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always
from docker_registry_sdk.testing.profiles.requests import body_of, post_form, read_body, without_header
from docker_registry_sdk.testing.settings import Settings

ZERO_USER = "00000000-0000-0000-0000-000000000000"
"""The user name that says that the password is a refresh token."""

HEADER_LIMIT = 8192


def _is_too_long(call: Call) -> bool:
    return len(call.headers.get("authorization", "")) > HEADER_LIMIT


def _without_credentials(exchange: Exchange) -> Scope:
    return without_header(exchange.scope, "authorization")


@attrs.frozen
class TokenExchange:
    """A token of the directory service is exchanged for a refresh token; the user's password stands for the former."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service give out a refresh token."""
        form = parse_qs((await read_body(exchange.receive)).decode("latin-1"))
        grant, password = form.get("grant_type", [""])[0], form.get("access_token", [""])[0]
        if exchange.call.method != "POST" or grant != "access_token" or not password:
            await Status(400, message="grant_type and access_token are needed").play(exchange, app)
            return
        fields = {"grant_type": "password", "username": exchange.site.account.username, "password": password}
        common = {"service": SERVICE, "client_id": "exchange", "access_type": "offline"}
        answer = await post_form(app, exchange.scope, exchange.site.token_path, {**fields, **common})
        if answer.status == 200:
            await answer_json(exchange.send, 200, {"refresh_token": answer.json()["refresh_token"]})
        else:
            await Status(401, message="the token of the directory service is not good").play(exchange, app)


@attrs.frozen
class ZeroUser:
    """With the user name of zeros, the password is a refresh token."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Let the token service give out a token for the refresh token."""
        authorization = parse_authorization(exchange.call.headers.get("authorization"))
        credentials = parse_basic(authorization.value) if authorization is not None else None
        if credentials is None or credentials[0] != ZERO_USER:
            await app(exchange.scope, exchange.receive, exchange.send)
            return
        fields = {"grant_type": "refresh_token", "refresh_token": credentials[1], "service": SERVICE, "client_id": "zeros"}
        scope = " ".join(exchange.call.query.getlist("scope"))
        answer = await post_form(app, exchange.scope, exchange.site.token_path, {**fields, "scope": scope})
        await answer.send(exchange.send)


@attrs.frozen
class NoPasswordByPost:
    """The token service takes a password by GET only."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Refuse a password, and let the token service answer the rest."""
        body = await read_body(exchange.receive)
        if parse_qs(body.decode("latin-1")).get("grant_type") == ["password"]:
            await Status(400, message="the grant type is not supported").play(exchange, app)
            return
        await app(exchange.scope, body_of(body), exchange.send)


@attrs.frozen
class HeaderTooLong:
    """The proxy before the registry refuses a request."""

    async def play(self, exchange: Exchange, app: ASGIApp) -> None:
        """Answer with a web page."""
        title = "400 Request Header Or Cookie Too Large"
        await HTMLResponse(f"<html>\n<title>{title}</title>\n<h1>{title}</h1>\n</html>\n", 400)(
            exchange.scope, exchange.receive, exchange.send
        )


ACR = Profile(
    name="acr",
    settings=Settings(token_path="/oauth2/token"),
    quirks=(
        Quirk("token-path", "The token service is at /oauth2/token.", "Azure/acr, AAD-OAuth"),
        Quirk(
            "only-access-token",
            "The answer of the token service has access_token, and no token.",
            "Azure/acr, AAD-OAuth",
            (always(TokenWithout("token"), ("get_token", "post_token")),),
        ),
        Quirk(
            "token-exchange",
            "At /oauth2/exchange, a token of the directory service is exchanged for a refresh token.",
            "Azure/acr, AAD-OAuth",
            (always(TokenExchange(), path="/oauth2/exchange"),),
        ),
        Quirk(
            "zero-user",
            "With the user name 00000000-0000-0000-0000-000000000000, the password is a refresh token.",
            "Azure/acr, AAD-OAuth",
            (always(ZeroUser(), "get_token"),),
        ),
        Quirk(
            "no-password-by-post",
            "A POST with a password is answered with 400; a GET is not.",
            "containerd, remotes/docker/auth",
            (always(NoPasswordByPost(), "post_token"),),
        ),
        Quirk(
            "header-limit",
            "A token that has grown too long with many scopes is answered with 400 and a web page.",
            "zot#2903, Azure/acr#797",
            (always(HeaderTooLong(), when=_is_too_long),),
        ),
        Quirk(
            "unauthorized-in-mid-upload",
            "In mid upload a token that is good is answered with 401; the second chunk meets it, once.",
            "Azure/acr#841",
            (Fault(ChangeRequest(_without_credentials), operation="upload_blob_chunk", after=1),),
        ),
    ),
)
