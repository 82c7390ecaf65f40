"""Nothing stands in the documentation that was not run."""

import contextlib
import doctest
import importlib
import inspect
import io
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import astrid
from astrid.cli.main import run
from astrid.study.run import Engine, run_study
from astrid.study.spec import load_study
from tests import tiny_lm
from tests.docs_are_current import commands
from tests.small_study import small

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
# Commands of seconds; the others (training, the demo) are only parsed.
QUICK = (
    *("explain", "evaluate", "compare", "compress", "export"),
    *("methods", "heads", "encoders"),
)

# Commands of a study of seconds, which is there.
STUDY = (["study", "status"], ["study", "report"], ["study", "select"])
MBTI = (["mbti", "predict"], ["mbti", "explain"], ["mbti", "evaluate"])
LLM = (["llm", "predict"], ["llm", "explain"])

# A gate may say no to models that were trained for moments.
GATE = ["study", "gate"]

_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PLUGIN = re.compile(r"^# (src/astrid/\S+\.py)$", re.MULTILINE)
_OPTION = re.compile(r"^--?[a-z]")


@dataclass(frozen=True)
class Block:
    """A fenced block: what follows the fence, the text, and its line on the page."""

    page: Path
    info: str
    body: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, found["info"].strip(), found["body"], text[: found.start()].count("\n") + 2)
        for found in _BLOCK.finditer(text)
    ]


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _with(info: str) -> list[Path]:
    return [page for page in PAGES if any(block.info == info for block in blocks(page))]


def console_lines(page: Path) -> Iterator[tuple[int, list[str]]]:
    """The `$ astrid …` lines of a page, continued lines joined, with their line numbers."""
    for block in blocks(page):
        if block.info == "console":
            joined = block.body.replace("\\\n", " ")
            for offset, line in enumerate(joined.splitlines()):
                if line.startswith("$ astrid"):
                    yield block.line + offset, shlex.split(line[2:], comments=True)[1:]


def _posts() -> str:
    rows = ["post,who,mood,tone"]
    for who in range(40):
        mood, tone = ("glad", "sad")[who % 2], ("calm", "angry", "cold")[who % 3]
        rows += [
            f"I feel {mood}.,{who},{mood},{tone}",
            f"Said {tone}ly.,{who},{mood},{tone}",
        ]
    return "\n".join(rows)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `cases.csv` and the models that the pages name, each trained for moments."""
    folder = tmp_path_factory.mktemp("docs")
    rows = [
        f'"The {thing} was {verdict} by the judge in case {number}.",{verdict}'
        for number in range(20)
        for thing, verdict in (("appeal", "granted"), ("claim", "refused"), ("motion", "granted"))
    ]
    (folder / "cases.csv").write_text("\n".join(["facts,outcome", *rows]), encoding="utf-8")
    csv = ["--data", str(folder / "cases.csv"), "--text-field", "facts", "--label-field", "outcome"]
    quick = ["encoder=demo-step5", "trainer=quick", "+encoder.vocab_size=200"]
    for name, seed in (("mine/teacher", 0), ("mine/student", 2)):
        assert (
            run(["train", *csv, *quick, f"seed={seed}", "--out", str(folder / "runs" / name)]) == 0
        )
    for name, seed in (("teacher", 0), ("twin", 1), ("step1", 2), ("step3", 3)):
        arguments = ["+data.params.train=200", *quick, f"seed={seed}"]
        assert run(["train", *arguments, "--out", str(folder / "runs" / "demo" / name)]) == 0
    tiny = ["model=quick", "trainer=quick", "data.params.train=16", "encoder.hidden_size=16"]
    (folder / "posts.csv").write_text(_posts(), encoding="utf-8")
    posts = ["--data", str(folder / "posts.csv"), "--text-field", "post", "--group-field", "who"]
    moods = ["--label-field", "mood,tone", "--out", str(folder / "runs" / "moods")]
    assert run(["train", *posts, *quick, *moods]) == 0
    people = [f"data.params.{split}=12" for split in ("validation", "test")]
    assert run(["mbti", "train", *tiny, *people, "--out", str(folder / "runs" / "mbti")]) == 0
    run_study(small(name="smoke"), folder / "runs" / "smoke", Engine(workers=0, threads=1))
    for part in tiny_lm.build("gpt2"):
        part.save_pretrained(folder / "models" / "gpt2")
    source = ["--model-name", str(folder / "models" / "gpt2"), "--dataset-name", csv[1]]
    short = ["--no-run-shap", "-p", "template.instruction="]
    out = ["--output-dir", str(folder / "runs" / "llm")]
    assert run(["llm", "run", *source, *csv[2:], *short, *out]) == 0
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of one page's own, with what the pages name in it."""
    for name in ("cases.csv", "posts.csv"):
        shutil.copy(made / name, tmp_path)
    for name in ("runs", "models"):
        (tmp_path / name).symlink_to(made / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_fence_is_closed_and_every_language_known() -> None:
    known = {"python", "console", "text", "yaml", "toml", "json"}
    for page in PAGES:
        assert page.read_text(encoding="utf-8").count("\n```") == 2 * len(blocks(page)), page
        for block in blocks(page):
            assert block.info in known, f"{_name(page)}:{block.line}: {block.info!r}"


@pytest.mark.parametrize("page", _with("python"), ids=_name)
def test_python_blocks_run(page: Path, place: Path) -> None:
    """All blocks of a page, except files to add, in one namespace."""
    namespace: dict[str, object] = {"__name__": "documentation"}
    for block in blocks(page):
        if block.info == "python" and not _PLUGIN.search(block.body):
            # Empty lines before the code make line numbers those of the page.
            source = "\n" * (block.line - 1) + block.body
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, str(page), "exec"), namespace)


