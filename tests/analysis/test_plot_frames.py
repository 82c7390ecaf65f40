import importlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from astrid.analysis.plot_frames import ENCODERS_SHOWN, FRAMES, PANELS_SHOWN
from astrid.measures.statistics.bootstrap import mean_with_interval
from astrid.study.records import StudyRecords
from tests.studies import study

STUDY = study()
SEEDS = study(seeds=(3, 4, 5))


def notes(frame: pd.DataFrame) -> str:
    return " ".join(frame.attrs["notes"])


def plot(name: str):
    return importlib.import_module(f"astrid.plots.{name}")


@pytest.mark.parametrize("name", sorted(FRAMES))
@pytest.mark.parametrize(
    "records",
    [
        STUDY,
        SEEDS,
        study(encoders={"one": 1_000}, heads={"linear": 10}),
        study(compressions=("none", "int8")),
        study(encoders={"<b>one</b> $": 1_000, "日本": 500}, heads={"a & b": 10}),
    ],
    ids=["default", "seeds", "one", "compressed", "names"],
)
def test_every_plot_draws_its_frame(name: str, records) -> None:
    frame = FRAMES[name](records)
    assert set(plot(name).COLUMNS) <= set(frame.columns)
    assert plot(name).draw(frame).data


def test_one_seed_keeps_its_own_intervals() -> None:
    frame = FRAMES["pareto"](STUDY).set_index(["encoder", "classifier"])
    rows = STUDY.of_method().set_index(["encoder", "classifier"])
    for column in ("accuracy", "accuracy_low", "accuracy_high", "total_params"):
        np.testing.assert_array_equal(frame[column], rows.loc[frame.index, column])
    assert "95 % intervals over texts" in notes(FRAMES["pareto"](STUDY))
    assert frame["reference"].sum() == 1


def test_several_seeds_are_a_mean_between_the_lowest_and_the_highest() -> None:
    frame = FRAMES["size_effect"](SEEDS)
    rows = SEEDS.of_method()
    of = rows[(rows["encoder"] == "tinybert") & (rows["classifier"] == "mlp")]["accuracy"]
    found = frame[(frame["encoder"] == "tinybert") & (frame["classifier"] == "mlp")].iloc[0]
    assert found["accuracy"] == pytest.approx(of.mean())
    assert (found["accuracy_low"], found["accuracy_high"]) == (of.min(), of.max())
    assert "lowest and highest seed" in notes(frame)


def test_a_model_with_one_seed_of_several_keeps_its_interval() -> None:
    results = SEEDS.results
    lost = (results["encoder"] == "mini") & (results["seed"] != 3)
    frame = FRAMES["pareto"](replace(SEEDS, results=results[~lost]))
    row = frame[(frame["encoder"] == "mini") & (frame["classifier"] == "mlp")].iloc[0]
    own = results[
        (results["encoder"] == "mini") & (results["classifier"] == "mlp") & (results["seed"] == 3)
    ].iloc[0]
    assert row["accuracy_low"] == own["accuracy_low"] < row["accuracy"]


def test_the_reference_s_own_1_is_not_among_its_seeds() -> None:
    frame = FRAMES["similarity_heatmap"](SEEDS)
    row = frame[frame["reference"]].iloc[0]
    own = SEEDS.of_method()
    others = own[
        (own["encoder"] == "bert-base") & (own["classifier"] == "linear") & (own["seed"] != 3)
    ]
    assert row["attribution_similarity"] == pytest.approx(others["attribution_similarity"].mean())
    alone = FRAMES["similarity_heatmap"](STUDY)
    assert alone.loc[alone["reference"], "attribution_similarity"].item() == 1


def test_missing_cells_stay_missing() -> None:
    results = STUDY.results
    is_mini = (results["encoder"] == "mini") & (results["classifier"] == "dual")
    own = is_mini & (results["interpretability"] == "integrated_gradients")
    frame = FRAMES["similarity_heatmap"](replace(STUDY, results=results[~own]))
    assert len(frame) == 20
    row = frame[(frame["encoder"] == "mini") & (frame["classifier"] == "dual")].iloc[0]
    assert np.isnan(row["attribution_similarity"])
    # Its accuracy is known from its other methods.
    kept = FRAMES["pareto"](replace(STUDY, results=results[~own]))
    assert len(kept) == 20
    assert len(FRAMES["pareto"](replace(STUDY, results=results[~is_mini]))) == 19


def test_chance_and_ceiling_are_means_over_texts() -> None:
    frame = FRAMES["similarity_heatmap"](STUDY)
    rows = STUDY.similarities
    own = rows[rows["interpretability"] == "integrated_gradients"]
    chance = mean_with_interval(own.groupby("text")["chance"].mean().to_numpy())
    assert tuple(frame.loc[0, ["chance", "chance_low", "chance_high"]]) == pytest.approx(
        (chance.value, chance.low, chance.high)
    )
    assert frame["ceiling"].iloc[0] == pytest.approx(STUDY.ceiling["similarity"].mean())
    without = replace(STUDY, ceiling=pd.DataFrame(columns=["text", "similarity"]))
    assert FRAMES["similarity_heatmap"](without)["ceiling"].isna().all()


