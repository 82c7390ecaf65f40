"""What users of the library and of the command line see first."""

import subprocess
import sys

import pytest

import astrid
from astrid.cli.main import run
from tests.docs_are_current import commands

SURFACE = {
    "Explanation",
    "Explanations",
    "InputError",
    "MBTIClassifier",
    "Target",
    "compare",
    "explain",
    "load_language_model",
    "load_model",
    "open_study",
    "predict",
}

_TIMED = """
import sys, time
started = time.process_time()
import {module}
print(time.process_time() - started, *(n for n in ("torch", "transformers", "pandas", "lightning",
      "plotly", "sklearn", "scipy") if n in sys.modules))
"""


def test_the_public_names_are_these_and_no_others() -> None:
    assert set(astrid.__all__) == SURFACE
    assert list(astrid.__all__) == sorted(astrid.__all__, key=lambda name: (name.islower(), name))
    for name in SURFACE:
        assert getattr(astrid, name).__doc__
        assert name in dir(astrid)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="explian"):
        _ = astrid.explian


@pytest.mark.parametrize("module", ["astrid", "astrid.cli"])
def test_importing_is_quick_and_brings_nothing_heavy(module: str) -> None:
    program = _TIMED.format(module=module)
    seconds = []
    for _ in range(3):
        command = [sys.executable, "-c", program]
        taken, *heavy = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.split()
        assert heavy == []
        seconds.append(float(taken))
    assert min(seconds) < 0.5


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    names = {name.split()[1] for name, _ in commands()}
    assert {"demo", "train", "evaluate", "explain", "compare", "data", "doctor"} <= names
    for name in names:
        assert name in shown


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_the_help_of_every_command_has_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*name.split()[1:], "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert f"  {name} " in shown or f"  {name}\n" in shown


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == astrid.__version__


def test_calls_work_again_after_their_modules_are_imported() -> None:
    """`astrid.explain` is a package too, and Python puts packages into their parent."""
    program = (
        "import astrid, inspect\n"
        "for _ in range(2):\n"
        "    for name in astrid.__all__:\n"
        "        assert callable(getattr(astrid, name)), name\n"
        "from astrid import explain\n"
        "from astrid.explain.run import explain as function\n"
        "assert inspect.signature(explain) == inspect.signature(function)\n"
        "assert inspect.signature(astrid.explain) == inspect.signature(function)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_wrong_commands_are_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["explan"], ["explain"], ["methods", "--nope"], ["data"]):
        assert run(arguments) == 2, arguments
        shown = capsys.readouterr()
        assert shown.out == ""
        assert len(shown.err.splitlines()) == 1


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "Usage: astrid" in capsys.readouterr().out
