"""`blob`: the bytes of a layer, a config or whatever else has a digest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..options import Connection, with_output, with_registry
from ..output import Output, Size
from ..progress import progress_bar


@click.command("blob")
@click.argument("reference", metavar="NAME@DIGEST")
@click.option("-o", "--output", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@with_registry
@with_output
def command(reference: str, path: Path | None, output: Output, connection: Connection) -> None:
    """Fetch a blob and check its digest.

    A file appears only when the digest is right; what an interrupted run has of it stays beside it as FILE.part, and the next
    run goes on from there. What goes to stdout is on its way before the last byte can be checked: wait for the exit status
    before you use it; 6 says that the bytes are wrong.

    \b
    Examples:
      docker-registry-sdk blob alpine@sha256:… -o layer.tar.gz
      docker-registry-sdk blob alpine@sha256:… | tar tz
    """
    if path is None and output.json:
        raise click.UsageError("--json goes with -o FILE, for stdout has the blob.")
    if path is None and output.terminal:
        raise click.UsageError("The blob would go to the terminal; give -o FILE, or a pipe.")
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    if ref.digest is None:
        raise click.UsageError(f"{reference} has no digest; write NAME@sha256:…")
    with connection.open_v2(ref) as client:
        if path is None:
            with client.create_blob_read_stream(ref.digest) as stream:
                for chunk in stream:
                    sys.stdout.buffer.write(chunk)
            return
        with progress_bar("fetch") as on_progress:
            got = client.download_blob(ref.digest, path, on_progress=on_progress)
    output.facts({"file": str(path), "digest": got.digest, "size": Size(got.size)})
