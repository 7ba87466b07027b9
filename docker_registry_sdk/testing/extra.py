"""The extra that the embedded registry needs, and what to say when it is not installed."""

from collections.abc import Generator
from contextlib import contextmanager

MESSAGE = "the embedded registry needs an extra: pip install docker-registry-sdk[testing]"

_PACKAGES = frozenset({"cryptography", "httptools", "joserfc", "starlette", "trustme", "uvicorn"})


@contextmanager
def needs_extra() -> Generator[None]:
    """Say what to install when an import in the block fails for want of the extra.

    Raises:
        ImportError: A package of the extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _PACKAGES:
            raise
        raise ImportError(f"{MESSAGE} (there is no {error.name})", name=error.name) from error
