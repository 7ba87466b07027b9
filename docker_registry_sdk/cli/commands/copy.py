"""`copy`: an image from one place to another."""

from __future__ import annotations

import click

from ..options import Connection, with_output, with_registry
from ..output import Output
from ..progress import progress_bar
from ..transfers import options_for, print_plan, print_result, with_selection


@click.command("copy")
@click.argument("source")
@click.argument("target")
@with_selection
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be moved, mounted and skipped, and do nothing.")
@with_registry
@with_output
def command(
    source: str, target: str, platform: str | None, referrers: bool, only_plan: bool, output: Output, connection: Connection
) -> None:
    """Copy an image, byte for byte.

    SOURCE and TARGET are names of images, or oci:FOLDER:TAG for an OCI image layout; SOURCE may also be docker-archive:FILE for
    what docker save wrote. All platforms are copied unless --platform is given. What is there already is not moved again, so that
    a copy that failed can be run once more. The target's tag names the image only when all of it is there.

    \b
    Examples:
      docker-registry-sdk copy alpine:3.20 registry.example.com/alpine:3.20
      docker-registry-sdk copy ghcr.io/owner/name oci:images:name --platform linux/arm64 --plan
    """
    from ...images import apply_copy, plan_copy
    from ...images.location import parse_source, parse_target

    options = options_for(connection, parse_source(source), parse_target(target))
    plan = plan_copy(source, target, platform=platform, referrers=referrers, **options)
    if only_plan:
        print_plan(plan, output)
        return
    with progress_bar("copy", plan.bytes_to_move) as on_progress:
        result = apply_copy(plan, on_progress)
    print_result(result, output)
