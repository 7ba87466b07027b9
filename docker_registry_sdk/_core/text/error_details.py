"""Parts of exceptions: the entries of error bodies, reason phrases of statuses, and a function that unpickles exceptions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

PROXY_LOGIN_HINT = (
    "Log in to the proxy: write NAME:PASSWORD@ before its host in its URL (proxy=, --proxy or HTTPS_PROXY), with special "
    "characters of the password percent-encoded."
)
CHUNK_SIZE_HINT = (
    "The registry, or a proxy in front of it, refuses request bodies of this size: pass a smaller chunk_size, "
    "such as 4 MiB (4194304)."
)


class ErrorDetail(NamedTuple):
    """One entry of the list `errors` in the body of an error response.

    Attributes:
        code: The error code, such as `MANIFEST_UNKNOWN`; None if the entry has no code.
        message: The registry's message; None if the entry has no message.
        detail: The field `detail` of the entry, as decoded JSON of any type; None if the entry has no such field.
    """

    code: str | None = None
    message: str | None = None
    detail: Any = None

    def __str__(self) -> str:
        words = self.message or (self.detail if isinstance(self.detail, str) else None)
        return ": ".join(part for part in (self.code, words) if part)


def restore_exception(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Exception:
    """Create an exception with the given `args` and attributes, without calling `__init__`, for pickle.

    Pickle calls this function to restore a `RegistryError`, since `RegistryError.__reduce__` names this function.

    Args:
        kind: The class of the exception.
        args: The value of the attribute `args` of the exception.
        state: The other attributes of the exception, by name.
    """
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def reason_phrase(status: int) -> str:
    """Return the reason phrase of an HTTP status, such as `Not Found`; an empty string if Python does not know the status.

    Args:
        status: An HTTP status.
    """
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # such as 520, which Cloudflare uses
        return ""
