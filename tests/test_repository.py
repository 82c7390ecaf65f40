"""What must not be in any file of this repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Written in parts, so that this file does not find itself.
FORBIDDEN = {
    "a folder outside the repository": re.compile(re.escape("../" + "shared")),
    "loading that runs code from a file": re.compile(
        r"\bpick" + r"le\.(load|Unpickler\b)|\bjob" + r"lib\.load|allow_" + r"pickle\s*=\s*True"
    ),
    "code from a model's folder": re.compile("trust_" + r"remote_code\s*=\s*True"),
}
TORCH_LOAD = re.compile(r"torch\." + r"load\(")

# The runs on real data read files that are not part of the repository.
EXCEPT = ("tests/real/", "docs/real-runs.md")
CODE = (".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".j2", ".html", ".js", ".css", "")


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [
        name
        for name in listed.stdout.splitlines()
        if not name.startswith(EXCEPT) and Path(name).suffix in CODE and (ROOT / name).is_file()
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_has(what: str) -> None:
    found = [
        f"{name}:{number}"
        for name in _files()
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def test_torch_loads_weights_only() -> None:
    for name in _files():
        text = (ROOT / name).read_text("utf-8")
        for match in TORCH_LOAD.finditer(text):
            call = text[match.start() : match.start() + 300]
            assert "weights_only=True" in call, name


def test_the_files_are_found() -> None:
    assert {"pyproject.toml", "src/astrid/__init__.py", "tests/test_repository.py"} <= {*_files()}
