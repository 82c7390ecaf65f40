"""The gate decides on the interval's end, where it can decide at all."""

import numpy as np
import pytest
from scipy import stats

from astrid.analysis.comparison import ComparisonSettings, compare_explanations
from astrid.analysis.gate import gate
from astrid.analysis.gate_checks import GateSettings, Measured, decide_checks
from astrid.errors import InputError
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.measures.statistics.bootstrap import mean_with_interval
from astrid.measures.statistics.mcnemar import difference_of_shares
from astrid.models.black_box import CallableModel
from astrid.text.document import Corpus, Document
from tests import model_kinds, tiny
from tests.analysis.test_examine import corpus, named

QUICK = {"method": "gradient_x_input", "texts": 12}
STEP = 1e-6


def right(count: int, of: int) -> np.ndarray:
    return np.arange(of) < count


def unlabelled(texts: list[str]) -> Corpus:
    return Corpus("bare", tuple(Document(str(n), text) for n, text in enumerate(texts)), {})


def decided(measured: Measured, **asked: float):
    (check,) = decide_checks(measured, GateSettings(**asked))
    return check


def test_a_model_passes_against_itself_whatever_is_asked() -> None:
    settings = GateSettings(min_accuracy=0.0, min_similarity=1.0, max_drop=0.2, **QUICK)
    found = gate(named("teacher"), named("candidate"), corpus(), settings)
    assert found.passed
    assert [check.name for check in found.checks] == ["accuracy", "similarity", "drop"]
    assert found.checks[1].estimate.low == pytest.approx(1.0, abs=1e-12)
    assert found.checks[2].estimate.value == 0.0
    assert found.prediction_agreement.value == 1.0
    assert found.answer.startswith("PASSED: candidate against teacher")


def test_the_estimates_are_those_of_the_functions_behind_them() -> None:
    teacher, candidate, data = named("teacher"), named("candidate", seed=5), corpus()
    settings = GateSettings(
        min_accuracy=0.1, min_similarity=0.0, max_drop=0.9, **QUICK | {"texts": 99}
    )
    found = gate(teacher, candidate, data, settings)
    accuracy, similarity, drop = (check.estimate for check in found.checks)
    correct = [
        predict(model, data.texts).argmax(1) == data.labels for model in (teacher, candidate)
    ]
    wilson = stats.binomtest(int(correct[1].sum()), 30).proportion_ci(0.95, "wilson")
    assert (accuracy.low, accuracy.high) == pytest.approx((wilson.low, wilson.high))
    assert (drop.low, drop.high) == difference_of_shares(*correct)
    assert drop.value == pytest.approx(correct[0].mean() - correct[1].mean())
    first = explain(teacher, data.texts, "gradient_x_input")
    asked = [Target("probability", item.target.index) for item in first]
    second = explain(candidate, data.texts, "gradient_x_input", target=asked)
    compared = compare_explanations(first, second, ComparisonSettings())
    assert similarity == compared.similarity
    assert found.chance == compared.chance["cosine"]
    assert found.prediction_agreement.value == compared.prediction_agreement.value


def test_random_weights_fail() -> None:
    settings = GateSettings(min_similarity=0.9, **QUICK)
    found = gate(named("teacher"), named("random", seed=3), corpus(), settings)
    assert not found.passed
    assert found.answer.startswith("FAILED")
    assert "0.9" in found.answer


CASES = {
    "min_accuracy": Measured(right(90, 100), right(85, 100)),
    "min_similarity": Measured(cosines=np.random.default_rng(0).beta(5, 2, 60)),
    "max_drop": Measured(right(90, 100), right(85, 100)),
}


@pytest.mark.parametrize("asked", CASES)
def test_the_end_of_the_interval_decides_and_not_its_middle(asked: str) -> None:
    estimate = decided(CASES[asked], **{asked: 0.5}).estimate
    most = asked == "max_drop"
    end, inwards = (estimate.high, -STEP) if most else (estimate.low, STEP)
    assert decided(CASES[asked], **{asked: end}).passed
    assert decided(CASES[asked], **{asked: end - inwards}).passed
    missed = decided(CASES[asked], **{asked: end + inwards})
    assert not missed.passed
    assert "the middle" in missed.reason
    assert "texts if the middle stays" in missed.reason
    beyond = estimate.low - STEP if most else estimate.high + STEP
    if 0 <= beyond < 1:
        assert "the whole interval lies" in decided(CASES[asked], **{asked: beyond}).reason


