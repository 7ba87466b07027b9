"""Faults: each has an effect, and conditions that select the requests to which the effect applies."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable

import attrs
from attrs import validators

from docker_registry_sdk.testing.faults.exchange import FaultEffect, OperationName, RequestInfo

_ONCE: int | None = 1
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@attrs.frozen
class RequestShare:
    """A share of the requests, selected by pseudo-random numbers that depend on a seed.

    The number for a request depends on the seed, the method, the path (without upload ids) and the number of earlier requests
    with the same method and path. So the same requests are selected in each run. This is also true if several threads send
    requests, as long as no two threads send requests with the same method and path (again without upload ids).

    Args:
        fraction: The fraction of the requests to select, from 0 to 1. If `in_a_row` prevents selections, fewer are selected.
        seed: The seed; another seed selects other requests.
        in_a_row: The maximum number of consecutive requests with the same method and path that are selected. The request after
            them is not selected, so a client that retries a request `in_a_row` times succeeds.
        identified_by: The name of a request header that distinguishes clients: `in_a_row` then counts separately for each value
            of this header. None counts the requests of all clients together.

    Raises:
        ValueError: `fraction` is smaller than 0 or larger than 1, or `in_a_row` is smaller than 1.
    """

    fraction: float = attrs.field(validator=[validators.ge(0), validators.le(1)])
    seed: int = attrs.field(default=0, kw_only=True)
    in_a_row: int = attrs.field(default=2, validator=validators.ge(1), kw_only=True)
    identified_by: str | None = attrs.field(default=None, kw_only=True)


class ShareSelector:
    """An object that selects the requests of a share, and counts requests. It is not thread-safe: callers must hold a lock.

    Args:
        share: The share that decides which requests are selected.
    """

    def __init__(self, share: RequestShare) -> None:
        self._share = share
        self._seen: Counter[str] = Counter()
        self._consecutive: Counter[tuple[str, str]] = Counter()

    def selects(self, call: RequestInfo) -> bool:
        """Count a request, and return whether the request is selected."""
        kind = f"{call.method} {_UUID.sub('', call.path)}"
        self._seen[kind] += 1
        drawn = _to_fraction(f"{self._share.seed} {kind} {self._seen[kind]}") < self._share.fraction
        header = self._share.identified_by
        caller = (f"{call.method} {call.path}", call.headers.get(header, "") if header else "")
        if drawn and self._consecutive[caller] < self._share.in_a_row:
            self._consecutive[caller] += 1
            return True
        self._consecutive.pop(caller, None)
        return False


def _to_fraction(text: str) -> float:
    """Return a number from 0 to 1 that is computed from the hash of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64


def _to_pattern(value: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    return re.compile(value) if isinstance(value, str) else value


def _to_operations(value: OperationName | tuple[OperationName, ...] | None) -> tuple[OperationName, ...] | None:
    return (value,) if isinstance(value, str) else value


@attrs.frozen
class Fault:
    """An effect, and the conditions that select the requests to which the effect applies.

        registry.faults.add(Fault(Status(503, retry_after=1), operation="get_manifest"))
        registry.faults.add(Fault(Reset(after=1000), path=r"/v2/.*/blobs/.*", times=None))

    A request matches if it meets all of the conditions `method`, `path`, `operation` and `when`; a condition that is None is
    met by every request. The first `after` matching requests are answered without the effect. Of the later matching requests,
    those that `share` selects get the effect, until `times` requests have got the effect.

    Args:
        effect: The effect to apply to the selected requests.
        method: The HTTP method that a request must have; None, the default, for any.
        path: A regular expression that must match the whole percent-decoded path of a request, without the query; None, the
            default, for any path.
        operation: The operation that a request must perform, or several operations, of which a request must perform one; None,
            the default, for any.
        when: A function that gets a request, and returns whether the request meets the condition; None, the default, for no
            function.
        times: The number of requests that get the effect; None for no limit.
        after: The number of matching requests that are answered without the effect, before other requests get the effect.
        share: The share of the later matching requests that get the effect; None selects all of them.

    Raises:
        ValueError: `times` is smaller than 1, or `after` is negative.
        re.error: `path` is not a valid regular expression.
    """

    effect: FaultEffect
    method: str | None = attrs.field(default=None, kw_only=True)
    path: re.Pattern[str] | None = attrs.field(default=None, converter=_to_pattern, kw_only=True)
    operation: tuple[OperationName, ...] | None = attrs.field(default=None, converter=_to_operations, kw_only=True)
    when: Callable[[RequestInfo], bool] | None = attrs.field(default=None, kw_only=True)
    times: int | None = attrs.field(default=_ONCE, validator=validators.optional(validators.ge(1)), kw_only=True)
    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)
    share: RequestShare | None = attrs.field(default=None, kw_only=True)

    def matches(self, call: RequestInfo) -> bool:
        """Return whether a request meets the conditions `method`, `path`, `operation` and `when`.

        Args:
            call: The request.
        """
        return (
            (self.method is None or self.method == call.method)
            and (self.path is None or self.path.fullmatch(call.path) is not None)
            and (self.operation is None or call.operation in self.operation)
            and (self.when is None or self.when(call))
        )
