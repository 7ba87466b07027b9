"""The answer to a request, and the line in the log, when the storage cannot be written, for example since its disk is full."""

import errno
import logging

from starlette.requests import Request

from docker_registry_sdk._core.text.redaction import one_line

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_logger = logging.getLogger("docker_registry_sdk.testing.server")


def report_storage_failure(error: OSError, request: Request) -> tuple[int, str]:
    """Log that a file of the storage could not be read or written, in one line, and return the status and message for the client.

    The status is 507 (Insufficient Storage, RFC 4918, section 11.5) if the disk is full, otherwise 500. The message does not
    contain the path of the file.

    Args:
        error: The error of the storage.
        request: The request that could not be executed.

    Raises:
        OSError: The error names no file, so that it is not one of the storage. The argument is raised again.
    """
    if error.filename is None:
        raise error
    _logger.error("%s", one_line(f"{request.method} {request.url.path}: {error.strerror}: {error.filename}"))
    if error.errno in _FULL:
        return 507, "the registry has no space left to store the content"
    return 500, "the registry cannot read or write its storage"