def test_ends_that_look_like_the_threshold_are_told_from_it() -> None:
    end = decided(CASES["min_accuracy"], min_accuracy=0.5).estimate.low
    reason = decided(CASES["min_accuracy"], min_accuracy=round(end + 1e-5, 6)).reason
    assert f"{end:.5f}" in reason


def test_a_better_candidate_never_fails_for_its_drop() -> None:
    better = decided(Measured(right(60, 100), right(90, 100)), max_drop=0.0)
    assert better.passed
    assert better.estimate.value == pytest.approx(-0.3)
    worse = decided(Measured(right(90, 100), right(60, 100)), max_drop=0.2)
    assert not worse.passed
    assert worse.reason.startswith("the whole interval lies above 0.2")


def test_the_texts_that_a_reason_asks_for_are_enough() -> None:
    accuracy = decided(Measured(right(87, 100), right(87, 100)), min_accuracy=0.85)
    assert "about 1,225 texts" in accuracy.reason
    assert decided(Measured(right(1088, 1250), right(1088, 1250)), min_accuracy=0.85).passed
    equal = decided(Measured(right(50, 100), right(50, 100)), max_drop=0.01)
    assert "about 276 texts" in equal.reason
    assert decided(Measured(right(138, 276), right(138, 276)), max_drop=0.01).passed


def test_what_can_decide_nothing_fails() -> None:
    one = np.array([True])
    for asked in ({"min_accuracy": 0.1}, {"max_drop": 1.0}):
        assert "1 text gives no interval" in decided(Measured(one, one), **asked).reason
    assert not decided(Measured(cosines=np.array([1.0])), min_similarity=0.1).passed
    nothing = decided(Measured(cosines=np.full(5, np.nan)), min_similarity=-1)
    assert not nothing.passed
    assert nothing.to_dict()["estimate"]["value"] is None
    most = np.append(np.full(6, np.nan), np.ones(5))
    assert "6 of 11 texts" in decided(Measured(cosines=most), min_similarity=0.1).reason
    assert decided(Measured(cosines=most[1:]), min_similarity=0.1).passed


def test_a_single_text_is_said_to_decide_nothing() -> None:
    settings = GateSettings(min_similarity=0.0, **QUICK | {"texts": 1})
    found = gate(named("one"), named("two"), corpus(), settings)
    assert not found.passed
    assert any("only 1 texts" in note for note in found.notes)


def test_labels_are_needed_for_accuracy_and_drop_alone() -> None:
    bare = unlabelled(corpus().texts)
    for asked in ({"min_accuracy": 0.5}, {"max_drop": 0.5}):
        with pytest.raises(InputError, match="30 of 30 documents have no label"):
            gate(named("one"), named("two"), bare, GateSettings(**asked, **QUICK))
    found = gate(named("one"), named("two"), bare, GateSettings(min_similarity=0.5, **QUICK))
    assert found.passed
    assert found.to_dict()["teacher_accuracy"]["value"] is None
    assert found.prediction_agreement.n == 12
    with pytest.raises(InputError, match="no documents"):
        gate(named("one"), named("two"), unlabelled([]), GateSettings(min_similarity=0.5))


def test_accuracy_alone_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astrid.analysis.gate.explain", lambda *_, **__: pytest.fail("explained"))
    found = gate(named("one"), named("two"), corpus(), GateSettings(min_accuracy=0.0))
    assert found.limits == ()
    assert not found.chance.defined


def test_methods_must_run_on_both_models() -> None:
    module, tokenizer = model_kinds.quantised("bert")
    int8 = tiny.TransformerClassifier(module, tokenizer, name="int8")
    asked = GateSettings(min_similarity=0.5, texts=4)
    with pytest.raises(InputError, match=r"needs gradients, which int8 can't give.*occlusion"):
        gate(named("teacher"), int8, corpus(), asked)
    occlusion = GateSettings(min_similarity=-1.0, method="occlusion", texts=4)
    assert gate(named("teacher"), int8, corpus(), occlusion).passed
    box = CallableModel(lambda texts: [[0.2, 0.3, 0.5]] * len(texts), tiny.LABELS.values())
    with pytest.raises(InputError, match="attention needs attentions") as refused:
        gate(named("teacher"), box, corpus(), asked.model_copy(update={"method": "attention"}))
    assert "lime" in str(refused.value)
    assert "attention_rollout" not in str(refused.value)


