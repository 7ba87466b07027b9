"""Remove secrets from the tracebacks and causes of exceptions."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Final

from ..errors import RegistryError

_OWN_PACKAGES: Final = frozenset({"anyio", "asyncio", "contextlib", "docker_registry_sdk", "h11", "httpcore", "httpx", "ssl"})


def remove_secrets(error: BaseException) -> None:
    """Remove what an exception holds besides its message and attributes, and what may contain secrets.

    The local variables of this package and of the HTTP libraries are removed from the traceback, as error trackers show them. An
    exception of this package keeps its explicit cause, and loses the exception during whose handling it was raised.

    Args:
        error: The exception. An exception of another package, such as one of a credential provider, keeps its causes.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        _clear_frames(link.__traceback__)
        if isinstance(link, RegistryError):
            link.__context__ = link.__cause__
            link = link.__cause__
        else:
            link = link.__cause__ or link.__context__


def _clear_frames(traceback: TracebackType | None) -> None:
    while traceback is not None:
        frame = traceback.tb_frame
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in _OWN_PACKAGES:
            with suppress(RuntimeError):  # the frame is still running
                frame.clear()
        traceback = traceback.tb_next
