"""A fault: what goes wrong, and when."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable

import attrs
from attrs import validators

from docker_registry_sdk.testing.faults.exchange import Call, Effect, Operation

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@attrs.frozen
class Share:
    """A share of the requests, drawn by a seed.

    Whether a request is drawn depends on the seed, on its method and path (ids of uploads left out) and on how often those have
    come; so the order in which several threads come does not matter, as long as they ask for different things.

    Args:
        fraction: The share, from 0 to 1.
        seed: Other seeds draw other requests.
        in_a_row: How many times at most one request is drawn before it passes once, so that a client with as many retries gets
            through. Requests count as one when they have the same method and path.
        identified_by: A request header that tells requests apart which have the same method and path. Where several threads send
            the same request, `in_a_row` holds for each of them only if they name themselves in such a header.

    Raises:
        ValueError: The fraction is not from 0 to 1, or `in_a_row` is smaller than 1.
    """

    fraction: float = attrs.field(validator=[validators.ge(0), validators.le(1)])
    seed: int = 0
    in_a_row: int = attrs.field(default=2, validator=validators.ge(1))
    identified_by: str | None = None


class Draw:
    """Draws the requests of a share; the caller holds a lock.

    Args:
        share: The share.
    """

    def __init__(self, share: Share) -> None:
        self._share = share
        self._seen: Counter[str] = Counter()
        self._rows: Counter[tuple[str, str]] = Counter()

    def takes(self, call: Call) -> bool:
        """Say whether a request is drawn; each call is a draw."""
        kind = f"{call.method} {_UUID.sub('', call.path)}"
        self._seen[kind] += 1
        drawn = self._number(f"{self._share.seed} {kind} {self._seen[kind]}") < self._share.fraction
        header = self._share.identified_by
        one = (f"{call.method} {call.path}", call.headers.get(header, "") if header else "")
        if drawn and self._rows[one] < self._share.in_a_row:
            self._rows[one] += 1
            return True
        self._rows.pop(one, None)
        return False

    @staticmethod
    def _number(text: str) -> float:
        """Return a number from 0 to 1 that a text stands for."""
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64


_ONCE: int | None = 1


def _to_pattern(value: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    return re.compile(value) if isinstance(value, str) else value


def _to_operations(value: Operation | tuple[Operation, ...] | None) -> tuple[Operation, ...] | None:
    return (value,) if isinstance(value, str) else value


@attrs.frozen
class Fault:
    """Something that goes wrong with some requests.

        registry.faults.add(Fault(Status(503, retry_after=1), operation="get_manifest"))
        registry.faults.add(Fault(Reset(after=1000), path=r"/v2/.*/blobs/.*", times=None))

    A request has to fit everything that is given; then `after` such requests pass, and the next `times` have the fault, or a
    share of them.

    Args:
        effect: What goes wrong.
        method: The method.
        path: A regular expression for the whole decoded path, without the query.
        operation: The operation, or several.
        when: Says whether a request fits.
        times: How many times it happens; None for ever.
        after: How many requests that fit pass before.
        share: Which share of the requests that fit have it; None for all.

    Raises:
        ValueError: A number is too small.
        re.error: The path is no regular expression.
    """

    effect: Effect
    method: str | None = attrs.field(default=None, kw_only=True)
    path: re.Pattern[str] | None = attrs.field(default=None, converter=_to_pattern, kw_only=True)
    operation: tuple[Operation, ...] | None = attrs.field(default=None, converter=_to_operations, kw_only=True)
    when: Callable[[Call], bool] | None = attrs.field(default=None, kw_only=True)
    times: int | None = attrs.field(default=_ONCE, validator=validators.optional(validators.ge(1)), kw_only=True)
    after: int = attrs.field(default=0, validator=validators.ge(0), kw_only=True)
    share: Share | None = attrs.field(default=None, kw_only=True)

    def fits(self, call: Call) -> bool:
        """Say whether a request is one that the fault is meant for, whether or not its time has come."""
        return (
            (self.method is None or self.method == call.method)
            and (self.path is None or self.path.fullmatch(call.path) is not None)
            and (self.operation is None or call.operation in self.operation)
            and (self.when is None or self.when(call))
        )
