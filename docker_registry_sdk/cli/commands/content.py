"""The commands that print or save stored content: `manifest`, `config` and `blob`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..command import command
from ..connection import Connection
from ..options import with_output, with_platform, with_registry
from ..output import Output, Size
from ..progress import progress_bar


@command("manifest")
@click.argument("reference")
@click.option("--raw", is_flag=True, help="Print the bytes of the manifest verbatim; its digest is computed over these bytes.")
@with_registry
@with_output
def manifest_command(reference: str, raw: bool, output: Output, connection: Connection) -> None:
    """Print the manifest or index of an image.

    The digest is verified, and the JSON is indented unless --raw is given. --json wraps the manifest in a
    document with its digest, media type and size.

    \b
    Examples:
      docker-registry-sdk manifest alpine:3.20
      docker-registry-sdk manifest alpine --raw | sha256sum
    """
    if raw and output.json:
        raise click.UsageError("--raw and --json cannot be combined.")
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        response = client.get_manifest(ref.digest or ref.tag or "")
    if raw:
        output.print_bytes(response.raw)
        return
    document = json.loads(response.raw)
    if output.json:
        facts = {"digest": response.digest, "media_type": response.media_type, "size": len(response.raw)}
        document = {**facts, "manifest": document}
    output.print_document(document)


@command("config")
@click.argument("reference")
@with_platform("The platform to choose from an image for several platforms, such as linux/arm64.")
@with_registry
@with_output
def config_command(reference: str, platform: str | None, output: Output, connection: Connection) -> None:
    """Print the config of an image as JSON.

    The config holds the image's command, environment, labels and history. If the image exists for several platforms, the config
    for --platform is printed; the default is Linux on the processor of this machine. REFERENCE may also be oci:FOLDER:TAG for an
    OCI image layout, or docker-archive:FILE for a tarball that docker save wrote. Values of a wrong type are printed as they
    are, and named on stderr.

    \b
    Examples:
      docker-registry-sdk config alpine --platform linux/arm64
      docker-registry-sdk config oci:images:alpine
    """
    from ...images import get_config
    from ...images.location import parse_source
    from ...reference import RepoRef

    location = parse_source(reference)
    names = {location.index.name} if isinstance(location, RepoRef) else set()
    with connection.open_registries(names) as registries:
        config = get_config(location, platform=platform, registries=registries)
    output.print_document(config.to_dict())
    output.print_problems(config.problems)


@command("blob")
@click.argument("reference", metavar="NAME@DIGEST")
@click.option("-o", "--output", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write the blob to this file.")
@with_registry
@with_output
def blob_command(reference: str, path: Path | None, output: Output, connection: Connection) -> None:
    """Download a blob and verify its digest.

    With -o FILE, the file is created only after the digest is verified. An interrupted download leaves FILE.part, and the next
    run resumes from FILE.part. Without -o FILE, the bytes are written to stdout before the digest can be verified: check the exit
    status before you use the bytes. The status 6 means that the bytes are wrong.

    \b
    Examples:
      docker-registry-sdk blob alpine@sha256:… -o layer.tar.gz
      docker-registry-sdk blob alpine@sha256:… | tar tz
    """
    if path is None and output.json:
        raise click.UsageError("--json needs -o FILE, because stdout receives the blob.")
    if path is None and output.terminal:
        raise click.UsageError("The content of a blob is not printed on a terminal; give -o FILE, or use a pipe.")
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
            descriptor = client.download_blob(ref.digest, path, on_progress=on_progress)
    output.print_facts({"file": str(path), "digest": descriptor.digest, "size": Size(descriptor.size)})
