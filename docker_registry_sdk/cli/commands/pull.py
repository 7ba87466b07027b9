"""`pull`: an image into a folder."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import Connection, with_output, with_registry
from ..output import Output
from ..progress import progress_bar
from ..transfers import options_for, print_result, with_selection


@click.command("pull")
@click.argument("reference")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_selection
@with_registry
@with_output
def command(reference: str, folder: Path, platform: str | None, referrers: bool, output: Output, connection: Connection) -> None:
    """Pull an image into a folder.

    FOLDER becomes an OCI image layout, as skopeo and others read it, and may hold several images. All platforms are pulled unless
    --platform is given. Every byte is checked, and what is there already is not fetched again.

    \b
    Example:
      docker-registry-sdk pull alpine:3.20 images --platform linux/amd64
    """
    from ...images import pull
    from ...images.location import parse_source

    options = options_for(connection, parse_source(reference))
    with progress_bar("pull") as on_progress:
        result = pull(reference, folder, platform=platform, referrers=referrers, on_progress=on_progress, **options)
    print_result(result, output)
