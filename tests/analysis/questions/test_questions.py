import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from astrid.analysis.questions import (
    Answer,
    answer_all,
    compensation,
    interaction,
    methods,
    reasoning,
    trade_off,
)
from astrid.measures.statistics.mcnemar import mcnemar
from astrid.study.records import StudyRecords
from tests.studies import ENCODERS, HEADS, METHODS, study

NAN = float("nan")
FEW = {"linear": 1, "mlp": 3, "dual": 2}
PAIRS = [(encoder, head) for encoder in ENCODERS for head in HEADS]


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _stability(records: StudyRecords, slope: float) -> StudyRecords:
    """With a stability that follows from the accuracy."""
    results = records.results.copy()
    rng = np.random.default_rng(0)
    results["interpretation_stability"] = (
        0.3 + slope * (results["accuracy"] - 0.8) + rng.normal(0, 0.005, len(results))
    )
    return replace(records, results=results)


def _without(records: StudyRecords, **cells: str) -> StudyRecords:
    """Without the cells that have all of these values."""

    def rest(frame: pd.DataFrame) -> pd.DataFrame:
        gone = np.logical_and.reduce([frame[name] == value for name, value in cells.items()])
        return frame[~gone]

    names = ("results", "answers", "similarities", "correlations")
    return replace(records, **{name: rest(getattr(records, name)) for name in names})


class TestCompensation:
    def test_a_head_that_makes_up_for_a_small_encoder_is_found(self) -> None:
        accuracy = dict.fromkeys(PAIRS, 0.65)
        accuracy |= {("bert-base", head): 0.9 for head in HEADS} | {("tinybert", "mlp"): 0.9}
        found = compensation.answer(study(accuracy=accuracy, documents=400))
        assert found.verdict == "yes"
        assert found.sentence.startswith("Yes: on tinybert the mlp head gains 0.2")
        assert found.headline is not None
        assert found.headline.name == "tinybert + mlp minus bert-base + linear: accuracy"
        assert found.plot == "pareto"

    def test_heads_that_do_not_help_are_found(self) -> None:
        accuracy = {(e, h): 0.9 if e == "bert-base" else 0.7 for e, h in PAIRS}
        found = compensation.answer(study(accuracy=accuracy, documents=400))
        assert found.verdict == "no"
        assert "no complex head is shown to help" in found.sentence
        assert all(encoder in found.sentence for encoder in ("distilbert", "tinybert", "mini"))

    def test_a_head_that_helps_but_not_enough_decides_nothing(self) -> None:
        accuracy = {(e, h): 0.5 if h == "linear" else 0.7 for e, h in PAIRS}
        accuracy |= {("bert-base", head): 0.95 for head in HEADS}
        found = compensation.answer(study(accuracy=accuracy, documents=400))
        assert found.verdict == "not shown"
        assert "but stays below bert-base + linear" in found.sentence

    def test_numbers_are_those_of_a_direct_computation(self) -> None:
        records = study()
        found = compensation.answer(records)
        right = records.answers.set_index(["encoder", "classifier"])["correct"].sort_index()
        small, large = right["mini", "dual"].to_numpy(), right["bert-base", "linear"].to_numpy()
        gap = next(f for f in found.findings if f.name.startswith("mini + dual minus bert-base"))
        assert gap.estimate.value == pytest.approx(small.mean() - large.mean())
        assert gap.p_value == mcnemar(small, large).p_value
        assert gap.test == "McNemar's exact test, 120 documents"
        assert len(found.findings) == 3 * 4 * 2 + 3
        assert gap.p_adjusted is not None
        assert gap.p_adjusted >= gap.p_value
        row = found.table.set_index(["encoder", "classifier"]).loc[("mini", "dual")]
        assert row["accuracy"] == pytest.approx(small.mean())
        assert (row["gap"], row["gap_low"]) == (gap.estimate.value, gap.estimate.low)

    def test_several_seeds_are_paired_and_documents_stay_the_unit(self) -> None:
        records = study(seeds=(0, 1, 2))
        found = compensation.answer(records)
        gap = next(f for f in found.findings if f.name.startswith("mini + dual minus bert-base"))
        right = records.answers.set_index(["encoder", "classifier"])["correct"].sort_index()
        difference = right["mini", "dual"].mean() - right["bert-base", "linear"].mean()
        assert gap.estimate.n == 120
        assert gap.estimate.value == pytest.approx(difference)
        assert "mean of 3 seeds" in gap.test

    def test_seeds_that_only_one_model_has_do_not_count(self) -> None:
        records = study(seeds=(0, 1))
        answers = records.answers
        lost = (answers["encoder"] == "mini") & (answers["seed"] == 1)
        found = compensation.answer(replace(records, answers=answers[~lost]))
        tests = {f.name.split(" + ")[0]: f.test for f in found.findings}
        assert tests["mini"].startswith("McNemar")
        assert "2 seeds" in tests["tinybert"]

    def test_what_was_not_finished_is_named(self) -> None:
        found = compensation.answer(_without(study(), encoder="mini", classifier="mlp"))
        assert any(note == "Without a record: mini + mlp." for note in found.notes)
        found = compensation.answer(_without(study(), encoder="bert-base", classifier="linear"))
        assert found.verdict == "not shown"
        assert found.headline is None
        assert "can be compared with bert-base + linear" in found.sentence


