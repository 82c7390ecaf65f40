"""A study as one job: what it makes, what it does not make twice, what goes on when parts fail."""

import errno
import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from astrid.analysis.opened import open_study
from astrid.errors import InputError
from astrid.study.grid import cell_folder
from astrid.study.records import COLUMNS, ESTIMATES, CellKey
from astrid.study.run import Engine, run_study
from tests.small_study import check_same_study, small

ONE = Engine(workers=0, threads=1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    run_study(small(), folder, ONE)
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "study")
    return tmp_path / "study"


def test_what_went_wrong_in_training_is_among_the_records(copy):
    first, *others = sorted(copy.glob("models/*/astrid.json"))
    found = {
        "kind": "overfitting",
        "task": None,
        "message": "overfitting",
        "because": "it rose",
        "evidence": {"best_epoch": 1},
        "advice": ["stop", "rest"],
    }
    for path, diagnosis in ((first, [found]), *((other, []) for other in others)):
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "diagnosis": diagnosis}))
    shutil.rmtree(copy / "records", ignore_errors=True)
    records = open_study(copy).records()
    (row,) = records.diagnosis.to_dict("records")
    assert (row["finding"], row["because"], row["advice"]) == (
        "overfitting",
        "it rose",
        "stop; or rest",
    )
    assert row["encoder"] in records.encoders
    assert open_study(copy).records().diagnosis.equals(records.diagnosis), "as read from disk"


def changed(folder, before):
    """Files that are not what they were."""
    now = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    return {path.parent.name for path, time in now.items() if before.get(path) != time}


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}


def test_every_cell_has_one_record_with_the_named_columns(finished) -> None:
    study = open_study(finished)
    results = study.cells()
    assert len(results) == 12
    assert not results.duplicated(["encoder", "classifier", "interpretability", "seed"]).any()
    plain = [name for name in results if not name.endswith(("_low", "_high"))]
    assert tuple(plain) == COLUMNS
    for name in ESTIMATES:
        assert (results[f"{name}_low"] <= results[name] + 1e-12).all()
        assert (results[name] <= results[f"{name}_high"] + 1e-12).all()
    assert not results.isna().any().any()
    assert study.records().gaps.empty
    pd.testing.assert_frame_equal(pd.read_parquet(finished / "results.parquet"), results)
    assert (finished / "results.csv").is_file()


def test_the_reference_is_like_itself(finished) -> None:
    results = open_study(finished).cells()
    reference = results.iloc[0]
    assert tuple(reference[["encoder", "classifier", "interpretability"]]) == (
        "large",
        "linear",
        "integrated_gradients",
    )
    assert reference["attribution_similarity"] == pytest.approx(1.0, abs=1e-12)
    assert reference["attribution_similarity_low"] == pytest.approx(1.0, abs=1e-12)
    assert reference["compression_ratio"] == 1.0
    others = results["attribution_similarity"].iloc[1:]
    assert (others < 1).all()


def test_numbers_follow_from_the_explanations(finished) -> None:
    """Similarity, agreement, stability and magnitude again, from the shards by other means."""
    study = open_study(finished)
    results = study.cells().set_index(["encoder", "classifier", "interpretability"])
    methods = ("integrated_gradients", "attention", "occlusion")
    of = {
        (encoder, head, method): study.explanations(CellKey(encoder, head, method, 0))
        for encoder in ("large", "small")
        for head in ("linear", "attention")
        for method in methods
    }
    reference = of["large", "linear", "integrated_gradients"]
    for key, items in of.items():
        cosine = [
            a.word_scores
            @ b.word_scores
            / np.linalg.norm(a.word_scores)
            / np.linalg.norm(b.word_scores)
            for a, b in zip(reference, items, strict=True)
        ]
        record = results.loc[key]
        assert record["attribution_similarity"] == pytest.approx(np.mean(cosine), abs=1e-9)
        magnitude = np.mean([np.abs(item.word_scores).mean() for item in items])
        assert record["attribution_magnitude"] == pytest.approx(magnitude, rel=1e-9)
    from scipy.stats import spearmanr

    trio = [of["small", "attention", method] for method in methods]
    agreement, stability = [], []
    for texts in zip(*trio, strict=True):
        matrix = spearmanr(np.stack([item.word_scores for item in texts]), axis=1).statistic
        agreement.append(matrix[np.triu_indices(3, 1)].mean())
        scaled = [item.word_scores / np.abs(item.word_scores).max() for item in texts]
        stability.append(np.std(scaled, axis=0).mean())
    record = results.loc["small", "attention", "lime" if "lime" in methods else "occlusion"]
    assert record["method_agreement"] == pytest.approx(np.mean(agreement), abs=1e-9)
    assert record["interpretation_stability"] == pytest.approx(np.mean(stability), abs=1e-9)


