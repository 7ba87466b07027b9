"""The search for secrets in an exception: in its text, attributes, causes, pickle, and the variables of its traceback."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import httpx

import docker_registry_sdk

TESTS = Path(__file__).parents[1]
# The generated functions: tests pass them their arguments, such as the URL of an upload session.
OPERATIONS = tuple(Path(docker_registry_sdk.__file__).parent / api / "api" for api in ("v1", "v2", "token_auth"))


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
            yield f"the rich traceback of {name}", _rich_traceback(one)


def _variables_of(link: TracebackType | None) -> Iterator[tuple[str, str]]:
    """Yield the variables of the frames of a traceback, without those of tests, which know the secrets."""
    while link is not None:
        code = link.tb_frame.f_code
        if not _has_own_arguments(code.co_filename):
            for name, value in link.tb_frame.f_locals.items():
                yield f"{name} in {code.co_qualname}, {code.co_filename}:{link.tb_lineno}", _shown(value)
        link = link.tb_next


def _has_own_arguments(file: str) -> bool:
    """Return whether the code in a file has secrets that the test itself has passed to it."""
    return any(Path(file).is_relative_to(folder) for folder in (TESTS, *OPERATIONS))


def _shown(value: object) -> str:
    try:
        return f"{value!r} {vars(value)!r}" if isinstance(value, httpx.Request | httpx.Response) else repr(value)
    except Exception as error:
        return f"{type(error).__name__}"


def _rich_traceback(error: BaseException) -> str:
    """Return what rich shows of the variables of a traceback, without those of tests."""
    from rich.traceback import Traceback

    trace = Traceback.extract(type(error), error, error.__traceback__, show_locals=True)
    frames = [frame for stack in trace.stacks for frame in stack.frames if not _has_own_arguments(frame.filename)]
    return "\n".join(str(node) for frame in frames for node in (frame.locals or {}).values())
