"""The search for secrets in an exception: in its text, attributes, causes, pickle, and the variables of its traceback."""

from __future__ import annotations

import base64
import pickle
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from tests.hostile.conftest import SECRET

BASIC_SECRET = base64.b64encode(f"alice:{SECRET}".encode()).decode()
TESTS = Path(__file__).parents[1]


def find_in_exception(error: BaseException, secrets: Iterable[str], *, variables: bool = True) -> list[str]:
    """Return where an exception holds one of some secrets; an empty list if it holds none.

    Args:
        error: The exception.
        secrets: The secrets.
        variables: Whether to search the variables of the frames in its traceback.
    """
    wanted = tuple(secrets)
    found = [place for place, text in _texts_of(error, variables=variables) if any(secret in text for secret in wanted)]
    try:
        pickled = pickle.dumps(error)
    except Exception:  # an exception of another package
        pickled = b""
    return found + ["pickle"] * any(secret.encode() in pickled for secret in wanted)


def _texts_of(error: BaseException, *, variables: bool) -> Iterator[tuple[str, str]]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        name = type(one).__name__
        yield f"the text of {name}", f"{one} {one!r} {one.args!r}"
        yield f"the traceback of {name}", "".join(traceback.format_exception(one))
        for attribute, value in vars(one).items():
            yield f"{name}.{attribute}", _shown(value)
        request = getattr(one, "_request", None)  # of exceptions of httpx
        if request is not None:
            yield f"the request of {name}", f"{request.url} {request.headers.raw!r}"
        if variables:
            yield from _variables_of(one.__traceback__)


def _variables_of(link: TracebackType | None) -> Iterator[tuple[str, str]]:
    """Yield the variables of the frames of a traceback, without those of tests, which know the secrets."""
    while link is not None:
        code = link.tb_frame.f_code
        if not Path(code.co_filename).is_relative_to(TESTS):
            for name, value in link.tb_frame.f_locals.items():
                yield f"{name} in {code.co_qualname}, {code.co_filename}:{link.tb_lineno}", _shown(value)
        link = link.tb_next


def _shown(value: object) -> str:
    try:
        return f"{value!r} {vars(value)!r}" if type(value).__module__.startswith("httpx") else repr(value)
    except Exception as error:
        return f"{type(error).__name__}"
