"""Parts of exceptions: the entries of error bodies, reason phrases, and unpickling."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple


class ErrorDetail(NamedTuple):
    """One entry of a registry's error body.

    Attributes:
        code: The error code, such as `MANIFEST_UNKNOWN`; None without one.
        message: The registry's message; None without one.
        detail: Further details, as parsed JSON.
    """

    code: str | None = None
    message: str | None = None
    detail: Any = None

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part)


def restore_exception(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Exception:
    """Return a copy of an exception without calling `__init__`; the reverse of `RegistryError.__reduce__`.

    Args:
        kind: The class.
        args: The `args` of the exception.
        state: The attributes of the exception.
    """
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def reason_phrase(status: int) -> str:
    """Return the reason phrase of a status, such as `Not Found`; empty for a status that is not registered.

    Args:
        status: An HTTP status.
    """
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # such as 520, which Cloudflare uses
        return ""