def test_a_second_run_does_nothing(finished) -> None:
    before = times(finished)
    result = run_study(small(), finished, ONE)
    assert result.made == 0
    assert changed(finished, before) == set()


def test_a_study_grows(copy) -> None:
    before = times(copy)
    methods = {**small().methods, "gradient_x_input": {}}
    result = run_study(small(methods=methods), copy, ONE)
    assert result.made == 4
    assert len(open_study(copy).cells()) == 16
    touched = changed(copy, before) - {copy.name, "records"}
    assert touched == {
        f"{encoder}--{head}--s0--gradient_x_input"
        for encoder in ("large", "small")
        for head in ("linear", "attention")
    }


def test_other_settings_in_the_same_folder_are_refused(copy) -> None:
    other = small(trainer={"epochs": 1, "learning_rate": 1e-3, "batch_size": 32})
    with pytest.raises(InputError, match=r"trainer changed.*overwrite"):
        run_study(other, copy, ONE)
    assert open_study(copy).status().count("done") == 12


def test_trained_models_are_not_replaced_unasked(copy) -> None:
    """Before their first cell is done, too: training is what takes longest."""
    shutil.rmtree(copy / "cells")
    other = small(trainer={"epochs": 1, "learning_rate": 1e-3, "batch_size": 32})
    before = times(copy)
    with pytest.raises(InputError, match=r"trainer changed.*overwrite"):
        run_study(other, copy, ONE)
    assert changed(copy, before) == set()