def test_files_to_add_pass_their_contract_suites(tmp_path: Path) -> None:
    """Every complete example of CONTRIBUTING.md, put in its place in a copy of the package."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", tmp_path / "tests")
    added = []
    for block in blocks(ROOT / "CONTRIBUTING.md"):
        if found := _PLUGIN.search(block.body):
            (tmp_path / found[1]).write_text(block.body, encoding="utf-8")
            added.append(Path(found[1]).stem)
    assert len(added) == 6
    wanted = " or ".join({*added, *(name.replace("_", "-") for name in added)})
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist"]
    ended = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "tests/contract", "-k", wanted],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-3000:]
    passed = [line for line in ended.stdout.splitlines() if " PASSED" in line]
    for name in added:
        assert any(name in line.replace("-", "_") for line in passed), f"{name} is under no test"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_and_their_options_exist(page: Path) -> None:
    known = dict(commands())
    for line, words in console_lines(page):
        place = f"{_name(page)}:{line}"
        name = next(
            (
                " ".join(["astrid", *words[:n]])
                for n in (2, 1)
                if " ".join(["astrid", *words[:n]]) in known
            ),
            None,
        )
        if name is None:
            assert words in (["--help"], ["--version"]), f"{place}: no such command"
            continue
        options = {
            option
            for parameter in known[name].command.get_params(known[name])
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in words:
            if _OPTION.match(word):
                assert word.partition("=")[0] in options, f"{place}: {name} has no {word}"


@pytest.mark.parametrize("page", _with("console"), ids=_name)
def test_quick_commands_run(page: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, words in console_lines(page):
        if words[0] in QUICK or words[:2] in (*STUDY, *MBTI, *LLM):
            assert run(words) == 0, f"{_name(page)}:{line}: {capsys.readouterr().err}"
        elif words[:2] == GATE:
            assert run(words) in (0, 1), f"{_name(page)}:{line}: {capsys.readouterr().err}"


def test_studies_to_copy_are_studies(place: Path) -> None:
    found = [block for block in blocks(ROOT / "docs/study.md") if block.info == "yaml"]
    assert found
    for number, block in enumerate(found):
        (place / f"mine{number}.yaml").write_text(block.body, encoding="utf-8")
        spec = load_study(str(place / f"mine{number}.yaml"), ["seeds=[0,1,2]"])
        assert spec.seeds == (0, 1, 2)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    prose = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)", prose):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{_name(page)}: {target}"


def _modules() -> list[str]:
    found = pkgutil.walk_packages(astrid.__path__, "astrid.", onerror=lambda name: None)
    return sorted(["astrid", *(module.name for module in found)])


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert inspect.ismodule(module)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
