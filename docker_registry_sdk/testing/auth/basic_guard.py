"""The guard of a registry with Basic authentication."""

from collections.abc import Sequence

import attrs
from starlette.requests import Request

from docker_registry_sdk.testing.auth.account import Account
from docker_registry_sdk.testing.auth.authorization import parse_authorization, parse_basic
from docker_registry_sdk.testing.auth.challenge import basic_challenge, refusal
from docker_registry_sdk.testing.v2.access import Access, Grant

NOBODY = ("", "")
"""What some clients send when they have no credentials and were asked for them: containers/image does."""


@attrs.frozen
class BasicGuard:
    """Lets the user in with a name and a password, and others to what anonymous callers may do.

    Asking whether the API is there takes credentials always: clients take the challenge from there, and `login` its answer.

    Args:
        account: The user, and what others may do.
    """

    account: Account

    def admit(self, request: Request, needed: Sequence[Access]) -> Grant:
        """Let a request pass, or ask for credentials; wrong ones are refused even where none are needed."""
        credentials = _credentials(request)
        if credentials == NOBODY:
            grant = self.account.rights(known=False)
            if needed and all(access in grant for access in needed):
                return grant
            raise refusal(basic_challenge(), needed)
        if credentials is None or not self.account.matches(*credentials):
            raise refusal(basic_challenge(), needed, "the user name or the password is wrong")
        return self.account.rights(known=True)


def _credentials(request: Request) -> tuple[str, str] | None:
    """Return what the client sent to show who it is, or None when that makes no sense."""
    authorization = parse_authorization(request.headers.get("authorization"))
    if authorization is None:
        return NOBODY
    return parse_basic(authorization.value) if authorization.scheme == "basic" else None
