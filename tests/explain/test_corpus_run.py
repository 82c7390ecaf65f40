"""A corpus explained into a folder: the same bytes however it came to be."""

import json
import shutil
from itertools import islice

import numpy as np
import pandas as pd
import pytest

from astrid import load_model
from astrid.errors import InputError
from astrid.explain import corpus_run, shards
from astrid.explain.corpus_run import explain_to, here
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.black_box import CallableModel
from astrid.text.rows import FileRows
from tests import tiny

METHOD = {"method": "gradient_x_input", "shard_size": 4}


def texts(count):
    return [f"{tiny.SENTENCES[number % 5]} {number}" for number in range(count)]


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "cases.csv"
    pd.DataFrame({"text": texts(18), "label": 1}).to_csv(path, index=False)
    return path


@pytest.fixture
def model():
    return tiny.classifier()


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*"))}


def test_the_scores_are_those_of_explain_in_the_order_of_the_file(csv, model, tmp_path):
    written = explain_to(tmp_path / "out", model, FileRows(csv), **METHOD)
    assert (written.texts, written.shards, written.made, written.left_out) == (18, 5, 5, 0)
    frame = pd.read_parquet(tmp_path / "out")
    assert list(frame["row"]) == list(range(1, 19))
    assert list(frame["id"]) == [str(number) for number in range(1, 19)]
    alone = explain(model, texts(18), "gradient_x_input")
    assert list(frame["text"]) == [one.text for one in alone]
    for scores, one in zip(frame["token_scores"], alone, strict=True):
        np.testing.assert_allclose(scores, one.token_scores, rtol=1e-4, atol=1e-6)
    assert [len(part) for part in shards.read(tmp_path / "out")] == [4, 4, 4, 4, 2]


def test_the_columns_are_all_that_an_explanation_says(model):
    said = explain(model, "He won.", "lime", params={"samples": 5})[0].to_dict()
    schema = shards.schema()
    assert schema.names == ["row", "id", *said]
    for name in ("target", "prediction"):
        assert [field.name for field in schema.field(name).type] == list(said[name])


def test_a_shard_does_not_depend_on_the_others(csv, model, tmp_path):
    explain_to(tmp_path / "whole", model, FileRows(csv), **METHOD)
    partly = tmp_path / "partly"
    shutil.copytree(tmp_path / "whole", partly)
    for number in (0, 3):
        (partly / shards.NAME.format(number)).unlink()
    (partly / ".shard-00000.parquet.x").write_bytes(b"half")
    assert explain_to(partly, model, FileRows(csv), **METHOD).made == 2
    assert content(partly) == content(tmp_path / "whole")
    assert not (partly / ".shard-00000.parquet.x").exists()


def test_a_finished_run_does_nothing(csv, model, tmp_path):
    def never(spec, wanted, advance):
        raise AssertionError

    explain_to(tmp_path / "out", model, FileRows(csv), **METHOD)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    again = explain_to(tmp_path / "out", model, FileRows(csv), runner=never, **METHOD)
    assert (again.texts, again.made) == (18, 0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"method": "integrated_gradients"}, "method"),
        ({"method": "integrated_gradients", "params": {"steps": 3}}, "method"),
        ({"target": Target("logit")}, "target"),
        ({"shard_size": 5}, "shard_size 4 there, 5 here"),
        ({"limit": 3}, "limit null there, 3 here"),
        ({"model": tiny.classifier("bert", 1)}, "model"),
    ],
)
def test_another_run_is_refused(csv, model, tmp_path, other, says):
    explain_to(tmp_path / "out", model, FileRows(csv), **METHOD)
    before = content(tmp_path / "out")
    asked = {"model": model, **METHOD, **other}
    with pytest.raises(InputError, match=f"holds another run .*{says}"):
        explain_to(tmp_path / "out", rows=FileRows(csv), **asked)
    assert content(tmp_path / "out") == before


def test_another_version_is_refused(csv, model, tmp_path):
    explain_to(tmp_path / "out", model, FileRows(csv), **METHOD)
    path = tmp_path / "out" / corpus_run.RUN_FILE
    about = json.loads(path.read_text())
    about["spec"]["astrid"] = "0.0.9"
    path.write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"astrid 0\.0\.9 there"):
        explain_to(tmp_path / "out", model, FileRows(csv), **METHOD)
    path.write_text("{")
    with pytest.raises(InputError, match="can't be read"):
        explain_to(tmp_path / "out", model, FileRows(csv), **METHOD)


def test_texts_that_changed_are_refused_where_they_were_explained(csv, model, tmp_path):
    out = tmp_path / "out"
    explain_to(out, model, FileRows(csv), **METHOD)
    (out / shards.NAME.format(4)).unlink()
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([*lines[:-1], '"mended.",1']))
    assert explain_to(out, model, FileRows(csv), **METHOD).made == 1
    assert pd.read_parquet(out)["text"].iloc[-1] == "mended."
    csv.write_text("\n".join([*lines[:6], '"other.",1', *lines[7:]]))
    with pytest.raises(InputError, match=r"rows 5 to 8 are not those explained in .*00001"):
        explain_to(out, model, FileRows(csv), **METHOD)
    csv.write_text("\n".join(lines[:9]))
    with pytest.raises(InputError, match=r"not in .*cases\.csv any more"):
        explain_to(out, model, FileRows(csv), **METHOD)


