"""The reference of the command line, made from the commands of click."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from docker_registry_sdk.cli.errors import MEANINGS
from docker_registry_sdk.cli.main import PROGRAM, root

PAGE = Path("reference", "command-line.md")
_OPERATIONS_PAGE = Path("reference", "command-line-api.md")


def pages() -> dict[Path, str]:
    """Return the Markdown of the reference, by path in the folder of pages."""
    with root.make_context(PROGRAM, [], resilient_parsing=True) as context:
        commands = [(name, root.get_command(context, name)) for name in root.list_commands(context)]
        main = list(_introduction(context))
        operations = [
            f"# {PROGRAM} api",
            "The command `api` has a command for each operation of API v1 and v2. It prints what the registry sent, as JSON.",
        ]
        for name, command in commands:
            assert command is not None
            if name == "api":
                main += [f"## {name}", _help(command), "[All operations](command-line-api.md) have a page of their own."]
                operations += _group(command, context, name, 2)
            else:
                main += _command(command, context, name, 2)
    return {PAGE: "\n\n".join(main) + "\n", _OPERATIONS_PAGE: "\n\n".join(operations) + "\n"}


def command_rows() -> list[tuple[str, str]]:
    """Return the name and the short description of each command, in the order of the program's help."""
    with root.make_context(PROGRAM, [], resilient_parsing=True) as context:
        commands = ((name, root.get_command(context, name)) for name in root.list_commands(context))
        return [(name, command.get_short_help_str(200)) for name, command in commands if command is not None]


def _introduction(context: click.Context) -> Iterator[str]:
    yield "# Command line"
    yield f"The extra `cli` installs the program `{PROGRAM}`; `python -m docker_registry_sdk` runs it too."
    yield _help(root)
    yield "## Commands"
    rows = [f"| [`{name}`](#{name}) | {text} |" for name, text in command_rows()]
    yield "\n".join(["| command | what it does |", "|---|---|", *rows])
    yield "## Exit status"
    yield "\n".join(["| status | meaning |", "|---|---|", *(f"| {code.value} | {text} |" for code, text in MEANINGS.items())])


def _group(command: click.Command, parent: click.Context, name: str, level: int) -> Iterator[str]:
    assert isinstance(command, click.Group)
    context = click.Context(command, parent, name)
    for each in command.list_commands(context):
        inner = command.get_command(context, each)
        assert inner is not None
        if isinstance(inner, click.Group):
            yield f"{'#' * level} {name} {each}"
            yield _help(inner)
            yield from _group(inner, context, each, level + 1)
        else:
            yield from _command(inner, context, f"{name} {each}", level, each)


def _command(command: click.Command, parent: click.Context, title: str, level: int, name: str | None = None) -> Iterator[str]:
    context = click.Context(command, parent, name or title)
    yield f"{'#' * level} {title}"
    if isinstance(command, click.Group):
        yield _help(command)
        yield from _group(command, parent, title, level + 1)
        return
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {usage}\n```"
    yield _help(command)
    options = [record for each in command.get_params(context) if (record := each.get_help_record(context)) and record[1]]
    if options:
        yield "\n".join(
            ["| option | meaning |", "|---|---|", *(f"| `{_cell(name)}` | {_cell(text)} |" for name, text in options)]
        )


def _help(command: click.Command) -> str:
    r"""Return the help text as Markdown: paragraphs after `\b` keep their lines, and become code."""
    paragraphs = inspect.cleandoc(command.help or "").partition("\f")[0].split("\n\n")
    return "\n\n".join(_paragraph(text) for text in paragraphs if text.strip())


def _paragraph(text: str) -> str:
    if not text.startswith("\b"):
        return text.replace("<", "&lt;")
    lines = text.removeprefix("\b").strip("\n").split("\n")
    if len(lines) > 1 and lines[1].startswith(" ") and not lines[0].startswith(" "):
        return f"{lines[0]}\n\n```\n{inspect.cleandoc(chr(10).join(lines[1:]))}\n```"
    return "```\n" + "\n".join(lines) + "\n```"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
