"""The tokens of an index: each is for one repository and one kind of access.

    signature=0123...,repository="namespace/name",access=read

Source: The Docker Hub and the Registry spec, "Authorization"; docker-registry 0.9, toolkit.check_token.
"""

import re
import secrets
import threading

import attrs
from starlette.requests import Request

LEDGER_LIMIT = 10_000
"""How many tokens an index remembers; the oldest are forgotten first."""

METHODS = {"read": ("GET",), "write": ("PUT", "POST"), "delete": ("DELETE",)}
"""The methods that each kind of access allows."""

_FIELD = re.compile(r'\b(\w+)[:=][\s"]?([^",]+)')


@attrs.frozen
class Token:
    """A token.

    Args:
        signature: What makes it hard to guess.
        repository: The repository that it is for.
        access: What it allows: read, write or delete.
    """

    signature: str = attrs.field(repr=False)
    repository: str
    access: str

    def __str__(self) -> str:
        """Return the token as it stands in a header."""
        return f'signature={self.signature},repository="{self.repository}",access={self.access}'

    def allows(self, method: str, repository: str | None) -> bool:
        """Say whether a call is of the kind that the token is for.

        Args:
            method: The method of the call.
            repository: The repository in its path, if there is one.
        """
        return method in METHODS.get(self.access, ()) and repository in (None, self.repository)


def parse_token(header: str | None) -> Token | None:
    """Read a token.

    Args:
        header: The `Authorization` of a request, if it has one.

    Returns:
        The token, or None when the header is missing or something else.
    """
    scheme, _, _ = (header or "").partition(" ")
    if scheme.lower() != "token":
        return None
    fields = dict(_FIELD.findall(header or ""))
    return Token(fields.get("signature", ""), fields.get("repository", ""), fields.get("access", ""))


class TokenLedger:
    """The tokens that an index has given; any thread may use it.

    Args:
        single_use: Whether a token is good for one call only.
    """

    def __init__(self, *, single_use: bool) -> None:
        self._single_use = single_use
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(self, repository: str, access: str) -> Token:
        """Give a token.

        Args:
            repository: The repository that it is for.
            access: What it allows.

        Returns:
            The token.
        """
        token = Token(secrets.token_hex(16), repository, access)
        with self._lock:
            self._tokens[token.signature] = token
            if len(self._tokens) > LEDGER_LIMIT:
                del self._tokens[next(iter(self._tokens))]
        return token

    def use(self, token: Token) -> bool:
        """Take a token.

        Args:
            token: What a client sent.

        Returns:
            Whether the token was given by this index, just as it is, and was not used up before.
        """
        with self._lock:
            good = self._tokens.get(token.signature) == token
            if good and self._single_use:
                del self._tokens[token.signature]
            return good


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
