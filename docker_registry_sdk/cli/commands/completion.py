"""`completion`: what makes a shell complete this program's commands and options."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what makes a shell complete this program's words.

    \b
    Examples, for the files that shells read at their start:
      eval "$(docker-registry-sdk completion bash)"
      eval "$(docker-registry-sdk completion zsh)"
      docker-registry-sdk completion fish > ~/.config/fish/completions/docker-registry-sdk.fish
    """
    from click.shell_completion import get_completion_class

    from ..main import COMPLETION_VARIABLE, PROGRAM, root

    kind = get_completion_class(shell)
    assert kind is not None  # the choice above is of those that click has
    click.echo(kind(root, {}, PROGRAM, COMPLETION_VARIABLE).source())
