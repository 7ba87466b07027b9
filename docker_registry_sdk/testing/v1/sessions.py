"""Session cookies, which take the place of a token after the first call.

Source: The Docker Hub and the Registry spec, "Authorization"; docker-registry up to 0.8.
"""

import secrets

from starlette.requests import Request

from docker_registry_sdk.testing.v1.tokens import LEDGER_LIMIT, Token

COOKIE = "session"
_GIVEN = "docker_registry_sdk.cookie"


class Sessions:
    """The sessions that a registry has opened; for the thread of its event loop only."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def open(self, request: Request, token: Token) -> None:
        """Open a session, and have the answer to the request give its cookie.

        Args:
            request: The request that brought the token.
            token: The token that the session takes the place of.
        """
        session = secrets.token_urlsafe(24)
        self._tokens[session] = token
        if len(self._tokens) > LEDGER_LIMIT:
            del self._tokens[next(iter(self._tokens))]
        request.scope[_GIVEN] = f"{COOKIE}={session}; Path=/; HttpOnly"

    def find(self, request: Request) -> Token | None:
        """Return the token that a request's session stands for, or None when there is no session."""
        return self._tokens.get(request.cookies.get(COOKIE, ""))


def given_cookie(request: Request) -> str | None:
    """Return the `Set-Cookie` that the answer to a request has to have, if any."""
    cookie: str | None = request.scope.get(_GIVEN)
    return cookie
