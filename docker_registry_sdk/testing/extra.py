"""The error that is raised if a package of the extra `testing` is not installed."""

from collections.abc import Generator
from contextlib import contextmanager

MESSAGE = "the embedded registry requires the extra 'testing': pip install docker-registry-sdk[testing]"

_PACKAGES = frozenset({"cryptography", "httptools", "joserfc", "starlette", "trustme", "uvicorn"})


@contextmanager
def needs_extra() -> Generator[None]:
    """If an import in the `with` block fails for lack of the extra `testing`, raise an error that tells how to install the extra.

    Raises:
        ImportError: A package of the extra is not installed. Errors for other missing modules are raised unchanged.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _PACKAGES:
            raise
        raise ImportError(f"{MESSAGE} ({error.name} is not installed)", name=error.name) from error
