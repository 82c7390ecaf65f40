"""Is docs/cli.md what the commands themselves say?

python -m tests.docs_are_current            exit code 1 if the page is stale
python -m tests.docs_are_current --write    write the page anew
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import typer

from astrid.cli.main import app
from astrid.files import write_atomic

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"

_INTRODUCTION = """\
# Commands

This page is made from the commands' own help: `python -m tests.docs_are_current --write`.

Figures for machines go to stdout, with `--json`; tables, progress and messages go to stderr. Exit
codes: 0 done, 1 a check said no, 2 wrong input, 3 a fault in Astrid itself, 130 stopped by hand.
Wrong input gives one line that says what, where and how to mend it; `astrid --debug …` shows the
traceback.
"""


def commands() -> Iterator[tuple[str, click.Context]]:
    """Every command with its full name, groups left out, as `astrid` lists them."""
    yield from _below(typer.main.get_command(app), None, "astrid")


def _below(
    command: click.Command, parent: click.Context | None, name: str
) -> Iterator[tuple[str, click.Context]]:
    # The width is the page's, whatever terminal this runs in.
    context = click.Context(command, parent=parent, info_name=name, max_content_width=96)
    context.terminal_width = 96
    if not hasattr(command, "commands"):
        yield context.command_path, context
        return
    for short, child in command.commands.items():
        yield from _below(child, context, short)


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for name, context in commands():
        shown = "\n".join(line.rstrip() for line in context.get_help().splitlines())
        parts.append(f"## {name}\n\n```text\n{shown.strip()}\n```\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """The exit code, after one line."""
    if arguments == ["--write"]:
        write_atomic(PAGE, page())
        print(f"written: {PAGE}")
        return 0
    current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
    print(f"{PAGE.name} {'is' if current else 'is not'} what the commands say", end="")
    print("" if current else "; run python -m tests.docs_are_current --write")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