def test_agreement_is_averaged_by_text_and_the_largest_encoder_comes_first() -> None:
    frame = FRAMES["method_agreement"](study(correlation={
        "bert-base": 0.6, "distilbert": 0.4, "tinybert": 0.1, "mini": -0.3
    }))  # fmt: skip
    assert list(dict.fromkeys(frame["encoder"])) == ["bert-base", "distilbert", "tinybert", "mini"]
    assert len(frame) == 4 * 10
    means = frame.groupby("encoder")["correlation"].mean()
    np.testing.assert_allclose(
        means[["bert-base", "distilbert", "tinybert", "mini"]], [0.6, 0.4, 0.1, -0.3], atol=0.02
    )
    assert (frame["correlation_low"] < frame["correlation"]).all()


def test_undefined_correlations_are_no_zero() -> None:
    rows = STUDY.correlations.copy()
    rows.loc[rows["second"] == "lime", "correlation"] = np.nan
    frame = FRAMES["method_agreement"](replace(STUDY, correlations=rows))
    assert frame.loc[frame["second"] == "lime", "correlation"].isna().all()
    assert frame.loc[frame["second"] != "lime", "correlation"].notna().all()


def test_faithfulness_is_what_is_above_random() -> None:
    frame = FRAMES["cost_faithfulness"](STUDY).set_index("method")
    rows = STUDY.faithfulness[STUDY.faithfulness["interpretability"] == "lime"]
    gain = (rows["comprehensiveness"] - rows["random"]).mean()
    assert frame.loc["lime", "faithfulness"] == pytest.approx(gain)
    costs = STUDY.of_method("lime")["interpretation_cost"]
    assert frame.loc["lime", "interpretation_cost"] == pytest.approx(costs.mean())
    assert frame.loc["lime", "interpretation_cost_high"] == costs.max()


def test_what_was_not_measured_is_an_empty_frame_with_its_columns() -> None:
    bare = replace(STUDY, faithfulness=pd.DataFrame(), curves=pd.DataFrame())
    alone = study(methods=["lime"])
    for name, records in (
        ("cost_faithfulness", bare),
        ("learning_curves", bare),
        ("method_agreement", alone),
    ):
        frame = FRAMES[name](records)
        assert frame.empty
        assert set(plot(name).COLUMNS) <= set(frame.columns)


def test_only_the_frontier_shows_compressed_models() -> None:
    records = study(compressions=("none", "int8"))
    frame = FRAMES["pareto"](records)
    assert len(frame) == 40
    assert frame.loc[frame["reference"], "compression"].tolist() == ["none"]
    stable = FRAMES["stability"](records)
    assert len(stable) == 20
    assert "not compressed" in notes(stable)


def large(copies: int) -> StudyRecords:
    """The same four encoders again and again under other names and sizes."""
    small = study(documents=8, texts=3)
    parts = {}
    for name in ("results", "similarities", "correlations", "faithfulness", "curves"):
        frames = []
        for number in range(copies):
            frame = getattr(small, name).copy()
            frame["encoder"] = frame["encoder"] + f"-{number:03d}"
            if name == "results":
                frame["encoder_params"] //= 1 + number
            frames.append(frame)
        parts[name] = pd.concat(frames, ignore_index=True)
    return replace(
        small,
        **parts,
        encoders=tuple(dict.fromkeys(parts["results"]["encoder"])),
        reference=replace(small.reference, encoder="bert-base-000"),
    )


def test_a_large_study_stays_drawable_and_says_what_it_leaves_out() -> None:
    records = large(100)
    assert len(records.results) == 10_000
    drawn = {name: plot(name).draw(make(records)) for name, make in FRAMES.items()}
    assert all(len(figure.to_json()) < 3_000_000 for figure in drawn.values())
    for name, shown in (
        ("similarity_heatmap", ENCODERS_SHOWN),
        ("size_effect", ENCODERS_SHOWN),
        ("method_agreement", PANELS_SHOWN),
        ("learning_curves", PANELS_SHOWN),
    ):
        frame = FRAMES[name](records)
        assert frame["encoder"].nunique() == shown
        assert {"bert-base-000", "mini-099"} <= set(frame["encoder"])
        assert f"{shown} of 400 encoders" in notes(frame)
    assert len(FRAMES["pareto"](records)) == 2000


def test_many_heads_are_cut_and_named() -> None:
    records = study(heads={f"head {place}": 100 + place for place in range(15)}, texts=3)
    frame = FRAMES["size_effect"](records)
    assert frame["classifier"].nunique() == 12
    assert "first 12 of 15 heads" in notes(frame)


def test_the_records_are_left_as_they_are() -> None:
    before = STUDY.results.copy()
    for make in FRAMES.values():
        make(STUDY)
    pd.testing.assert_frame_equal(STUDY.results, before)
    assert not STUDY.results.attrs
