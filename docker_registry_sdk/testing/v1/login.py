"""The login of API v1 if the registry has the option `auth`: the same user as in API v2."""

import attrs
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.headers import parse_authorization, parse_basic
from docker_registry_sdk.testing.v1.layer_redirects import SIGNED_URL_PATH
from docker_registry_sdk.testing.v1.settings import V1Settings
from docker_registry_sdk.testing.v1.users import unauthorized

_PINGS = frozenset({"/_ping", "/v1/_ping"})
# Paths that are not for everybody who may pull: a search lists all repositories.
_PRIVATE_PATHS = ("/v1/search", "/v1/users")
_SIGNED_URLS = SIGNED_URL_PATH.partition("{")[0]


@attrs.frozen
class RequireLogin:
    """An ASGI middleware that requires the user name and password of the registry's user for API v1.

    Anonymous clients may ping, and read images if they may pull in API v2; they may not search. If the registry is not
    standalone, its own checks of tokens and sessions decide about requests with a token or a cookie.

    Args:
        app: API v1 as an ASGI application.
        account: The account of the user.
        settings: The settings of API v1.
    """

    app: ASGIApp
    account: Account
    settings: V1Settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 with a Basic challenge if a request needs a login and has none."""
        app = self.app if self._is_allowed(Request(scope)) else unauthorized().response()
        await app(scope, receive, send)

    def _is_allowed(self, request: Request) -> bool:
        path: str = request.scope["path"]
        if path in _PINGS or path.startswith(_SIGNED_URLS):
            return True
        authorization = parse_authorization(request.headers.get("authorization"))
        if authorization is not None and authorization.scheme == "basic":
            credentials = parse_basic(authorization.value)
            return credentials is not None and self.account.matches(*credentials)
        # An index ignores cookies, and lets everybody read the list of images of a public repository.
        is_image_list = path.startswith("/v1/repositories/") and path.endswith("/images")
        has_token = authorization is not None or ("cookie" in request.headers and not is_image_list)
        if has_token and not self.settings.standalone and not path.startswith(_PRIVATE_PATHS):
            return True
        is_read = request.method in ("GET", "HEAD") and not path.startswith(_PRIVATE_PATHS)
        return is_read and self.account.anonymous_pull
