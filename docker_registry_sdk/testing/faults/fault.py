"""Faults: each has an effect, and conditions that select the requests to which the effect applies."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable

import attrs
from attrs import validators

from docker_registry_sdk.testing.faults.exchange import Call, Effect, Operation

_ONCE: int | None = 1
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@attrs.frozen
class Share:
    """A share of the requests, selected pseudo-randomly from a seed.

    Whether a request is selected depends on the seed, the method, the path (without upload ids) and the number of earlier
    requests with the same method and path. So the same requests are selected in each run, even with several threads, as long as
    the threads send different requests.

    Args:
        fraction: The fraction of the requests to select, from 0 to 1.
        seed: The seed; other seeds select other requests.
        in_a_row: How often a request with the same method and path may be selected consecutively. The next such request is not
            selected, so that a client with as many retries succeeds.
        identified_by: The name of a request header that distinguishes callers. If it is given, `in_a_row` counts separately for
            each value of this header.

    Raises:
        ValueError: The fraction is not from 0 to 1, or `in_a_row` is smaller than 1.
    """

    fraction: float = attrs.field(validator=[validators.ge(0), validators.le(1)])
    seed: int = 0
    in_a_row: int = attrs.field(default=2, validator=validators.ge(1))
    identified_by: str | None = None


class ShareSelector:
    """The selection of the requests of a share. It is not thread-safe: callers must hold a lock.

    Args:
        share: The share.
    """

    def __init__(self, share: Share) -> None:
        self._share = share
        self._seen: Counter[str] = Counter()
        self._consecutive: Counter[tuple[str, str]] = Counter()

    def selects(self, call: Call) -> bool:
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
    """Hash a text to a number from 0 to 1."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64


def _to_pattern(value: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    return re.compile(value) if isinstance(value, str) else value


def _to_operations(value: Operation | tuple[Operation, ...] | None) -> tuple[Operation, ...] | None:
    return (value,) if isinstance(value, str) else value


@attrs.frozen
class Fault:
    """An effect, and the conditions that select the requests to which the effect applies.

        registry.faults.add(Fault(Status(503, retry_after=1), operation="get_manifest"))
        registry.faults.add(Fault(Reset(after=1000), path=r"/v2/.*/blobs/.*", times=None))

    A request matches if it meets all conditions that are given. The first `after` matching requests are answered normally; the
    next `times` matching requests (or a share of them) get the effect.

    Args:
        effect: The effect.
        method: The HTTP method that a request must have.
        path: A regular expression that must match the whole percent-decoded path of a request, without the query.
        operation: One or several operations, one of which a request must be.
        when: A function that returns whether a request matches.
        times: The number of requests that get the effect; None for no limit.
        after: The number of matching requests that are answered normally before the first effect.
        share: The share of the matching requests that get the effect; None for all.

    Raises:
        ValueError: `times` is smaller than 1, or `after` is negative.
        re.error: `path` is not a valid regular expression.
    """

    effect: Effect
    method: str | None = attrs.field(default=None, kw_only=True)
    path: re.Pattern[str] | None = attrs.field(default=None, converter=_to_pattern, kw_only=True)
    operation: tuple[Operation, ...] | None = attrs.field(default=None, converter=_to_operations, kw_only=True)
    when: Callable[[Call], bool] | None = attrs.field(default=None, kw_only=True)
    times: int | None = attrs.field(default=_ONCE, validator=validators.optional(validators.ge(1)), kw_only=True)
    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)
    share: Share | None = attrs.field(default=None, kw_only=True)

    def matches(self, call: Call) -> bool:
        """Return whether a request meets the conditions `method`, `path`, `operation` and `when`."""
        return (
            (self.method is None or self.method == call.method)
            and (self.path is None or self.path.fullmatch(call.path) is not None)
            and (self.operation is None or call.operation in self.operation)
            and (self.when is None or self.when(call))
        )
