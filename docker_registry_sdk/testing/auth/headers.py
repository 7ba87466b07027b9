"""The headers of HTTP authentication: credentials in `Authorization`, and challenges in `WWW-Authenticate`."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.settings import TokenOrigin
from docker_registry_sdk.testing.v2.access import Access
from docker_registry_sdk.testing.v2.errors import UNAUTHORIZED, ApiError

REALM = "embedded-registry"
"""The realm in Basic challenges."""

SERVICE = "embedded-registry"
"""The name of the registry in Bearer challenges and in tokens."""

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?")


@attrs.frozen
class Authorization:
    """The value of an `Authorization` header.

    Args:
        scheme: The authentication scheme, in lower case.
        value: The text after the scheme, which contains the credentials.
    """

    scheme: str
    value: str = attrs.field(repr=False)


def parse_authorization(header: str | None) -> Authorization | None:
    """Parse the value of an `Authorization` header.

    Args:
        header: The value, or None if the request has no such header.

    Returns:
        The scheme and the credentials, or None if the request has no such header.

    Source: RFC 9110, section 11.6.2.
    """
    if header is None:
        return None
    scheme, _, value = header.strip().partition(" ")
    return Authorization(scheme.lower(), value.strip())


def parse_basic(value: str) -> tuple[str, str] | None:
    """Parse the credentials of the scheme `Basic`.

    Args:
        value: The text after the scheme in the `Authorization` header.

    Returns:
        The user name and the password, or None if the text is not the base64 form of UTF-8 text with a colon.

    Source: RFC 7617, section 2.
    """
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):  # a UnicodeError is a ValueError
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else None


def basic_challenge() -> str:
    """Return the value of a `WWW-Authenticate` header that requires Basic credentials."""
    return _challenge("Basic", {"realm": REALM})


def bearer_challenge(realm: str, scope: str, error: str | None) -> str:
    """Return the value of a `WWW-Authenticate` header that requires a Bearer token.

    Args:
        realm: The URL of the token service.
        scope: The scopes that the token must contain, separated by spaces. An empty text means that any valid token suffices.
        error: The error code of RFC 6750 that tells why the token in the request is rejected, such as `invalid_token`. None if
            the request has no token; the challenge then has no error code.

    Source: RFC 6750, section 3, and Distribution, "Token Authentication Specification".
    """
    return _challenge("Bearer", {"realm": realm, "service": SERVICE, "scope": scope, "error": error or ""})


def unauthorized(challenge: str, needed: Sequence[Access], message: str | None = None) -> ApiError:
    """Return an error whose response has the status 401, a challenge, and a list of the rights that the request requires.

    Args:
        challenge: The value of the `WWW-Authenticate` header.
        needed: The rights that the request requires. If it is empty, the response has no list of rights.
        message: The error message, or None for the default message of the error code UNAUTHORIZED.
    """
    detail = [{"Type": each.type, "Name": each.name, "Action": each.action} for each in needed]
    return ApiError(UNAUTHORIZED, message, details=[detail] if detail else (), headers={"www-authenticate": challenge})


@attrs.frozen
class TokenAddress:
    """The address of the token service.

    Unless `origin` is `name`, the URL of the token service contains the host from the `Host` header of the client's request.
    So every client can reach the token service under the same host name as the registry, even a client in a container, which may
    need another host name for the registry than a client on the host machine.

    Args:
        origin: The origin of the token service: `same` for the origin of the registry, `port` for another port on the same host,
            or `name` for another host name with the same port.
        port: The port of the token service if `origin` is `port`, otherwise None.
        path: The path of the token service.
    """

    origin: TokenOrigin
    port: int | None
    path: str

    def for_request(self, request: Request) -> str:
        """Return the URL of the token service that the challenge in the 401 response to a request contains."""
        return self.url(request.url.scheme, request.headers.get("host", ""), request.scope["server"])

    def url(self, scheme: str, host: str, server: tuple[str, int]) -> str:
        """Return the URL of the token service for a client that sent a `Host` header.

        If `origin` is `name`, the URL has the host `localhost`, or the IP address in `server` if `host` is `localhost`.

        Args:
            scheme: The scheme of the registry's URL: `http` or `https`.
            host: The value of the `Host` header. If this value is malformed, `server` is used instead.
            server: The IP address and the port on which the registry listens.
        """
        address = f"[{server[0]}]" if ":" in server[0] else server[0]
        match = _HOST.fullmatch(host) or _HOST.fullmatch(f"{address}:{server[1]}")
        assert match is not None  # an IP address and a port always match
        name, port = match["name"], match["port"] or ""
        if self.origin == "name":
            name = address if name == "localhost" else "localhost"
        elif self.origin == "port":
            port = f":{self.port}"
        return f"{scheme}://{name}{port}{self.path}"


def _challenge(scheme: str, parameters: Mapping[str, str]) -> str:
    """Format a challenge without its empty parameters. Do not escape values, since no value has a quote or a backslash."""
    return f"{scheme} " + ",".join(f'{name}="{value}"' for name, value in parameters.items() if value)