def test_a_shard_of_another_run_is_refused(csv, model, tmp_path):
    explain_to(tmp_path / "a", model, FileRows(csv), **METHOD)
    explain_to(tmp_path / "b", model, FileRows(csv), target=Target("logit"), **METHOD)
    name = shards.NAME.format(2)
    shutil.copy(tmp_path / "a" / name, tmp_path / "b" / name)
    with pytest.raises(InputError, match=r"00002.* comes of another run"):
        explain_to(tmp_path / "b", model, FileRows(csv), target=Target("logit"), **METHOD)
    (tmp_path / "a" / name).write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"00002.* damaged; delete it"):
        explain_to(tmp_path / "a", model, FileRows(csv), **METHOD)


@pytest.mark.parametrize("place", [4, 100, -300, -60, -2])
def test_a_shard_with_any_byte_changed_is_not_done(csv, model, tmp_path, place):
    out = tmp_path / "out"
    explain_to(out, model, FileRows(csv), **METHOD)
    whole = content(out)
    path = out / shards.NAME.format(3)
    broken = bytearray(path.read_bytes())
    broken[place] ^= 1
    path.write_bytes(broken)
    with pytest.raises(InputError, match=r"00003.* damaged; delete it"):
        explain_to(out, model, FileRows(csv), **METHOD)
    with pytest.raises(InputError, match=r"00003.* damaged; delete it"):
        list(shards.read(out))
    assert path.read_bytes() == broken, "nothing is deleted unasked"
    path.unlink()
    assert explain_to(out, model, FileRows(csv), **METHOD).made == 1
    assert content(out) == whole


def test_a_folder_whose_name_is_no_utf8_is_gone_on_with(csv, model, tmp_path):
    out = tmp_path / "o_\udc80"
    explain_to(out, model, FileRows(csv), **METHOD)
    (out / shards.NAME.format(1)).unlink()
    assert explain_to(out, model, FileRows(csv), **METHOD).made == 1
    assert sum(len(part) for part in shards.read(out)) == 18


def test_the_limit_is_of_texts_and_blank_rows_are_counted(model, tmp_path):
    path = tmp_path / "a.csv"
    pd.DataFrame({"text": ["a", "", "b", " ", "c", "d"]}).to_csv(path, index=False)
    asked = {"method": "attention", "shard_size": 2}
    whole = explain_to(tmp_path / "whole", model, FileRows(path), **asked)
    assert (whole.texts, whole.shards, whole.left_out) == (4, 3, 2)
    explain_to(tmp_path / "out", model, FileRows(path), limit=3, **asked)
    assert list(pd.read_parquet(tmp_path / "out")["row"]) == [1, 3, 5]


def test_a_black_box_is_refused(csv, tmp_path):
    box = CallableModel(lambda texts: [[0.5, 0.5]] * len(texts), ["neg", "pos"], name="mood")
    with pytest.raises(InputError, match=r"mood: can't show .* load_model"):
        explain_to(tmp_path / "out", box, FileRows(csv), "lime")
    assert not (tmp_path / "out").exists()


def test_a_source_without_any_text_leaves_no_folder(model, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n ,1\n")
    with pytest.raises(InputError, match="no row is left to explain"):
        explain_to(tmp_path / "out", model, FileRows(path))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(csv, model, tmp_path):
    with pytest.raises(InputError, match="holds something else"):
        explain_to(tmp_path, model, FileRows(csv), **METHOD)
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]
    with pytest.raises(InputError, match=r"cases\.csv: Not a directory; choose another folder"):
        explain_to(csv, model, FileRows(csv), **METHOD)


def test_the_order_in_which_shards_come_does_not_matter(csv, model, tmp_path):
    def backwards(spec, wanted, advance):
        yield from here(model)(spec, reversed(list(wanted)), advance)

    def few(spec, wanted, advance):
        yield from islice(backwards(spec, wanted, advance), 2)

    explain_to(tmp_path / "a", model, FileRows(csv), **METHOD)
    explain_to(tmp_path / "b", model, FileRows(csv), runner=few, **METHOD)
    assert len(content(tmp_path / "b")) == 2
    explain_to(tmp_path / "b", model, FileRows(csv), runner=backwards, **METHOD)
    assert content(tmp_path / "b") == content(tmp_path / "a")


def test_the_fingerprint_is_the_models_own(tmp_path):
    network, tokenizer = tiny.build("bert")
    for part in (network, tokenizer):
        part.save_pretrained(tmp_path / "model")
    first = load_model(tmp_path / "model").fingerprint()
    shutil.copytree(tmp_path / "model", tmp_path / "copy")
    assert load_model(tmp_path / "copy").fingerprint() == first
    assert tiny.classifier("bert", 1).fingerprint() != tiny.classifier("bert").fingerprint()
    network.config.id2label = {0: "a", 1: "b", 2: "c"}
    network.save_pretrained(tmp_path / "copy")
    assert load_model(tmp_path / "copy").fingerprint() != first
