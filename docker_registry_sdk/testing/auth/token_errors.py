"""The errors of the token service: those of OAuth 2.0."""

from typing import Literal, TypeAlias

from starlette.responses import JSONResponse, Response

from docker_registry_sdk.testing.auth.challenge import basic_challenge

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
"""Headers of all answers of the token service (RFC 6749, section 5.1)."""

ErrorCode: TypeAlias = Literal["invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type"]


class TokenError(Exception):
    """A request for a token is answered with an error.

    Args:
        code: The code of OAuth 2.0.
        message: What to say to a person.
        status: The HTTP status.
    """

    def __init__(self, code: ErrorCode, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self) -> Response:
        """Return the answer that tells the client of the error.

        Source: RFC 6749, section 5.2. There wrong passwords and dead refresh tokens are a 400; registries' token services
        answer 401, and so does this one.
        """
        headers = {**NO_STORE, "www-authenticate": basic_challenge()} if self.status == 401 else NO_STORE
        return JSONResponse({"error": self.code, "error_description": self.message}, self.status, headers)
