"""A fault: what goes wrong, and when."""

import re
from collections.abc import Callable

import attrs
from attrs import validators

from docker_registry_sdk.testing.faults.exchange import Call, Effect
from docker_registry_sdk.testing.faults.operations import Operation
from docker_registry_sdk.testing.faults.share import Share

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
