"""The command line on models that don't choose between classes, and on names that misbehave."""

import json

import pytest

from tests import model_kinds, tiny

NASTY = {0: "[bold]won[/red]", 1: "<script>alert(1)</script>\nlost", 2: "\x1b[2Jopen"}


@pytest.fixture
def folder(tmp_path):
    def make(labels, problem_type=None):
        module, tokenizer = tiny.build("bert", labels=labels, problem_type=problem_type)
        module.save_pretrained(tmp_path / "model")
        tokenizer.save_pretrained(tmp_path / "model")
        return tmp_path / "model"

    return make


METHOD = ("-m", "gradient_x_input")


def test_labels_that_stand_alone(astrid, folder):
    model = folder({0: "rude", 1: "sad"}, "multi_label_classification")
    code, (row,), err = astrid("explain", model, "good day", *METHOD, "--class", "sad", "--json")
    assert code == 0
    assert row["target"]["label"] == row["prediction"]["label"] == "sad"
    assert row["target"]["kind"] == "probability"
    assert row["target"]["value"] == pytest.approx(row["prediction"]["probability"])
    code, _, err = astrid("explain", model, "good day", *METHOD)
    assert code == 0
    assert "probability of " in err
    code, _, err = astrid("explain", model, "good day", "--class", "sat")
    assert code == 2
    assert "sad" in err


def test_regressions(astrid, folder):
    model = folder({0: "price"}, "regression")
    code, (row,), err = astrid("explain", model, "good day", *METHOD, "--json")
    assert code == 0
    assert row["target"]["kind"] == "value"
    assert row["prediction"] == {"label": "price", "probability": None}
    code, _, err = astrid("explain", model, "good day", *METHOD)
    assert f"price {row['target']['value']:.3f}" in err
    for arguments in (("--target", "logit_difference"), ("--class", "1")):
        code, _, err = astrid("explain", model, "good day", *arguments)
        assert code == 2


def test_adapters_with_a_tokenizer_beside_them(astrid, folder, tmp_path):
    base = folder(tiny.LABELS)
    module, tokenizer = model_kinds.adapted("bert", ["query", "value"])
    module.peft_config["default"].base_model_name_or_path = str(base)
    module.save_pretrained(tmp_path / "adapter")
    tokenizer.save_pretrained(tmp_path / "adapter")
    code, (row,), _ = astrid("explain", tmp_path / "adapter", "good day", *METHOD, "--json")
    assert code == 0
    expected = model_kinds.of(module, tokenizer).plain("good day").max()
    assert row["prediction"]["probability"] == pytest.approx(float(expected), abs=1e-5)


def test_what_needs_classes_says_so(astrid, folder, csv_file):
    model = folder({0: "rude", 1: "sad"}, "multi_label_classification")
    for command in (("evaluate", model), ("compare", model, model)):
        code, _, err = astrid(*command, "--data", csv_file)
        assert code == 2
    code, _, err = astrid("evaluate", model, "--data", csv_file)
    assert "gives each label by itself" in err


def test_names_of_classes_can_not_steer_the_terminal_or_the_page(astrid, folder, tmp_path):
    model = folder(NASTY)
    page = tmp_path / "page.html"
    for label in NASTY:
        code, _, err = astrid(
            *("explain", model, "good day", *METHOD, "--class", label, "--html", page)
        )
        assert code == 0
        assert "\x1b[2J" not in err
        assert "<script>alert" not in page.read_text(encoding="utf-8")
    assert "[bold]won[/red]" in astrid("explain", model, "good", *METHOD, "--class", "0")[2]
    code, _, err = astrid("explain", model, "good day", "--class", "\x1b[2Jclosed")
    assert code == 2
    assert "\x1b" not in err
    assert len([line for line in err.splitlines() if line.startswith("astrid: ")]) == 1


def test_precision_is_said(astrid, trained, csv_file):
    text = "the claim was granted"
    code, (row,), err = astrid("explain", trained, text, *METHOD, "--precision", "bf16", "--json")
    assert code == 0
    assert row["precision"] == "bfloat16"
    assert "bfloat16" in err
    code, _, err = astrid("explain", trained, text, *METHOD, "--precision", "bf16")
    assert "bfloat16 weights" in err
    code, _, err = astrid("evaluate", trained, "--data", csv_file, "--precision", "bf16", "--json")
    assert code == 0
    assert "bfloat16" in err
    code, _, err = astrid("explain", trained, text, "--precision", "int3")
    assert code == 2
    assert "int3" in err
    assert "float32" not in astrid("explain", trained, text, *METHOD)[2]
    out = ("--out", csv_file.parent / "out", "--engine", "ray", "--precision", "bf16")
    code, _, err = astrid("explain", trained, "--data", csv_file, *out)
    assert code == 2
    assert "--precision" in err


def test_weights_that_are_no_numbers(astrid, folder):
    from safetensors.torch import load_file, save_file

    model = folder({0: "a", 1: "b", 2: "c"})
    weights = load_file(model / "model.safetensors")
    save_file(
        {name: weight * float("nan") for name, weight in weights.items()},
        model / "model.safetensors",
        metadata={"format": "pt"},
    )
    code, out, err = astrid("explain", model, "good day", "--json")
    assert code == 2
    assert out == []
    assert "integrated_gradients: text 0 gets answers that are not finite" in err
    assert "good day" not in err


def test_labels_that_contradict_the_weights(astrid, folder):
    model = folder({0: "a", 1: "b", 2: "c"})
    path = model / "config.json"
    config = json.loads(path.read_text())
    for labels in ({"0": "a", "1": "b"}, {"0": "a", "5": "b", "2": "c"}, {"0": "a", "x": "b"}):
        path.write_text(json.dumps({**config, "id2label": labels}))
        code, _, err = astrid("explain", model, "good day")
        assert code == 2, labels
        lines = [line for line in err.splitlines() if line.startswith("astrid: ")]
        assert len(lines) == 1
    path.write_text(json.dumps({**config, "label2id": {"a": "2", "z": 7}}))
    assert astrid("explain", model, "good day", *METHOD)[0] == 0