def test_a_method_that_asks_no_model_would_pass_anything() -> None:
    settings = GateSettings(min_similarity=0.5, method="random")
    with pytest.raises(InputError, match="any candidate would look like the teacher"):
        gate(named("one"), named("two", seed=1), corpus(), settings)


def test_other_classes_are_refused() -> None:
    module, tokenizer = tiny.build("bert", labels={0: "lost", 1: "won"})
    two = tiny.TransformerClassifier(module, tokenizer, name="two")
    with pytest.raises(InputError, match="two: its classes"):
        gate(named("one"), two, corpus(), GateSettings(max_drop=0.5))


@pytest.mark.parametrize(
    "wrong",
    [{}, {"min_accuracy": 1.0}, {"max_drop": -0.1}, {"min_similarity": float("nan")}],
)
def test_settings_that_ask_for_nothing_possible(wrong: dict) -> None:
    with pytest.raises((InputError, ValueError), match=r"nothing is asked|Input should be"):
        GateSettings(**wrong)


def test_notes_say_what_the_thresholds_are_worth() -> None:
    settings = GateSettings(min_accuracy=0.01, min_similarity=-0.9, max_drop=0.0, **QUICK)
    notes = gate(named("one"), named("two", seed=1), corpus(), settings).notes
    for part in (
        "most frequent class",
        "shuffled scores alone reach",
        "only 12 texts were compared",
        "only a better model could",
    ):
        assert any(part in note for note in notes), part
    strict = GateSettings(min_accuracy=0.99, max_drop=0.05)
    notes = gate(named("one"), named("two"), corpus(), strict).notes
    assert any("the teacher itself" in note for note in notes)
    assert any("not even a faultless model" in note and "381" in note for note in notes)
    assert any("teacher's own answers could not pass 0.05; give at least 54" in n for n in notes)


def test_too_few_texts_are_those_that_the_notes_ask_for() -> None:
    full = right(381, 381)
    assert decided(Measured(full, full), min_accuracy=0.99).passed
    assert not decided(Measured(full[:380], full[:380]), min_accuracy=0.99).passed
    assert decided(Measured(full[:54], full[:54]), max_drop=0.05).passed
    assert not decided(Measured(full[:53], full[:53]), max_drop=0.05).passed


def test_accuracy_at_the_threshold_passes_in_no_more_draws_than_promised() -> None:
    generator = np.random.default_rng(0)
    shares = {}
    for truth in (0.80, 0.90):
        draws = generator.random((1000, 400)) < truth
        shares[truth] = np.mean(
            [decided(Measured(draw, draw), min_accuracy=0.80).passed for draw in draws]
        )
    # 2.5 % are promised; the exact value is 2.4 %, and 1,000 draws have a standard error of 0.5 %.
    assert shares[0.80] <= 0.04
    assert shares[0.90] >= 0.98


def test_a_drop_at_the_threshold_passes_in_no_more_draws_than_promised() -> None:
    generator = np.random.default_rng(1)
    passed = {}
    for lost in (0.075, 0.035):
        kinds = generator.choice(3, size=(1000, 400), p=[lost, 0.025, 0.975 - lost])
        passed[lost] = np.mean(
            [decided(Measured(row != 1, row != 0), max_drop=0.05).passed for row in kinds]
        )
    assert passed[0.075] <= 0.045  # a drop of exactly 0.05
    assert passed[0.035] >= 0.85  # of 0.01


def test_a_similarity_at_the_threshold_seldom_passes() -> None:
    generator = np.random.default_rng(2)
    low = [mean_with_interval(generator.beta(5, 2, 50), draw, 0.95, 500).low for draw in range(300)]
    # About 3 % in long simulations; a standard error of 1 % with 300 draws.
    assert np.mean(np.asarray(low) >= 5 / 7) <= 0.065
