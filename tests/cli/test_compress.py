"""`astrid compress`: what it writes, prints and refuses."""

import pytest

from astrid.models.load import load_model
from astrid.models.saving import read_record


@pytest.mark.parametrize("how", ["int8", "prune30", "prune_heads50"])
def test_prints_sizes_before_and_after(how, astrid, trained, tmp_path):
    code, (said,), err = astrid(
        "compress", trained, "--how", how, "--out", tmp_path / "s", "--json"
    )
    assert code == 0, err
    assert said["after"]["nonzero_parameters"] < said["before"]["nonzero_parameters"]
    assert said["metrics"] is None
    assert "on disk" in err
    assert f"{said['after']['parameters']:,}" in err
    assert load_model(tmp_path / "s").facts.parameters == said["after"]["parameters"]
    code, (again,), _ = astrid("compress", trained, "--how", how, "--out", tmp_path / "s", "--json")
    assert again == {**said, "reused": True}


def test_with_texts_it_is_trained_on_and_measured(astrid, trained, csv_file, tmp_path):
    code, (said,), err = astrid(
        *("compress", trained, "--how", "prune_heads50", "--out", tmp_path / "small"),
        *("--data", csv_file, "--epochs", "1", "--json"),
    )
    assert code == 0, err
    assert f"validation accuracy {said['metrics']['accuracy']:.3f}" in err
    assert read_record(tmp_path / "small")["compression"]["recover"]["epochs"] == 1


def test_settings_reach_the_compression(astrid, trained, tmp_path):
    for name, setting in (("plain", "false"), ("small", "true")):
        code, _, err = astrid(
            *("compress", trained, "--how", "int8", "-p", f"embeddings={setting}"),
            *("--out", tmp_path / name),
        )
        assert code == 0, err
    plain, small = (
        (tmp_path / name / "model.safetensors").stat().st_size for name in ("plain", "small")
    )
    assert small < plain


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--how", "int9"], 'did you mean "int8"'),
        (["--how", "distil"], "nothing to do to a finished model"),
        (["--how", "prune30", "-p", "shar=1"], "no such setting"),
        (["--how", "prune30", "--epochs", "1"], "give --data"),
        (["--how", "drop_layers9"], "leave none"),
    ],
)
def test_wrong_input_is_one_line(options, says, astrid, trained, tmp_path):
    code, said, err = astrid("compress", trained, *options, "--out", tmp_path / "small")
    assert (code, said) == (2, [])
    assert says in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "small").exists()
