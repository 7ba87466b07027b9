"""The tokens that an index issues, and the sessions that a registry opens.

A client sends a token to the registry. If the registry opens a session for the token, the client sends the cookie of the session
with all further requests, and needs no further token.

A token is valid for one repository and one kind of access. In HTTP headers, a token has this form:

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
    """A token, with which an index allows a client one kind of access to one repository.

    Args:
        signature: A random text that identifies the token.
        repository: The name of the repository.
        access: The kind of access: `read`, `write` or `delete`. In a token that a client sent, it can be any text.
    """

    signature: str = attrs.field(repr=False)
    repository: str
    access: str

    def __str__(self) -> str:
        """Return the token in the form that HTTP headers contain."""
        return f'signature={self.signature},repository="{self.repository}",access={self.access}'

    def allows(self, method: str, repository: str | None) -> bool:
        """Return whether the token allows a request with a method and a repository.

        `read` allows only GET, `write` only PUT and POST, and `delete` only DELETE.

        Args:
            method: The method of the request.
            repository: The repository in the path of the request, or None if the path contains no repository. None means that
                only the kind of access is checked.
        """
        return method in METHODS.get(self.access, ()) and repository in (None, self.repository)


def parse_token(header: str | None) -> Token | None:
    """Parse the token in an `Authorization` header.

    Args:
        header: The value of the `Authorization` header, or None if the request has no such header.

    Returns:
        The token, which has not been verified, or None if there is no header or the scheme in the header is not `Token`. Fields
        that the header does not contain are empty.
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
        """Create a token with a random signature, and keep the token so that `verify` accepts it.

        Args:
            repository: The name of the repository.
            access: The kind of access: `read`, `write` or `delete`.
        """
        token = Token(secrets.token_hex(16), repository, access)
        with self._lock:
            self._tokens[token.signature] = token
            if len(self._tokens) > MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]
        return token

    def verify(self, token: Token) -> bool:
        """Return whether a token was issued by this index and is still valid.

        If `single_use` is True, this call makes the token invalid.

        Args:
            token: The token that a client sent.
        """
        with self._lock:
            valid = self._tokens.get(token.signature) == token
            if valid and self._single_use:
                del self._tokens[token.signature]
            return valid


class Sessions:
    """The open sessions of a registry. Only the thread of the event loop may call the methods."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def open(self, request: Request, token: Token) -> None:
        """Open a session. Store the cookie of the session in the ASGI scope of the request, from which `new_cookie` reads it.

        Args:
            request: The request that contains the token.
            token: The token, already verified. The session allows the same requests as the token.
        """
        session = secrets.token_urlsafe(24)
        self._tokens[session] = token
        if len(self._tokens) > MAX_SESSIONS:
            del self._tokens[next(iter(self._tokens))]
        request.scope[_NEW_COOKIE] = f"{COOKIE_NAME}={session}; Path=/; HttpOnly"

    def find(self, request: Request) -> Token | None:
        """Return the token that opened the session of a request, or None if the request has no cookie of an open session."""
        return self._tokens.get(request.cookies.get(COOKIE_NAME, ""))


def new_cookie(request: Request) -> str | None:
    """Return the value of `Set-Cookie` for the response to a request, or None if the request opened no session."""
    cookie: str | None = request.scope.get(_NEW_COOKIE)
    return cookie
