"""Errors for misspelt keyword arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def suggest_options(function: F) -> F:
    """Decorate a function so that a misspelt keyword argument raises a TypeError that names the most similar argument.

    Python 3.13 and later name a similar argument, too, but not for functions that are written in other languages, and not the
    versions before. The decorated function has the signature and the docstring of the function.

    Args:
        function: A function, an async function or a method, without `**` parameters.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @wraps(function)
    def checked(*arguments: Any, **options: Any) -> Any:
        for name in options:
            if name not in names:
                from difflib import get_close_matches  # imported only for the message, since every import of a client would pay

                called = type(arguments[0]).__name__ if function.__name__ == "__init__" else function.__name__
                close = get_close_matches(name, [known for known in names if known != "self"], n=1, cutoff=0.5)
                raise TypeError(f"{called}() has no option {name!r}" + (f"; did you mean {close[0]}?" if close else ""))
        return function(*arguments, **options)

    return checked  # type: ignore[return-value]
