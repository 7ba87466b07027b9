"""The users of an index: a small list of names and passwords."""

import base64
import hmac
import re
import threading
from collections.abc import Mapping

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.v1.requests import is_object, read_document
from docker_registry_sdk.testing.v1.responses import V1Error, reply

REALM = "docker-registry"
USERS_LIMIT = 10_000

_NAME = re.compile(r"[a-z0-9_]{4,30}")
_PASSWORD_LENGTH = 5


class Users:
    """The users; any thread may ask.

    Args:
        users: Names and passwords; None lets everybody in.

    Source: Docker Hub API, "Users".
    """

    def __init__(self, users: Mapping[str, str] | None) -> None:
        self._lock = threading.Lock()
        self._passwords = None if users is None else dict(users)

    @property
    def open(self) -> bool:
        """Whether everybody is let in."""
        return self._passwords is None

    def authenticate(self, header: str | None) -> str | None:
        """Find out who sends a request.

        Args:
            header: The request's `Authorization`, if it has one.

        Returns:
            The user's name; None when nobody has to say, or there is no header.

        Raises:
            V1Error: 401: the credentials are wrong, or no credentials at all.
        """
        if self._passwords is None or header is None:
            return None
        scheme, _, encoded = header.partition(" ")
        try:
            name, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except ValueError:
            raise unauthorized() from None
        known = self._passwords.get(name)
        if scheme.lower() != "basic" or known is None or not hmac.compare_digest(known.encode(), password.encode()):
            raise unauthorized()
        return name

    def require(self, header: str | None) -> str | None:
        """Find out who sends a request that is not for everybody.

        Args:
            header: The request's `Authorization`, if it has one.

        Returns:
            The user's name; None when nobody has to say.

        Raises:
            V1Error: 401.
        """
        name = self.authenticate(header)
        if name is None and not self.open:
            raise unauthorized()
        return name

    def create(self, name: object, password: object) -> bool:
        """Add a user.

        Args:
            name: The name, as it came.
            password: The password, as it came.

        Returns:
            False when the name is taken.

        Raises:
            V1Error: 400: the name or the password is not of the right form, or there are too many users.
        """
        checked = check_password(password)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise V1Error(f"Invalid user name (must match {_NAME.pattern})")
        with self._lock:
            passwords = {} if self._passwords is None else self._passwords
            if name in passwords:
                return False
            if len(passwords) >= USERS_LIMIT:
                raise V1Error("Too many users")
            passwords[name] = checked
        return True

    def change_password(self, name: str, password: object) -> None:
        """Give a user, who is there, another password.

        Args:
            name: The user's name.
            password: The password, as it came.

        Raises:
            V1Error: 400.
        """
        checked = check_password(password)
        with self._lock:
            if self._passwords is not None:
                self._passwords[name] = checked


def check_password(password: object) -> str:
    """Check that a password is long enough; 400 when it is not."""
    if not isinstance(password, str) or len(password) < _PASSWORD_LENGTH or not password.isprintable():
        raise V1Error(f"Invalid password (must have {_PASSWORD_LENGTH} characters or more)")
    return password


def unauthorized() -> V1Error:
    """Return the error for credentials that are missing or wrong."""
    return V1Error("Requires authorization", 401, {"www-authenticate": f'Basic realm="{REALM}"'})


@attrs.frozen
class IndexUsers:
    """The handlers of `/v1/users` and `/v1/search`.

    Args:
        users: The users.

    Source: docker-registry 0.9, index.py and search.py; where there are users, Docker Hub API, "Users".
    """

    users: Users

    async def check(self, request: Request) -> Response:
        """Tell whether credentials are good; they are when everybody is let in."""
        self.users.require(request.headers.get("authorization"))
        return reply("OK")

    async def create(self, request: Request) -> Response:
        """Add a user, or say so when everybody is let in."""
        _, document = await read_document(request, "Error Decoding JSON")
        if not self.users.open:
            if not is_object(document):
                raise V1Error("Invalid data")
            if not self.users.create(document.get("username"), document.get("password")):
                return reply("Username or email already exists", 400)
        return reply("User Created", 201)

    async def update(self, request: Request) -> Response:
        """Change a user's own password; when everybody is let in, nothing is read."""
        if not self.users.open:
            name = self.users.require(request.headers.get("authorization"))
            if name is None or name != request.path_params["username"]:
                raise V1Error("Not your account", 403)
            _, document = await read_document(request, "Error Decoding JSON")
            if not is_object(document):
                raise V1Error("Invalid data")
            if "password" in document:
                self.users.change_password(name, check_password(document["password"]))
        return reply("", 204)
