"""The error message for a missing package of the extra `testing`."""

from collections.abc import Generator
from contextlib import contextmanager

MESSAGE = "the embedded registry requires an extra: pip install docker-registry-sdk[testing]"

_PACKAGES = frozenset({"cryptography", "httptools", "joserfc", "starlette", "trustme", "uvicorn"})


@contextmanager
def needs_extra() -> Generator[None]:
    """Replace the error of a failed import in the block by one that names the extra to install.

    Raises:
        ImportError: A package of the extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _PACKAGES:
            raise
        raise ImportError(f"{MESSAGE} ({error.name} is not installed)", name=error.name) from error