class TestReasoning:
    def test_the_best_head_is_found(self) -> None:
        similarity = {(e, h): 0.8 if h == "dual" else 0.6 for e, h in PAIRS}
        found = reasoning.answer(study(similarity=similarity))
        assert found.verdict == "yes"
        assert "one does best: dual" in found.sentence
        assert found.headline is not None
        assert found.headline.estimate.value == pytest.approx(0.2, abs=0.05)
        ranks = found.table.set_index(["encoder", "classifier"])["rank"]
        assert all(ranks[encoder, "dual"] == 1 for encoder in (*ENCODERS, reasoning.ALL))

    def test_the_reference_itself_is_no_evidence_for_its_head(self) -> None:
        found = reasoning.answer(study(similarity=0.5))
        together = found.table[found.table["encoder"] == reasoning.ALL].set_index("classifier")
        assert together.loc["linear", "similarity"] == pytest.approx(0.5, abs=0.05)
        own = found.table[found.table["encoder"] == "bert-base"]
        assert "linear" not in set(own["classifier"])
        assert any("1 by construction" in note for note in found.notes)

    def test_one_encoder_ranks_its_other_heads(self) -> None:
        found = reasoning.answer(study(encoders={"bert-base": 100}))
        together = found.table[found.table["encoder"] == reasoning.ALL]
        assert set(together["classifier"]) == set(HEADS) - {"linear"}
        assert any("no other encoder" in note for note in found.notes)

    def test_what_shuffled_scores_reach_preserves_nothing(self) -> None:
        found = reasoning.answer(study(similarity=0.1))
        assert found.verdict == "not shown"
        assert "not shown to be more like it than shuffled scores" in found.sentence

    def test_two_equally_good_heads_are_not_told_apart(self) -> None:
        similarity = {(e, h): 0.8 if h in ("dual", "mlp") else 0.5 for e, h in PAIRS}
        found = reasoning.answer(study(similarity=similarity))
        assert found.verdict == "not shown"
        assert "shown to be below it: " in found.sentence
        assert all(name in found.sentence for name in ("attention", "ensemble", "linear"))

    def test_heads_are_compared_on_the_same_encoders_only(self) -> None:
        """A head that is missing where similarity is low would look better than it is."""
        similarity = {(e, h): 0.2 if e == "mini" else 0.7 for e, h in PAIRS}
        records = _without(study(similarity=similarity), encoder="mini", classifier="dual")
        found = reasoning.answer(records)
        together = found.table[found.table["encoder"] == reasoning.ALL]
        assert together["similarity"].min() > 0.6
        assert any("mini" in note and "Not ranked together" in note for note in found.notes)

    def test_the_mean_is_that_of_a_direct_computation(self) -> None:
        records = study(seeds=(0, 1))
        found = reasoning.answer(records)
        frame = records.similarities
        rows = frame[
            (frame["interpretability"] == "integrated_gradients")
            & (frame["encoder"] != "bert-base")
            & (frame["classifier"] == "mlp")
        ]
        together = found.table[found.table["encoder"] == reasoning.ALL].set_index("classifier")
        assert together.loc["mlp", "similarity"] == pytest.approx(rows["same_method"].mean())


