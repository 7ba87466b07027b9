"""The limits on single steps of a request. This module does no I/O."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from attrs import Attribute, field, frozen

TimeoutSteps: TypeAlias = tuple[float | None, float | None, float | None, float | None]
"""The seconds to connect, of one read, of one write, and to wait for a free connection; None for no limit."""


def _check_seconds(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None:
        check_seconds(f"{attribute.name} of Timeout", value)


@frozen(kw_only=True)
class Timeout:
    """The longest time that each step of a request may take. One step takes this time at most; the whole request may take longer.

    Wherever a `Timeout` is accepted, a number of seconds is accepted, too, and limits all four steps.

    Attributes:
        connect: The seconds to open a connection, with its TLS handshake; 15 by default. None for no limit.
        read: The seconds to wait for the next bytes of the response; 60 by default. None for no limit.
        write: The seconds until the registry accepts the next bytes of the request; 60 by default. None for no limit.
        pool: The seconds to wait for a free connection of the client; by default None, which is no limit, since many threads
            or tasks may share one client.

    Raises:
        TypeError: A value is neither a number nor None.
        ValueError: A number is not above 0.
    """

    connect: float | None = field(default=15.0, validator=_check_seconds)
    read: float | None = field(default=60.0, validator=_check_seconds)
    write: float | None = field(default=60.0, validator=_check_seconds)
    pool: float | None = field(default=None, validator=_check_seconds)

    @property
    def steps(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Return the four values in the order connect, read, write, pool."""
        return self.connect, self.read, self.write, self.pool


def check_seconds(name: str, value: object) -> None:
    """Raise an exception if a value is not a number of seconds above 0.

    Args:
        name: The name of the option or argument, for the message.
        value: The value; `math.inf` is allowed.

    Raises:
        TypeError: The value is not a number.
        ValueError: The number is not above 0.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not value > 0 or math.isnan(value):
        raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}")


def timeout_steps(timeout: float | Timeout) -> TimeoutSteps:
    """Return the limits of the four steps of a request, in the order connect, read, write, pool.

    Args:
        timeout: A `Timeout`, or the seconds that each step may take.

    Raises:
        TypeError: The timeout is neither a number nor a `Timeout`.
        ValueError: The number is not above 0.
    """
    if isinstance(timeout, Timeout):
        return timeout.steps
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise TypeError(f"timeout must be a number of seconds or a docker_registry_sdk.Timeout, not {_name_of(timeout)}")
    check_seconds("timeout", timeout)
    seconds = None if timeout == math.inf else timeout
    return seconds, seconds, seconds, seconds


def _name_of(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
