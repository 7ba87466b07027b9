"""Challenges: the contents of WWW-Authenticate headers (RFC 9110 section 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))")
_PARAMETER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
_SINGLE_QUOTED = re.compile(r"'([^']*)'(?=[ \t]*(?:[,;]|$))")  # not allowed, but some servers send it
_UNQUOTED = re.compile(r"[^,]*")
_GAP = re.compile(r"[ \t,]*")
_BLANKS = re.compile(r"[ \t]*")


class Challenge(NamedTuple):
    """A challenge of a WWW-Authenticate header.

    Attributes:
        scheme: The scheme in lower case, such as `bearer` or `basic`.
        parameters: The values of the parameters, such as `realm`, by name in lower case.
        token68: The single value that some schemes, such as Negotiate, use instead of parameters; empty for other schemes.
    """

    scheme: str
    parameters: Mapping[str, str]
    token68: str = ""


def parse_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of all WWW-Authenticate headers of a response, in the order of the response.

    A header may contain several challenges, and commas separate both challenges and parameters. Text that is neither a challenge
    nor a parameter is skipped up to the next comma, since some servers send invalid headers.

    Args:
        values: The values of the WWW-Authenticate headers.
    """
    return tuple(challenge for value in values for challenge in _parse(value))


def _parse(value: str) -> Iterable[Challenge]:
    found: list[Challenge] = []
    parameters: dict[str, str] = {}
    at = _end(_GAP, value, 0)
    while at < len(value):
        parameter = _PARAMETER.match(value, at)
        scheme = _TOKEN.match(value, at)
        if parameter is not None and found and not found[-1].token68:
            content, at = _value(value, parameter.end())
            parameters.setdefault(parameter[1].lower(), content)
        elif scheme is not None and parameter is None:
            at = _end(_BLANKS, value, scheme.end())
            token68 = _TOKEN68.match(value, at) if at > scheme.end() else None
            parameters = {}
            found.append(Challenge(scheme[0].lower(), parameters, token68[0] if token68 else ""))
            at = token68.end() if token68 else at
        else:
            at = _end(_UNQUOTED, value, at)
        at = _end(_GAP, value, at)
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """Return the value of a parameter, quoted or not, that begins at the position `at`, and the position after the value."""
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), quoted.end()
    if (single := _SINGLE_QUOTED.match(text, at)) is not None:
        return single[1], single.end()
    unquoted = _UNQUOTED.match(text, at)
    assert unquoted is not None  # it may be empty
    return unquoted[0].strip(), unquoted.end()


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
