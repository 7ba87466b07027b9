"""What the commands that move images share: their options, and what they print in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .options import Connection, platform_option
from .output import Output, Size

if TYPE_CHECKING:
    from .._core.transport.options import ClientOptions
    from ..images import CopyPlan, CopyResult
    from ..images.location import Location


def with_selection(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--platform` and `--referrers`."""
    function = click.option(
        "--referrers", is_flag=True, help="Also move signatures and other artifacts that are about the image."
    )(function)
    text = "Move only the image for this platform, such as linux/arm64; all of them when not given."
    return platform_option(text)(function)


def options_for(connection: Connection, *places: Location) -> ClientOptions:
    """Return the options of the clients that a copy makes.

    Args:
        connection: What stands on the command line.
        places: Where from and where to.

    Raises:
        click.UsageError: A user name and password would go to two registries.
    """
    from ..images.location import RegistryLocation

    registries = {place.ref.index.name for place in places if isinstance(place, RegistryLocation)}
    if not registries:
        return {}  # they are all about registries
    if len(registries) > 1 and connection.username is not None:
        raise click.UsageError(f"--username would go to {' and '.join(sorted(registries))}; log in to them instead.")
    return connection.options()


def print_result(result: CopyResult, output: Output) -> None:
    """Print what a copy did.

    Args:
        result: What it returned.
        output: Where to print it.
    """
    output.facts(
        {
            "digest": result.digest,
            "media_type": result.media_type,
            "bytes_moved": Size(result.bytes_moved),
            "blobs_moved": result.blobs_moved,
            "blobs_mounted": result.blobs_mounted,
            "blobs_skipped": result.blobs_skipped,
            "manifests_pushed": result.manifests_pushed,
        }
    )


def print_plan(plan: CopyPlan, output: Output) -> None:
    """Print what a copy would do.

    Args:
        plan: The plan.
        output: Where to print it.
    """
    rows: list[dict[str, Any]] = [
        {"action": blob.action, "digest": blob.blob.digest, "size": _size(blob.blob.size), "media_type": blob.blob.media_type}
        for blob in plan.blobs
    ]
    rows += [
        {"action": one.action, "digest": one.digest, "size": Size(one.size), "media_type": one.media_type}
        for one in plan.manifests
    ]
    facts = {
        "source": str(plan.source),
        "target": str(plan.target),
        "digest": plan.digest,
        "bytes_to_move": Size(plan.bytes_to_move),
    }
    if output.json:
        output.document({**facts, "steps": rows})
        return
    output.facts(facts)
    output.rows("step", ["action", "digest", "size", "media_type"], [list(row.values()) for row in rows])


def _size(size: int | None) -> Size | None:
    return None if size is None else Size(size)
