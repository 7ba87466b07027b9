"""The users of an index, and the handlers of `/v1/users`, with which clients log in, create a user or change a password."""

import base64
import hmac
import re
import threading
from collections.abc import Mapping

import attrs
from starlette.requests import Request
from starlette.responses import Response

from docker_registry_sdk.testing.v1.requests import is_object, read_json
from docker_registry_sdk.testing.v1.responses import V1Error, json_response

REALM = "docker-registry"

MAX_USERS = 10_000
"""The maximum number of users, so that requests cannot exhaust the memory."""

MIN_PASSWORD_LENGTH = 5

_NAME = re.compile(r"[a-z0-9_]{4,30}")


class Users:
    """The names and passwords of the users of an index. Any thread may call the methods.

    Args:
        users: The password of each user name, or None to accept all clients without a check.

    Source: Docker Hub API, "Users".
    """

    def __init__(self, users: Mapping[str, str] | None) -> None:
        self._lock = threading.Lock()
        self._passwords = None if users is None else dict(users)

    @property
    def unchecked(self) -> bool:
        """Return whether the index accepts all clients without a check of credentials, because `users` is None."""
        return self._passwords is None

    def authenticate(self, header: str | None) -> str | None:
        """Return the name of the user who sent a request, after a check of the credentials. The request may have no credentials.

        Args:
            header: The value of the `Authorization` header, or None if the request has no such header.

        Returns:
            The name of the user, or None if the request has no credentials or the index does not check users.

        Raises:
            V1Error: 401: the credentials are malformed or wrong.
        """
        if self._passwords is None or header is None:
            return None
        scheme, _, encoded = header.partition(" ")
        try:
            name, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except ValueError:
            raise unauthorized() from None
        correct = self._passwords.get(name)
        if scheme.lower() != "basic" or correct is None or not hmac.compare_digest(correct.encode(), password.encode()):
            raise unauthorized()
        return name

    def require(self, header: str | None) -> str | None:
        """Return the name of the user who sent a request, after a check of the credentials.

        If the index checks users, the request must have credentials; otherwise the credentials are ignored.

        Args:
            header: The value of the `Authorization` header, or None if the request has no such header.

        Returns:
            The name of the user, or None if the index does not check users.

        Raises:
            V1Error: 401: the credentials are missing, malformed or wrong.
        """
        name = self.authenticate(header)
        if name is None and not self.unchecked:
            raise unauthorized()
        return name

    def create(self, name: object, password: object) -> bool:
        """Check the name and the password of a new user, and add the user.

        If the index does not check users, add no user, but return True.

        Args:
            name: The user name in the request, which can have any JSON type.
            password: The password in the request, which can have any JSON type.

        Returns:
            True if the user was added, or False if a user with this name exists already.

        Raises:
            V1Error: 400: the name or the password is invalid, or there are MAX_USERS users already.
        """
        checked = _check_password(password)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise V1Error("Invalid user name (use 4 to 30 lower-case letters, digits or '_')")
        with self._lock:
            passwords = {} if self._passwords is None else self._passwords
            if name in passwords:
                return False
            if len(passwords) >= MAX_USERS:
                raise V1Error(f"No user can be created: the index has the maximum number of users ({MAX_USERS})")
            passwords[name] = checked
        return True

    def change_password(self, name: str, password: object) -> None:
        """Change the password of an existing user. If the index does not check users, only check the new password.

        Args:
            name: The name of the user.
            password: The new password in the request, which can have any JSON type.

        Raises:
            V1Error: 400: the new password is invalid.
        """
        checked = _check_password(password)
        with self._lock:
            if self._passwords is not None:
                self._passwords[name] = checked


@attrs.frozen
class UserHandlers:
    """The handlers of `/v1/users`.

    Args:
        users: The users of the index.

    Source: docker-registry 0.9, index.py. For the check of users: Docker Hub API, "Users".
    """

    users: Users

    async def check(self, request: Request) -> Response:
        """Check the credentials of a request, which `docker login` sends. If the index does not check users, always succeed."""
        self.users.require(request.headers.get("authorization"))
        return json_response("OK")

    async def create(self, request: Request) -> Response:
        """Create a user. If the index does not check users, create no user, but answer 201 as if the user had been created."""
        _, document = await read_json(request, "Error Decoding JSON")
        if not self.users.unchecked:
            if not is_object(document):
                raise V1Error("Invalid data")
            if not self.users.create(document.get("username"), document.get("password")):
                return json_response("Username or email already exists", 400)
        return json_response("User Created", 201)

    async def update(self, request: Request) -> Response:
        """Change the password of the user who sent the request. If the index does not check users, only answer 204."""
        if not self.users.unchecked:
            name = self.users.require(request.headers.get("authorization"))
            if name is None or name != request.path_params["username"]:
                raise V1Error("Not your account", 403)
            _, document = await read_json(request, "Error Decoding JSON")
            if not is_object(document):
                raise V1Error("Invalid data")
            if "password" in document:
                self.users.change_password(name, document["password"])
        return json_response("", 204)


def unauthorized() -> V1Error:
    """Return an error with the status 401, and with a Basic challenge in the header `WWW-Authenticate`."""
    return V1Error("Requires authorization", 401, {"www-authenticate": f'Basic realm="{REALM}"'})


def _check_password(password: object) -> str:
    if not isinstance(password, str) or len(password) < MIN_PASSWORD_LENGTH or not password.isprintable():
        raise V1Error(f"Invalid password (use at least {MIN_PASSWORD_LENGTH} printable characters)")
    return password
