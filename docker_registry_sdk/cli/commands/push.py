"""`push`: an image from a folder or a tarball."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import Connection, with_output, with_registry
from ..output import Output
from ..progress import progress_bar
from ..transfers import options_for, print_result, with_selection


@click.command("push")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.argument("reference")
@click.option("--tag", metavar="NAME", help="Push the image of this tag or name; needed where there are several.")
@with_selection
@with_registry
@with_output
def command(
    path: Path, reference: str, tag: str | None, platform: str | None, referrers: bool, output: Output, connection: Connection
) -> None:
    """Push an image from a folder or a tarball.

    PATH is an OCI image layout, such as pull makes, or a tarball that docker save wrote. What the registry has already is not
    sent again, and the tag names the image only when all of it is there.

    \b
    Examples:
      docker-registry-sdk push images localhost:5000/alpine:3.20
      docker-registry-sdk push saved.tar localhost:5000/name:1.2
    """
    from ...images import push
    from ...images.location import parse_target

    options = options_for(connection, parse_target(reference))
    with progress_bar("push") as on_progress:
        result = push(path, reference, tag=tag, platform=platform, referrers=referrers, on_progress=on_progress, **options)
    print_result(result, output)