class TestMethods:
    def test_agreement_and_its_change_with_size_are_found(self) -> None:
        correlation = {"bert-base": 0.5, "distilbert": 0.4, "tinybert": 0.3, "mini": 0.2}
        found = methods.answer(study(correlation=correlation))
        assert found.verdict == "yes"
        assert found.sentence.startswith("Yes, moderately: mean rank correlation 0.35")
        assert "more on the largest encoder than on the smallest" in found.sentence
        assert found.headline is not None
        assert found.headline.estimate.value == pytest.approx(0.35, abs=0.01)
        parts = found.table["part"].value_counts()
        assert dict(parts) == {"all": 1, "encoder": 4, "pair": 10}

    def test_contradiction_is_a_no(self) -> None:
        assert methods.answer(study(correlation=-0.3)).verdict == "no"

    def test_one_method_agrees_with_nobody(self) -> None:
        found = methods.answer(study(methods=("attention",)))
        assert (found.verdict, found.headline, len(found.table)) == ("not shown", None, 0)

    def test_undefined_correlations_are_left_out(self) -> None:
        records = study()
        frame = records.correlations.copy()
        frame.loc[frame["first"] == "integrated_gradients", "correlation"] = NAN
        found = methods.answer(replace(records, correlations=frame))
        assert found.verdict == "yes"
        assert any("Without a defined correlation: integrated" in note for note in found.notes)


class TestTradeOff:
    def test_both_directions_are_found(self) -> None:
        rng = np.random.default_rng(1)
        accuracy = {pair: rng.uniform(0.6, 0.95) for pair in PAIRS}
        records = study(accuracy=accuracy)
        assert trade_off.answer(_stability(records, 0.3)).verdict == "yes"
        assert trade_off.answer(_stability(records, -0.3)).verdict == "no"

    def test_the_numbers_are_scipys(self) -> None:
        records = study(seeds=(0, 1))
        found = trade_off.answer(records)
        frame = records.of_method().groupby(["encoder", "classifier"]).mean(numeric_only=True)
        x, y = frame["interpretation_stability"], frame["accuracy"]
        line = stats.linregress(x, y)
        assert found.headline is not None
        assert found.headline.estimate.value == pytest.approx(line.slope)
        assert found.headline.p_value == pytest.approx(line.pvalue)
        assert found.headline.estimate.n == 20
        ranks = found.findings[-1]
        assert ranks.estimate.value == pytest.approx(stats.spearmanr(x, y).statistic)
        assert ranks.estimate.low < ranks.estimate.value < ranks.estimate.high

    def test_a_trend_of_the_encoders_alone_is_named_as_such(self) -> None:
        records = study(heads={"linear": 1, "mlp": 2, "dual": 3, "attention": 4})
        results = records.results.copy()
        level = results["encoder"].map({name: n for n, name in enumerate(ENCODERS)})
        rng = np.random.default_rng(3)
        results["accuracy"] = 0.7 + 0.05 * level + rng.normal(0, 0.005, len(results))
        results["interpretation_stability"] = (
            0.3 + 0.02 * level + rng.normal(0, 0.005, len(results))
        )
        found = trade_off.answer(replace(records, results=results))
        assert found.verdict == "yes"
        assert any("Among the heads of one encoder no trend" in note for note in found.notes)

    def test_the_front_has_high_accuracy_or_low_deviation(self) -> None:
        table = trade_off.answer(study()).table
        front = table[table["on_front"]]
        assert table["accuracy"].max() in set(front["accuracy"])
        assert table["interpretation_stability"].min() in set(front["interpretation_stability"])


