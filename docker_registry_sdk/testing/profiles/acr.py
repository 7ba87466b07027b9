"""The profile of Azure Container Registry."""

from urllib.parse import parse_qs

import attrs
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from docker_registry_sdk.testing.auth.headers import SERVICE, parse_authorization, parse_basic
from docker_registry_sdk.testing.faults.exchange import FaultExchange, RequestInfo
from docker_registry_sdk.testing.faults.fault import Fault
from docker_registry_sdk.testing.faults.responses import Status, send_json
from docker_registry_sdk.testing.faults.tokens import TokenWithout
from docker_registry_sdk.testing.profiles.effects import ChangeRequest
from docker_registry_sdk.testing.profiles.profile import RegistryProfile, RegistryQuirk, always
from docker_registry_sdk.testing.profiles.requests import body_of, post_form, read_body, without_credentials
from docker_registry_sdk.testing.settings import RegistrySettings

ZERO_USER = "00000000-0000-0000-0000-000000000000"
"""The user name of requests whose password is a refresh token."""

MAX_AUTHORIZATION_LENGTH = 8192


def _is_too_long(call: RequestInfo) -> bool:
    return len(call.headers.get("authorization", "")) > MAX_AUTHORIZATION_LENGTH


@attrs.frozen
class TokenExchange:
    """An effect that exchanges a Microsoft Entra ID token for a refresh token.

    In this profile, the password of the embedded registry's user serves as the Entra ID token.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send a refresh token if the form in the request contains a correct Entra ID token. Otherwise, send an error."""
        form = parse_qs((await read_body(exchange.receive)).decode("latin-1"))
        grant, password = form.get("grant_type", [""])[0], form.get("access_token", [""])[0]
        if exchange.request.method != "POST" or grant != "access_token" or not password:
            await Status(400, message="grant_type and access_token are required").play(exchange, app)
            return
        fields = {"grant_type": "password", "username": exchange.registry.account.username, "password": password}
        common = {"service": SERVICE, "client_id": "exchange", "access_type": "offline"}
        response = await post_form(app, exchange.scope, exchange.registry.token_path, {**fields, **common})
        if response.status == 200:
            await send_json(exchange.send, 200, {"refresh_token": response.json()["refresh_token"]})
        else:
            await Status(401, message="the Entra token is invalid").play(exchange, app)


@attrs.frozen
class AcceptZeroUser:
    """An effect that accepts a token request with the user name `ZERO_USER` and with a refresh token as the password."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send an access token in exchange for a refresh token if the user name is `ZERO_USER`; else call the token service."""
        authorization = parse_authorization(exchange.request.headers.get("authorization"))
        credentials = parse_basic(authorization.value) if authorization and authorization.scheme == "basic" else None
        if credentials is None or credentials[0] != ZERO_USER:
            await app(exchange.scope, exchange.receive, exchange.send)
            return
        fields = {"grant_type": "refresh_token", "refresh_token": credentials[1], "service": SERVICE, "client_id": "zeros"}
        scope = " ".join(exchange.request.query.getlist("scope"))
        response = await post_form(app, exchange.scope, exchange.registry.token_path, {**fields, "scope": scope})
        await response.send(exchange.send)


@attrs.frozen
class RefusePasswordByPost:
    """An effect that sends 400 if a token request by POST has the grant type `password`."""

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send an error for the grant type `password`, and call the token service for other grant types."""
        body = await read_body(exchange.receive)
        if parse_qs(body.decode("latin-1")).get("grant_type") == ["password"]:
            await Status(400, message="the grant type is not supported").play(exchange, app)
            return
        await app(exchange.scope, body_of(body), exchange.send)


@attrs.frozen
class HeaderTooLarge:
    """An effect that sends the page with which a reverse proxy answers a request whose header is too large.

    The effect does not check the size of the header; the fault must have a condition for it.
    """

    async def play(self, exchange: FaultExchange, app: ASGIApp) -> None:
        """Send the error page."""
        title = "400 Request Header Or Cookie Too Large"
        await HTMLResponse(f"<html>\n<title>{title}</title>\n<h1>{title}</h1>\n</html>\n", 400)(
            exchange.scope, exchange.receive, exchange.send
        )


ACR = RegistryProfile(
    name="acr",
    settings=RegistrySettings(token_path="/oauth2/token"),
    quirks=(
        RegistryQuirk("token-path", "The token service is at /oauth2/token.", "Azure/acr, AAD-OAuth"),
        RegistryQuirk(
            "only-access-token",
            "The response of the token service has access_token, but not token.",
            "Azure/acr, AAD-OAuth",
            (always(TokenWithout("token"), ("get_token", "post_token")),),
        ),
        RegistryQuirk(
            "token-exchange",
            "At /oauth2/exchange, a token of Microsoft Entra ID is exchanged for a refresh token.",
            "Azure/acr, AAD-OAuth",
            (always(TokenExchange(), path="/oauth2/exchange"),),
        ),
        RegistryQuirk(
            "zero-user",
            "With the user name 00000000-0000-0000-0000-000000000000, the password is a refresh token.",
            "Azure/acr, AAD-OAuth",
            (always(AcceptZeroUser(), "get_token"),),
        ),
        RegistryQuirk(
            "no-password-by-post",
            "A token request by POST with a password is answered with 400; a token request by GET is accepted.",
            "containerd, remotes/docker/auth",
            (always(RefusePasswordByPost(), "post_token"),),
        ),
        RegistryQuirk(
            "header-limit",
            "A request whose token is too long, because of many scopes, is answered with 400 and a web page.",
            "zot#2903, Azure/acr#797",
            (always(HeaderTooLarge(), when=_is_too_long),),
        ),
        RegistryQuirk(
            "unauthorized-during-upload",
            "During an upload, requests with a valid token are answered with 401; in this profile once, for the second chunk.",
            "Azure/acr#841",
            (Fault(ChangeRequest(without_credentials), operation="upload_blob_chunk", after=1),),
        ),
    ),
)
