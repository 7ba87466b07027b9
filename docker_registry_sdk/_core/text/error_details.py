"""Parts of exceptions: the entries of error bodies, reason phrases of statuses, and a function that unpickles exceptions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple


class ErrorDetail(NamedTuple):
    """One entry of a registry's error body.

    Attributes:
        code: The error code, such as `MANIFEST_UNKNOWN`; None if the entry has no code.
        message: The registry's message; None if the entry has no message.
        detail: Further details, as parsed JSON.
    """

    code: str | None = None
    message: str | None = None
    detail: Any = None

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part)


def restore_exception(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Exception:
    """Return an exception with the given `args` and attributes. `__init__` is not called.

    `RegistryError.__reduce__` names this function, so that pickle calls it.

    Args:
        kind: The class of the exception.
        args: The `args` of the exception.
        state: The attributes of the exception.
    """
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def reason_phrase(status: int) -> str:
    """Return the reason phrase of a status, such as `Not Found`; an empty string if the status is not registered.

    Args:
        status: An HTTP status.
    """
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # such as 520, which Cloudflare uses
        return ""
