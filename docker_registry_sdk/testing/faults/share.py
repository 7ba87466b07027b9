"""Faults of a share of the requests: the same ones in each run."""

import hashlib
import re
from collections import Counter

import attrs
from attrs import validators

from docker_registry_sdk.testing.faults.exchange import Call

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
