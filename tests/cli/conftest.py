"""A small trained model and files, shared by the command line's tests."""

import json

import pytest

from astrid.cli.main import run

ROWS = [
    (f"the {thing} was {verdict} by the judge in case {number}", verdict)
    for number in range(20)
    for thing, verdict in (("appeal", "granted"), ("claim", "refused"), ("motion", "granted"))
]


@pytest.fixture(scope="session")
def csv_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "cases.csv"
    lines = ["text,label", *(f'"{text}",{label}' for text, label in ROWS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trained(csv_file, tmp_path_factory):
    """A model folder that `astrid train` made from the file."""
    folder = tmp_path_factory.mktemp("models") / "teacher"
    quick = ["encoder=demo-step5", "trainer=scratch", "trainer.epochs=4", "trainer.batch_size=8"]
    assert run(["train", *quick, "--data", str(csv_file), "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def astrid(capsys):
    """Runs one command; gives its exit code, its JSON lines on stdout, and stderr."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, [json.loads(line) for line in captured.out.splitlines()], captured.err

    return call
