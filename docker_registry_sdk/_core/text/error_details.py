"""What the exceptions are made of."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple


class ErrorDetail(NamedTuple):
    """One entry of a registry's error body.

    Attributes:
        code: The fixed word for the error, such as `MANIFEST_UNKNOWN`, when the registry gives one.
        message: The registry's words for people.
        detail: Whatever else the registry says, as parsed JSON.
    """

    code: str | None = None
    message: str | None = None
    detail: Any = None

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part)


def restore(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Exception:
    """Return the exception that `RegistryError.__reduce__` took apart.

    Args:
        kind: Its class.
        args: Its `args`.
        state: Its attributes.
    """
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def phrase(status: int) -> str:
    """Return HTTP's phrase for a status, such as `Not Found`; empty when it is not registered.

    Args:
        status: An HTTP status.
    """
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # such as 520, which HTTP never registered
        return ""
