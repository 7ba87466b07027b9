"""What blocks, done where it may: sync code does it in place, async code in a worker thread."""

from __future__ import annotations

from typing import Protocol, TypeVar

_Result = TypeVar("_Result", covariant=True)


class Work(Protocol[_Result]):
    """Something that takes its time and can be called off."""

    def run(self) -> _Result:
        """Do it, and return what it gives."""
        ...

    def cancel(self) -> None:
        """Make `run` end soon; called from another thread than `run`."""
        ...


async def async_done(work: Work[_Result]) -> _Result:
    """Do the work in a worker thread, and call it off when the task is cancelled.

    Args:
        work: What to do.
    """
    from anyio import get_cancelled_exc_class  # sync code needs no event loop
    from anyio.to_thread import run_sync

    try:
        return await run_sync(work.run, abandon_on_cancel=True)
    except get_cancelled_exc_class():
        work.cancel()
        raise


def done(work: Work[_Result]) -> _Result:
    """Do the work here and now.

    Args:
        work: What to do.
    """
    return work.run()
