"""The result of an async call that opens something: it can be awaited, or used with `async with`."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

T_co = TypeVar("T_co", bound=AbstractAsyncContextManager[Any, Any], covariant=True)


class AsyncOpening(Generic[T_co]):
    """A call that has not begun yet, and that returns an object which must be closed, such as a client.

    Use one of the two, once:

        async with call(...) as opened:     # closes the object at the end of the block
            ...
        opened = await call(...)            # the caller closes the object

    The call begins when it is awaited or the block is entered.

    Args:
        call: The coroutine whose result is the opened object.
    """

    def __init__(self, call: Coroutine[Any, Any, T_co]) -> None:
        self._call = call
        self._opened: T_co | None = None

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self._call.__await__()

    async def __aenter__(self) -> T_co:
        opened = await self._call
        await opened.__aenter__()
        self._opened = opened
        return opened

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._opened is not None
        suppressed: bool | None = await self._opened.__aexit__(kind, error, traceback)
        return suppressed

    if not TYPE_CHECKING:  # type checkers report each attribute as missing

        def __getattr__(self, name: str) -> object:
            raise AttributeError(f"the call has not begun: await it, or use it with 'async with', before you use {name}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: await it, or use it with 'async with'>"
