"""Where the token service is, as the challenge tells the client."""

import re

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.settings import TokenOrigin

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?")


@attrs.frozen
class TokenAddress:
    """Tells the URL of the token service by the host that a client called.

    So the URL is one that the client can reach, whatever the registry's address is from there (that of a container, say).

    Args:
        origin: Which origin the service has.
        port: Its port, when it has one of its own.
        path: Its path.
    """

    origin: TokenOrigin
    port: int | None
    path: str

    def for_request(self, request: Request) -> str:
        """Return the URL to name in the answer to a request."""
        return self.url(request.url.scheme, request.headers.get("host", ""), request.scope["server"])

    def url(self, scheme: str, host: str, server: tuple[str, int]) -> str:
        """Return the URL of the token service.

        Args:
            scheme: The scheme of the registry's URL.
            host: The registry's host and port, as the client has them.
            server: The address and port that the registry listens on.
        """
        address = f"[{server[0]}]" if ":" in server[0] else server[0]
        match = _HOST.fullmatch(host) or _HOST.fullmatch(f"{address}:{server[1]}")
        assert match is not None  # an address always matches
        name, port = match["name"], match["port"] or ""
        if self.origin == "name":
            name = address if name == "localhost" else "localhost"
        elif self.origin == "port":
            port = f":{self.port}"
        return f"{scheme}://{name}{port}{self.path}"
