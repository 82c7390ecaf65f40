"""Entry point: commands, exit codes and errors in one line.

Exit codes: 0 done, 1 a check said no, 2 wrong input, 3 a fault in Astrid itself, 130 stopped.
"""

import io
import sys

import typer

from astrid._version import __version__
from astrid.cli import (
    compare,
    compress,
    data,
    demo,
    doctor,
    evaluate,
    explain,
    export,
    llm,
    mbti,
    measure,
    plugins,
    study,
    train,
)
from astrid.errors import InputError

app = typer.Typer(
    name="astrid",
    help="Is the small model still right, and right for the same reasons?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Errors are one line and exit code 2. Put --debug first to see where one arose.",
)
COMMANDS = (
    demo,
    train,
    compress,
    evaluate,
    explain,
    measure,
    compare,
    study,
    mbti,
    llm,
    export,
    data,
    plugins,
    doctor,
)
for group in COMMANDS:
    group.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks."),
    version: bool = typer.Option(
        False,
        "--version",
        help="Print the version and stop.",
        callback=_print_version,
        is_eager=True,  # before it is noticed that there is no command
    ),
) -> None:
    """Nothing to do: `--debug` is read in `run`, `--version` when it is met."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Texts hold any character; a terminal that can't show one must not stop the run.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


_STOPPED = 130


def run(arguments: list[str]) -> int:
    """Run one command, or show the help where there is none; its exit code."""
    try:
        code = app(arguments or ["--help"], prog_name="astrid", standalone_mode=False)
        if code == _STOPPED:  # typer makes it of Ctrl+C, and says nothing
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except (InputError, typer.TyperException) as error:
        if "--debug" in arguments:
            raise
        message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
        return _say(" ".join(message.split()), 2)
    except typer.Exit as leave:
        return leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _say("stopped; run the same command again to go on", _STOPPED)
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        # The reader of our output went away (astrid … | head): nothing is wrong.
        sys.stderr.close()
        return 0
    except Exception as error:
        if "--debug" in arguments:
            raise
        kind = type(error).__name__
        return _say(f"a fault in Astrid itself ({kind}); run astrid --debug … and report it", 3)


def _say(message: str, code: int) -> int:
    from astrid.progress import visible

    print(f"astrid: {visible(message)}", file=sys.stderr)
    return code
