"""The notebooks run from their first cell to their last, with a tiny model in place of theirs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import tiny_lm
from tests.training.lora import toy

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))


def cells(path: Path) -> list[str]:
    """The code, without what only notebooks understand."""
    content = json.loads(path.read_text(encoding="utf-8"))
    found = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    return [source for source in found if not source.startswith("%")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_keep_no_results(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_zero_shot_against_lora(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for part in tiny_lm.build("llama"):
        part.save_pretrained(tmp_path / "model")
    words = ("refused", "good")
    rows = [f"{text.text} {row},{words[text.label]}" for row, text in enumerate(toy.corpus(80))]
    Path("data.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    first, *others = cells(Path(__file__).parents[1] / "examples" / "llm_lora.ipynb")
    names: dict[str, Any] = {}
    exec(first, names)
    names |= {"MODEL": "model", "DATA": "data.csv", "EXPLAIN": 2}
    for source in others:
        exec(source, names)
    said = capsys.readouterr().out
    assert "zero_shot: " in said
    assert "gain: " in said
    assert "cosine" in said
    assert Path("runs/llm/lora_adapter/adapter_model.safetensors").is_file()
