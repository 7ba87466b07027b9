"""The commands that move images: `pull`, `push` and `copy`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..command import command
from ..connection import Connection
from ..options import with_output, with_platform, with_registry
from ..output import Output, Size
from ..progress import progress_bar

if TYPE_CHECKING:
    from ... import Registries
    from ...images import CopyPlan, CopyResult
    from ...images.location import Location


def _with_selection(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options `--platform` and `--referrers` to a command."""
    text = "Also transfer the signatures and other artifacts that refer to the image, and those under cosign's tags."
    function = click.option("--referrers", is_flag=True, help=text)(function)
    text = "Transfer only the image for this platform, such as linux/arm64; the default is all platforms."
    return with_platform(text)(function)


@command("pull")
@click.argument("reference")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_with_selection
@with_registry
@with_output
def pull_command(
    reference: str, folder: Path, platform: str | None, referrers: bool, output: Output, connection: Connection
) -> None:
    """Pull an image into a folder.

    FOLDER becomes an OCI image layout, which skopeo and other tools can read. A layout may hold several images. All platforms are
    pulled unless --platform is given. Every byte is verified, and content that the folder already holds is not downloaded
    again.

    \b
    Example:
      docker-registry-sdk pull alpine:3.20 images --platform linux/amd64
    """
    from ...images import pull
    from ...images.location import parse_source

    with _open_registries(connection, parse_source(reference)) as registries, progress_bar("pull") as on_progress:
        result = pull(reference, folder, platform=platform, referrers=referrers, on_progress=on_progress, registries=registries)
    _print_result(result, output)


@command("push")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.argument("reference")
@click.option("--tag", metavar="NAME", help="The tag or name of the image in PATH; required if PATH holds several images.")
@_with_selection
@with_registry
@with_output
def push_command(
    path: Path, reference: str, tag: str | None, platform: str | None, referrers: bool, output: Output, connection: Connection
) -> None:
    """Push an image from a folder or a tarball.

    PATH is an OCI image layout, such as pull creates, or a tarball that docker save wrote. Content that the registry already
    stores is not uploaded again. The tag is set last, after all content is uploaded.

    \b
    Examples:
      docker-registry-sdk push images localhost:5000/alpine:3.20
      docker-registry-sdk push saved.tar localhost:5000/name:1.2
    """
    from ...images import push
    from ...images.location import parse_source

    with _open_registries(connection, parse_source(reference)) as registries, progress_bar("push") as on_progress:
        result = push(
            path, reference, tag=tag, platform=platform, referrers=referrers, on_progress=on_progress, registries=registries
        )
    _print_result(result, output)


@command("copy")
@click.argument("source")
@click.argument("target")
@_with_selection
@click.option(
    "--plan", "only_plan", is_flag=True, help="Only show which blobs and manifests would be copied, mounted or skipped."
)
@with_registry
@with_output
def copy_command(
    source: str, target: str, platform: str | None, referrers: bool, only_plan: bool, output: Output, connection: Connection
) -> None:
    """Copy an image, byte for byte.

    SOURCE and TARGET are names of images, or oci:FOLDER:TAG for an OCI image layout. SOURCE may also be docker-archive:FILE for
    a tarball that docker save wrote. All platforms are copied unless --platform is given. Content that the target already holds
    is not copied again, so a copy that failed can be run again. The target's tag is set last, after all content is copied.

    \b
    Examples:
      docker-registry-sdk copy alpine:3.20 registry.example.com/alpine:3.20
      docker-registry-sdk copy ghcr.io/owner/name oci:images:name --platform linux/arm64 --plan
    """
    from ...images import apply_copy, plan_copy
    from ...images.location import parse_source

    with _open_registries(connection, parse_source(source), parse_source(target)) as registries:
        plan = plan_copy(source, target, platform=platform, referrers=referrers, registries=registries)
        if only_plan:
            _print_plan(plan, output)
            return
        with progress_bar("copy") as on_progress:
            result = apply_copy(plan, on_progress=on_progress, registries=registries)
    _print_result(result, output)


def _open_registries(connection: Connection, *locations: Location) -> Registries:
    """Return the owner of the connections and logins of a copy.

    Args:
        connection: The options of the command line.
        locations: The locations that the command reads and writes.

    Raises:
        click.UsageError: A user name and password would be sent to two registries.
    """
    from ...reference import RepoRef

    registries = {location.index.name for location in locations if isinstance(location, RepoRef)}
    if len(registries) > 1 and connection.username is not None:
        names = " and ".join(sorted(registries))
        raise click.UsageError(
            f"--username and the password would be sent to two registries, {names}; "
            "use docker-registry-sdk login for each registry instead."
        )
    return connection.open_registries(registries)


def _print_result(result: CopyResult, output: Output) -> None:
    sizes = {"size": Size(result.size), "bytes_moved": Size(result.bytes_moved)}
    facts = {**result.to_dict(), **sizes}
    if not output.json:
        missing = (f"{one.digest} (named by {one.named_by})" for one in result.missing_referrers)
        facts["missing_referrers"] = ", ".join(missing) or None
    output.print_facts(facts)


def _print_plan(plan: CopyPlan, output: Output) -> None:
    rows: list[dict[str, Any]] = [
        {
            "action": planned.action,
            "digest": planned.digest,
            "size": None if planned.size is None else Size(planned.size),
            "media_type": planned.media_type,
        }
        for planned in plan.blobs
    ]
    rows += [
        {"action": planned.action, "digest": planned.digest, "size": Size(planned.size), "media_type": planned.media_type}
        for planned in plan.manifests
    ]
    facts = {
        "source": str(plan.source),
        "target": str(plan.target),
        "digest": plan.digest,
        "bytes_to_move": Size(plan.bytes_to_move),
    }
    if output.json:
        output.print_document({**facts, "steps": rows})
        return
    output.print_facts(facts)
    output.print_rows("step", ["action", "digest", "size", "media_type"], [list(row.values()) for row in rows])