class TestInteraction:
    def test_unlike_slopes_are_found(self) -> None:
        steps = {e: np.log10(109e6 / size) for e, size in ENCODERS.items()}
        accuracy = {(e, h): 0.95 - (0.3 if h == "linear" else 0.02) * steps[e] for e, h in PAIRS}
        found = interaction.answer(study(accuracy=accuracy, documents=1000))
        assert found.verdict == "yes"
        assert "with the linear head" in found.sentence
        assert found.headline is not None
        assert found.headline.unit == "F(4, 10)"
        slopes = found.table.set_index("classifier")
        assert slopes.loc["linear", "slope"] == pytest.approx(0.3, abs=0.05)
        assert any("20 points" in note for note in found.notes)

    def test_equal_slopes_are_not(self) -> None:
        steps = {e: np.log10(109e6 / size) for e, size in ENCODERS.items()}
        accuracy = {(e, h): 0.95 - 0.2 * steps[e] for e, h in PAIRS}
        found = interaction.answer(study(accuracy=accuracy, documents=1000))
        assert found.verdict == "not shown"
        assert all(finding.above for finding in found.findings[1:])

    def test_seeds_are_no_further_points(self) -> None:
        found = interaction.answer(study(seeds=(0, 1, 2)))
        assert found.headline is not None
        assert found.headline.estimate.n == 20


@cache
def _edge_cases() -> dict[str, StudyRecords]:
    whole = study(heads=FEW, methods=METHODS[:3], texts=15)
    frames = ("results", "answers", "similarities", "correlations", "ceiling", "curves", "gaps")
    unknown = whole.results.copy()
    numbers = unknown.select_dtypes("float").columns
    unknown[numbers] = NAN
    odd = {"<b>large</b>": 100, "klein ü": 20, "a + b": 10}
    return {
        "one encoder": study(encoders={"bert-base": 100}),
        "two encoders": study(encoders={"bert-base": 100, "mini": 10}, texts=10),
        "equal sizes": study(encoders={"one": 100, "other": 100}, texts=10),
        "one head": study(heads={"linear": 10}),
        "one model": study(encoders={"a": 1}, heads={"b": 1}),
        "one method": study(methods=("attention",), texts=10),
        "one text": study(texts=1, documents=1),
        "nothing": replace(whole, **{name: getattr(whole, name)[:0] for name in frames}),
        "no columns": replace(
            whole, similarities=pd.DataFrame(), correlations=pd.DataFrame(), answers=pd.DataFrame()
        ),
        "nothing known": replace(
            whole,
            results=unknown,
            similarities=whole.similarities.assign(same_method=NAN, chance=NAN),
            correlations=whole.correlations.assign(correlation=NAN),
        ),
        "all right": study(accuracy=1.0, similarity=1.0, texts=10),
        "odd names": study(encoders=odd, heads={"<i>": 1, "λ": 2}),
        "no reference": _without(whole, encoder="bert-base", classifier="linear"),
        "compressed only": study(compressions=("int8",), texts=5),
    }


@pytest.mark.parametrize("name", _edge_cases())
def test_every_study_gets_five_answers(name: str) -> None:
    answers = answer_all(_edge_cases()[name])
    assert [answer.number for answer in answers] == [1, 2, 3, 4, 5]
    for answer in answers:
        json.dumps(answer.to_dict(), allow_nan=False)
        assert answer.sentence.startswith(answer.verdict.capitalize())
        assert answer.headline is None or answer.headline.estimate.defined
        assert answer.verdict == "not shown" or answer.headline is not None
        assert answer.notes
        for column in answer.table.columns:
            if f"{column}_low" in answer.table:
                low, high = answer.table[f"{column}_low"], answer.table[f"{column}_high"]
                assert not (low > high).any()


def test_compressed_models_do_not_count() -> None:
    def only(records: StudyRecords) -> StudyRecords:
        names = ("results", "answers", "similarities", "correlations")
        frames = {name: getattr(records, name) for name in names}
        return replace(records, **{n: f[f["compression"] == "none"] for n, f in frames.items()})

    def plain(answers: tuple[Answer, ...]) -> str:
        return json.dumps([answer.to_dict() for answer in answers])

    records = study(compressions=("none", "int8"), heads=FEW, methods=METHODS[:3], texts=10)
    assert plain(answer_all(records)) == plain(answer_all(only(records)))


def test_the_same_records_give_the_same_answers() -> None:
    first, second = (
        json.dumps(
            [
                answer.to_dict()
                for answer in answer_all(study(heads=FEW, methods=METHODS[:3], texts=10))
            ]
        )
        for _ in range(2)
    )
    assert first == second
