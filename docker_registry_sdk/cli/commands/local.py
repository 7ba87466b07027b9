"""The commands that contact no registry: `parse` and `completion`."""

from __future__ import annotations

import click

from ..command import command
from ..options import with_output
from ..output import Output


@command("parse")
@click.argument("reference")
@with_output
def parse_command(reference: str, output: Output) -> None:
    """Show the parts of the name of an image.

    The parts are the registry, the repository, the tag and the digest. No registry is contacted.

    \b
    Example:
      docker-registry-sdk parse alpine:3.20
    """
    from ...reference import parse_repo_and_ref

    ref = parse_repo_and_ref(reference)
    output.print_facts(
        {
            "index": ref.index.name,
            "scheme": ref.index.scheme,
            "official": ref.official,
            "remote_name": ref.remote_name,
            "local_name": ref.local_name,
            "canonical_name": ref.canonical_name,
            "tag": ref.tag,
            "digest": ref.digest,
        }
    )


@command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print a script for completion in a shell.

    When a shell has loaded the script, it completes the commands and options of this program.

    \b
    Examples, for the start-up files of the shells:
      eval "$(docker-registry-sdk completion bash)"
      eval "$(docker-registry-sdk completion zsh)"
      docker-registry-sdk completion fish > ~/.config/fish/completions/docker-registry-sdk.fish
    """
    from click.shell_completion import get_completion_class

    from ..main import COMPLETION_VARIABLE, PROGRAM, root

    completion_class = get_completion_class(shell)
    assert completion_class is not None  # click supports all three choices
    click.echo(completion_class(root, {}, PROGRAM, COMPLETION_VARIABLE).source())