def test_a_model_that_was_trained_otherwise_is_not_taken_for_the_evaluated_one(
    copy, monkeypatch
) -> None:
    """A run that replaces the models is killed before it has evaluated the first."""
    from astrid.study import evaluating

    shutil.rmtree(copy / "cells")
    weights = copy / "models" / "large--linear--s0" / "model.safetensors"
    whole = weights.read_bytes()
    other = small(trainer={"epochs": 1, "learning_rate": 1e-3, "batch_size": 32})

    def killed(*args: object, **settings: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(evaluating, "load_model", killed)
        with pytest.raises(KeyboardInterrupt):
            run_study(other, copy, ONE, overwrite=True)
    assert weights.read_bytes() != whole
    run_study(small(), copy, ONE, overwrite=True)
    assert weights.read_bytes() == whole


def test_other_data_in_the_same_folder_are_refused(copy) -> None:
    before = times(copy)
    params = {"train": 65, "validation": 24, "test": 24}
    with pytest.raises(InputError, match=r"the data changed.*overwrite"):
        run_study(small(data={"source": "verdicts", "params": params}), copy, ONE)
    assert changed(copy, before) == set()


def test_records_of_other_data_say_that_the_data_changed(copy) -> None:
    path = copy / "study.json"
    head = json.loads(path.read_text())
    head["spec"]["data"]["params"]["train"] -= 1  # as a file that lost a row
    path.write_text(json.dumps(head))
    with pytest.raises(InputError, match="the data changed"):
        open_study(copy).cells()


def test_without_the_answers_of_the_reference_nothing_is_compared(copy) -> None:
    (copy / "evaluations" / "large--linear--s0" / "answers.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="not done"):
        open_study(copy).cells()


def test_a_failure_whose_reason_was_lost_is_still_one(copy) -> None:
    folder = copy / "cells" / cell_folder(CellKey("small", "linear", "occlusion", 0))
    stamp = json.loads((folder / "cell.json").read_text())["digest"]
    (folder / "cell.json").unlink()
    (folder / "error.json").write_text(json.dumps({"digest": stamp}))
    assert open_study(copy).status().count("failed") == 1


def test_a_folder_in_place_of_the_records_is_named(copy) -> None:
    open_study(copy).cells()
    (copy / "results.parquet").unlink()
    (copy / "results.parquet").mkdir()
    with pytest.raises(InputError, match=r"results\.parquet: can't be written"):
        open_study(copy).cells()


@pytest.mark.parametrize("what", ["cut", "flipped", "gone"])
def test_a_damaged_shard_is_made_again_and_nothing_else(copy, what) -> None:
    cell = CellKey("small", "linear", "occlusion", 0)
    shard = copy / "cells" / cell_folder(cell) / "shard-00000.parquet"
    whole = shard.read_bytes()
    if what == "gone":
        shard.unlink()
    else:
        shard.write_bytes(whole[:-9] if what == "cut" else whole[:60] + b"x" + whole[61:])
    before = times(copy)
    said = []
    result = run_study(small(), copy, ONE, say=said.append)
    assert result.made == 1
    assert any(cell_folder(cell) in line and "made again" in line for line in said)
    assert shard.read_bytes() == whole
    assert changed(copy, before) == {cell_folder(cell)}


def test_records_follow_a_model_that_was_timed_again(copy) -> None:
    """Its answers are the same to the byte; how long they took is not."""
    open_study(copy).records()
    path = copy / "evaluations" / "small--linear--s0" / "evaluation.json"
    found = json.loads(path.read_text())
    found["inference_time"] = {**found["inference_time"], "value": 7.0, "high": 8.0}
    path.write_text(json.dumps(found))
    cells = open_study(copy).cells().set_index(["encoder", "classifier"])
    assert (cells.loc[("small", "linear"), "inference_time"] == 7.0).all()


def test_results_do_not_depend_on_workers(finished, tmp_path) -> None:
    run_study(small(), tmp_path, Engine(workers=2, threads=1))
    check_same_study(tmp_path, finished)


def test_a_training_that_diverges_costs_its_own_cells_only(tmp_path) -> None:
    encoders = {name: rung.model_dump(mode="json") for name, rung in small().encoders.items()}
    encoders["small"]["trainer"] = {"epochs": 2, "learning_rate": 1e30, "gradient_clip": 0}
    spec = small(encoders=encoders)
    result = run_study(spec, tmp_path, ONE)
    assert {name for name, _ in result.failures} == {"small--linear--s0", "small--attention--s0"}
    study = open_study(tmp_path)
    status = study.status()
    assert (status.count("done"), status.count("failed")) == (6, 6)
    reasons = {cell.reason for cell in status.cells if cell.state == "failed"}
    assert all("no longer a number" in reason for reason in reasons)
    records = study.records()
    assert len(records.results) == 6
    assert len(records.gaps) == 6
    assert records.gaps["reason"].str.contains("no longer a number").all()
    before = times(tmp_path)
    assert run_study(spec, tmp_path, ONE).made == 0  # it keeps its error
    assert changed(tmp_path, before) == set()
    again = run_study(spec, tmp_path, ONE, retry_failed=True)
    assert len(again.failures) == 2


def test_a_failed_reference_leaves_the_rest_waiting(tmp_path) -> None:
    encoders = {name: rung.model_dump(mode="json") for name, rung in small().encoders.items()}
    encoders["large"]["trainer"] = {"epochs": 1, "learning_rate": 1e30, "gradient_clip": 0}
    result = run_study(small(encoders=encoders), tmp_path, ONE)
    assert result.made == 2  # the small models, and not what waits for the reference
    study = open_study(tmp_path)
    states = {cell.cell: cell for cell in study.status().cells}
    waiting = states["small--linear--s0--occlusion"]
    assert waiting.state == "to do"
    assert "large--linear--s0, which failed" in waiting.reason
    with pytest.raises(InputError, match=r"reference .* is not done"):
        study.records()


def test_methods_that_a_model_can_not_answer_are_left_out(tmp_path) -> None:
    spec = small(
        compressions=["none", "int8"],
        heads=["linear"],
        methods={"integrated_gradients": {"steps": 4}, "occlusion": {}},
    )
    run_study(spec, tmp_path, ONE)
    study = open_study(tmp_path)
    assert study.status().count("left out") == 2
    records = study.records()
    assert len(records.results) == 6
    assert "compression" in records.results
    cells = records.gaps[records.gaps["column"] == ""]
    assert set(cells["reason"]) == {
        "integrated_gradients needs gradients, which int8 models don't have"
    }
    values = records.gaps[records.gaps["column"] != ""]  # one method agrees with no other
    assert set(values["column"]) == {"method_agreement", "interpretation_stability"}
    sizes = records.results.groupby("compression")["disk_bytes"].max()
    assert sizes["int8"] < sizes["none"]


def test_two_runs_at_once_are_kept_apart(finished) -> None:
    from astrid.files import locked

    with locked(finished), pytest.raises(InputError, match="another run writes there"):
        run_study(small(), finished, ONE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(tmp_path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="can't be written"):
        run_study(small(), tmp_path / "study", ONE)


def test_a_folder_that_cannot_be_written_in_costs_its_cell_only(copy) -> None:
    """A file stands where a cell's folder should be."""
    cell = copy / "cells" / "small--linear--s0--attention"
    shutil.rmtree(cell)
    cell.write_text("in the way")
    result = run_study(small(), copy, ONE)
    assert [name for name, _ in result.failures] == ["small--linear--s0--attention"]
    assert "can't be written" in result.failures[0][1].reason
    assert cell.read_text() == "in the way"


def test_wrong_settings_of_a_method_are_found_before_the_work(tmp_path) -> None:
    spec = small(methods={"integrated_gradients": {"stepz": 4}})
    with pytest.raises(InputError, match=r"methods.integrated_gradients.*stepz"):
        run_study(spec, tmp_path, ONE)
    assert not (tmp_path / "models").exists()


def test_a_study_of_texts_with_odd_signs(tmp_path) -> None:
    rows = [
        {"text": f"{word} \u202e<b>été {n}\x07", "label": label}
        for n in range(30)
        for word, label in (("good", "ja & <i>"), ("bad", "né'\""))
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "odd.csv", index=False)
    spec = small(
        data={"source": "file", "params": {"path": str(tmp_path / "odd.csv")}},
        heads=["linear"],
        methods={"integrated_gradients": {"steps": 4}, "occlusion": {}},
    )
    run_study(spec, tmp_path / "study", ONE)
    assert len(open_study(tmp_path / "study").cells()) == 4
    found = json.loads((tmp_path / "study" / "study.json").read_text())
    assert found["spec"]["data"]["params"]["path"].endswith("odd.csv")


def test_a_full_disk_stops_the_run_and_keeps_what_is_finished(tmp_path, monkeypatch) -> None:
    from astrid import files

    spec, folder = small(), tmp_path / "study"
    real, written = os.fsync, []

    def full(handle) -> None:
        if len(list(folder.glob("cells/*/cell.json"))) >= 4:
            written.append(handle)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with pytest.raises(InputError, match=r"No space left.*run the study again"):
            run_study(spec, folder, ONE)
    assert len(written) == 1  # no other task has tried
    before = times(folder)
    assert len(before) >= 8
    assert not list(folder.rglob("error.json"))
    result = run_study(spec, folder, ONE)
    assert result.made == 8
    assert changed(folder, before).isdisjoint(path.parent.name for path in before)


def test_every_compression_is_a_dimension_of_the_grid(tmp_path) -> None:
    kinds = ["none", "distil", "int8", "prune30", "prune_heads50", "drop_layers1"]
    rung = small().encoders["large"].model_dump(mode="json")
    spec = small(
        encoders={"large": rung},
        heads=["linear"],
        methods={"occlusion": {}, "attention": {}},
        reference={"method": "occlusion"},
        compressions=kinds,
        recover={"epochs": 1, "learning_rate": 1e-4},
    )
    result = run_study(spec, tmp_path, ONE)
    assert result.failures == ()
    records = open_study(tmp_path).records()
    results = records.results[records.results["interpretability"] == "occlusion"]
    of = results.set_index("compression")
    assert list(of.index) == kinds
    assert of.loc["none", "attribution_similarity"] == pytest.approx(1.0, abs=1e-12)
    assert of.loc["drop_layers1", "total_params"] < of.loc["none", "total_params"]
    assert of.loc["prune_heads50", "total_params"] < of.loc["none", "total_params"]
    assert of.loc["int8", "disk_bytes"] < of.loc["none", "disk_bytes"]
    assert of["attribution_similarity"].notna().all()
    assert (of.drop("none")["attribution_similarity"] < 1).all()


def test_a_model_that_is_gone_is_trained_again_where_it_is_needed(copy) -> None:
    shutil.rmtree(copy / "models" / "small--linear--s0")
    assert run_study(small(), copy, ONE).made == 0  # nothing needs it
    cell = copy / "cells" / "small--linear--s0--occlusion"
    before = (cell / "shard-00000.parquet").read_bytes()
    shutil.rmtree(cell)
    said = []
    run_study(small(), copy, ONE, say=said.append)
    assert any("is gone; it is trained again" in line for line in said)
    assert (cell / "shard-00000.parquet").read_bytes() == before


def test_a_damaged_model_is_trained_again_with_its_evaluation(copy) -> None:
    name = "small--linear--s0"
    weights = copy / "models" / name / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    shutil.rmtree(copy / "evaluations" / name)
    result = run_study(small(), copy, ONE)
    assert result.failures == ()
    assert weights.read_bytes() == whole


def test_other_weights_under_the_same_name_make_another_model(tmp_path) -> None:
    from tests import tiny

    source = tmp_path / "encoder"
    for part in tiny.build("bert"):
        part.save_pretrained(source)
    encoders = {"large": {"encoder": {"source": str(source), "max_length": 64}}}
    spec = small(encoders=encoders, heads=["linear"], methods={"integrated_gradients": {}})
    run_study(spec, tmp_path / "study", ONE)
    for part in tiny.build("bert", 1):
        part.save_pretrained(source)
    from astrid.study import store

    store._weights.cache_clear()
    with pytest.raises(InputError, match="made otherwise"):
        run_study(spec, tmp_path / "study", ONE)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ({"preset": "mini", "init": "scratch", "hidden_size": 17}, "attention_heads"),
        ({"init": "scratch", "layers": 1}, "required"),
        ({"preset": "mini", "init": "scratch", "source": "x"}, "no meaning with init=scratch"),
    ],
)
def test_encoders_that_can_not_be_built_are_found_before_the_work(
    tmp_path, encoder, message
) -> None:
    first = small().encoders["large"].model_dump(mode="json")
    spec = small(encoders={"large": first, "odd": {"encoder": encoder}})
    with pytest.raises(InputError, match=rf"encoders.odd: .*{message}"):
        run_study(spec, tmp_path, ONE)
    assert not (tmp_path / "models").exists()


def test_a_wrong_setting_of_an_encoder_gives_the_nearest_right_one() -> None:
    with pytest.raises(InputError, match=r'layerz: no such setting; did you mean "layers"'):
        small(encoders={"large": {"encoder": {"preset": "mini", "layerz": 1}}})
