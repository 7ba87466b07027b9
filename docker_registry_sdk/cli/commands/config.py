"""`config`: how an image runs, and how it was made."""

from __future__ import annotations

import click

from ..options import Connection, platform_option, with_output, with_registry
from ..output import Output


@click.command("config")
@click.argument("reference")
@platform_option("Of an image for several platforms take this one, such as linux/arm64.")
@with_registry
@with_output
def command(reference: str, platform: str | None, output: Output, connection: Connection) -> None:
    """Print the config of an image as JSON.

    It tells the image's command, environment, labels and history. Of an image for several platforms it is that of this
    machine's, or of --platform.

    \b
    Example:
      docker-registry-sdk config alpine --platform linux/arm64
    """
    from ...images import get_config
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        output.document(get_config(client, ref.digest or ref.tag or "", platform).to_dict())
