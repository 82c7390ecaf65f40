"""`astrid export`: what it writes, prints and refuses."""

import json
import shutil

import pytest

from astrid.cli.main import run
from astrid.models.export import check, graph, onnx


@pytest.fixture(scope="session")
def exported(trained, tmp_path_factory):
    """An export of the trained model."""
    out = tmp_path_factory.mktemp("onnx") / "out"
    assert run(["export", str(trained), "--format", "onnx", "--out", str(out)]) == 0
    return out


@pytest.fixture
def ready(exported, monkeypatch):
    """The graph is not made anew."""

    def write(_, file):
        shutil.copy(exported / "model.onnx", file)
        return tuple(json.loads((exported / "onnx.json").read_text())["inputs"])

    monkeypatch.setattr(onnx, "write_graph", write)


def test_says_how_far_the_graph_is_from_the_model(astrid, ready, trained, tmp_path):
    code, (said,), err = astrid("export", trained, "--out", tmp_path / "out", "--json")
    assert code == 0, err
    parity = said["parity"]
    assert parity["largest_difference"] < 1e-4
    assert f"differ by at most {parity['largest_difference']:.1e} on {parity['texts']} texts" in err
    assert said["folder"] == str(tmp_path / "out")
    assert said["bytes"] == (tmp_path / "out" / "model.onnx").stat().st_size
    record = json.loads((tmp_path / "out" / "onnx.json").read_text())
    assert record["parity"] == parity
    assert record["labels"] == ["granted", "refused"]


def test_by_itself_it_goes_beside_the_model(astrid, ready, trained):
    code, (said,), _ = astrid("export", f"{trained}/", "--json")
    assert code == 0
    assert said["folder"] == f"{trained}-onnx"


def test_an_earlier_export_is_kept_or_replaced(astrid, ready, trained, tmp_path):
    out = tmp_path / "out"
    assert astrid("export", trained, "--out", out)[0] == 0
    before = (out / "onnx.json").stat().st_mtime_ns
    code, said, err = astrid("export", trained, "--out", out)
    assert (code, said) == (2, [])
    assert "holds an export" in err
    assert (out / "onnx.json").stat().st_mtime_ns == before
    code, _, err = astrid("export", trained, "--out", out, "--overwrite")
    assert code == 0, err
    assert (out / "onnx.json").stat().st_mtime_ns > before


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        ("{trained}", ["--format", "onix"], '--format "onix": use onnx'),
        ("{trained}", ["--out", "{trained}", "--overwrite"], "holds something else already"),
        ("{trained}", ["--out", "{trained}/config.json/x"], "can't be written"),
        ("{trained}/nothing", [], "no such folder"),
        ("https://example.org/model", [], "a model behind an address"),
        ("{exported}", [], "no model.safetensors"),
    ],
)
def test_wrong_input_is_one_line(model, options, says, astrid, trained, exported, tmp_path):
    places = {"trained": trained, "exported": exported}
    options = [option.format(**places) for option in options]
    out = [] if "--out" in options else ["--out", tmp_path / "out"]
    code, said, err = astrid("export", model.format(**places), *options, *out)
    assert (code, said) == (2, [])
    assert says in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert (trained / "model.safetensors").is_file()


def test_a_missing_package_is_named_before_work_is_done(astrid, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "find_spec", lambda name: None)
    code, said, err = astrid("export", trained, "--out", tmp_path / "out")
    assert (code, said) == (2, [])
    assert err == 'astrid: ONNX needs the package onnx: pip install "astrid[onnx]"\n'


def test_an_export_that_differs_leaves_nothing(astrid, ready, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(check, "LIMIT", -1.0)
    code, said, err = astrid("export", trained, "--out", tmp_path / "out")
    assert (code, said) == (2, [])
    assert "nothing was written" in err.splitlines()[-1]
    assert not list(tmp_path.iterdir())
