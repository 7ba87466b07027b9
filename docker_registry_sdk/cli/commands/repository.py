"""The commands about a repository: `tags`, `referrers` and `delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..command import command
from ..connection import Connection
from ..options import with_output, with_registry
from ..output import Output, Size

if TYPE_CHECKING:
    from ... import Descriptor


@command("tags")
@click.argument("name")
@with_registry
@with_output
def tags_command(name: str, output: Output, connection: Connection) -> None:
    """List the tags of a repository.

    If the registry supports only API v1, each tag is followed by its image id. --json prints one object per line: {"tag": …},
    or {"tag": …, "image": …} for API v1.

    \b
    Example:
      docker-registry-sdk tags alpine
    """
    with connection.open(name) as client:
        if client.version == 2:
            listing = client.iter_tags()
            output.print_items(["tag"], ({"tag": tag} for tag in listing))
            output.print_problems(listing.problems)
        else:
            tags = client.list_repo_tags()
            output.print_items(["tag", "image"], ({"tag": tag, "image": image} for tag, image in tags.items()))


@command("referrers")
@click.argument("reference")
@click.option("--type", "artifact_type", metavar="TYPE", help="Show only artifacts of this type.")
@with_registry
@with_output
def referrers_command(reference: str, artifact_type: str | None, output: Output, connection: Connection) -> None:
    """List the signatures and other artifacts that refer to an image.

    These are the manifests whose subject is the manifest or index of the image. --json prints one object per line, with
    annotations.

    \b
    Example:
      docker-registry-sdk referrers ghcr.io/owner/name:1.2
    """
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    with connection.open_v2(ref) as client:
        digest = ref.digest or client.get_manifest(ref.tag or "").digest
        referrers = client.iter_referrers(digest, artifact_type=artifact_type)
        output.print_items(["digest", "size", "artifact_type", "media_type"], map(_referrer, referrers))
        output.print_problems(referrers.problems)


def _referrer(descriptor: Descriptor) -> dict[str, Any]:
    return {
        "digest": descriptor.digest,
        "size": Size(descriptor.size),
        "artifact_type": descriptor.artifact_type,
        "media_type": descriptor.media_type,
        "annotations": descriptor.annotations and dict(descriptor.annotations),
    }


@command("delete")
@click.argument("reference")
@with_registry
@with_output
def delete_command(reference: str, output: Output, connection: Connection) -> None:
    """Delete a tag, or a manifest by its digest.

    Deleting a manifest also deletes all tags that point to it. The tag or digest must be given, and there is no prompt. If a
    tag is given, only the tag is deleted; its manifest and other tags are kept. Some registries can delete by digest only, and
    reject tags.

    \b
    Examples:
      docker-registry-sdk delete localhost:5000/name:old
      docker-registry-sdk delete localhost:5000/name@sha256:…
    """
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    if ref.digest is None and not reference.endswith(f":{ref.tag}"):
        raise click.UsageError(f"{reference} has neither a tag nor a digest; add the tag or the digest to delete.")
    if ref.digest is not None and ref.tag is not None:
        raise click.UsageError(f"{reference} has both a tag and a digest; give only the tag, or only the digest, to delete.")
    with connection.open(ref) as client:
        if client.version == 2:
            client.delete_manifest(ref.digest or ref.tag or "")
        elif ref.tag is not None:
            client.delete_repo_tag(ref.tag)
        else:
            raise click.UsageError(
                f"{client.index.name} supports only API v1, where images cannot be deleted by digest; give a tag instead."
            )
    output.print_facts({"deleted": ref.canonical_name, "tag": ref.tag, "digest": ref.digest})
