"""The tokens of an index, and the sessions of a registry, with which clients need a token only for the first request.

A token is valid for one repository and one kind of access:

    signature=0123...,repository="namespace/name",access=read

Source: The Docker Hub and the Registry spec, "Authorization"; docker-registry 0.9, toolkit.check_token; docker-registry up to 0.8
(sessions).
"""

import re
import secrets
import threading

import attrs
from starlette.requests import Request

MAX_TOKENS = 10_000
"""The maximum number of tokens that an index keeps; if there are more, the oldest is deleted."""

MAX_SESSIONS = 10_000
"""The maximum number of sessions that a registry keeps; if there are more, the oldest is deleted."""

METHODS = {"read": ("GET",), "write": ("PUT", "POST"), "delete": ("DELETE",)}
"""The HTTP methods that each kind of access allows."""

COOKIE_NAME = "session"

_NEW_COOKIE = "docker_registry_sdk.cookie"
_FIELD = re.compile(r'\b(\w+)[:=][\s"]?([^",]+)')


@attrs.frozen
class Token:
    """A token of an index.

    Args:
        signature: The random text with which the index recognizes the token.
        repository: The name of the repository.
        access: The kind of access: `read`, `write` or `delete`.
    """

    signature: str = attrs.field(repr=False)
    repository: str
    access: str

    def __str__(self) -> str:
        """Return the token in the form that HTTP headers contain."""
        return f'signature={self.signature},repository="{self.repository}",access={self.access}'

    def allows(self, method: str, repository: str | None) -> bool:
        """Return whether the token allows a request with a method and a repository.

        Args:
            method: The method of the request.
            repository: The repository in the path of the request, or None if the path contains no repository.
        """
        return method in METHODS.get(self.access, ()) and repository in (None, self.repository)


def parse_token(header: str | None) -> Token | None:
    """Parse the token in an `Authorization` header.

    Args:
        header: The value of the `Authorization` header, or None if the request has no such header.

    Returns:
        The token, or None if there is no header or its scheme is not `Token`.
    """
    scheme, _, _ = (header or "").partition(" ")
    if scheme.lower() != "token":
        return None
    fields = dict(_FIELD.findall(header or ""))
    return Token(fields.get("signature", ""), fields.get("repository", ""), fields.get("access", ""))


class IssuedTokens:
    """The tokens that an index has issued. Any thread may call the methods.

    Args:
        single_use: Whether a token is valid for only one request.
    """

    def __init__(self, *, single_use: bool) -> None:
        self._single_use = single_use
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(self, repository: str, access: str) -> Token:
        """Issue a token.

        Args:
            repository: The name of the repository.
            access: The kind of access.
        """
        token = Token(secrets.token_hex(16), repository, access)
        with self._lock:
            self._tokens[token.signature] = token
            if len(self._tokens) > MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
        return token

    def verify(self, token: Token) -> bool:
        """Return whether a token was issued by this index and is still valid. A single-use token becomes invalid.

        Args:
            token: The token that a client sent.
        """
        with self._lock:
            valid = self._tokens.get(token.signature) == token
            if valid and self._single_use:
                del self._tokens[token.signature]
            return valid


class Sessions:
    """The sessions of a registry. The methods may be called only in the thread of the event loop."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def open(self, request: Request, token: Token) -> None:
        """Open a session, and store its cookie in the scope of the request, where `new_cookie` finds it.

        Args:
            request: The request that contains the token.
            token: The token. The session allows the same access.
        """
        session = secrets.token_urlsafe(24)
        self._tokens[session] = token
        if len(self._tokens) > MAX_SESSIONS:
            del self._tokens[next(iter(self._tokens))]
        request.scope[_NEW_COOKIE] = f"{COOKIE_NAME}={session}; Path=/; HttpOnly"

    def find(self, request: Request) -> Token | None:
        """Return the token of the session to which a request belongs, or None if the request belongs to no session."""
        return self._tokens.get(request.cookies.get(COOKIE_NAME, ""))


def new_cookie(request: Request) -> str | None:
    """Return the value of `Set-Cookie` for the response to a request, or None if the request opened no session."""
    cookie: str | None = request.scope.get(_NEW_COOKIE)
    return cookie
