"""Keep httpx and the libraries under it from logging the requests of this package, since their records hold secrets.

httpx logs the whole URL of each request, also the signature in its query, and httpcore logs the headers of each response. This
package logs one line without secrets for each request, so nothing is lost. The records of other requests, such as those that the
program sends with its own httpx client, stay.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Final

LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
)
"""The loggers of httpx and the libraries under it. A filter of a logger does not apply to the loggers below it."""

SENDING: Final[ContextVar[bool]] = ContextVar("docker_registry_sdk.sending", default=False)
"""Whether the current thread or task is inside a call of httpx for a request of this package.

The code around each such call sets the variable, and sets the previous value afterwards. It does so without a function of its
own, since it runs for each request and for each block of a body.
"""


class _OtherRequests(logging.Filter):
    """A filter that drops the records of requests of this package."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record belongs to a request that this package did not send."""
        return not SENDING.get()


_FILTER: Final = _OtherRequests()

for _name in LOGGERS:
    logging.getLogger(_name).addFilter(_FILTER)
