"""Agreement of runs that should not differ: over seeds and trainings."""

import numpy as np
import pytest

from astrid.analysis._explaining import Explaining
from astrid.analysis.stability import (
    across_models,
    across_runs,
    across_seeds,
)
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.models.black_box import CallableModel
from tests import tiny
from tests.explanations import explanation, many, random_scores
from tests.model_kinds import kind

TEXTS = [f"{one} {other}" for one in tiny.SENTENCES[:3] for other in tiny.SENTENCES[:3]]
QUICK = Explaining(methods=("occlusion",), resamples=200)


def keyword(texts: list[str]) -> np.ndarray:
    """Looks for three words, wherever they stand."""
    weights = {"paid": 2.0, "refused": -1.5, "rain": 0.7}
    totals = np.array([sum(w for k, w in weights.items() if k in text) for text in texts])
    first = 1 / (1 + np.exp(-totals))
    return np.stack([1 - first, first], axis=1)


def test_equal_runs_agree_fully_and_random_ones_are_at_chance() -> None:
    same = many(random_scores(30, 12, seed=0).tolist())
    runs = [many(random_scores(30, 12, seed=seed).tolist()) for seed in range(4)]
    assert across_runs([same, same]).agreement["spearman"].value == pytest.approx(1)
    found = across_runs(runs)
    assert found.pairs == ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    assert found.values["cosine"].shape == (6, 30)
    assert abs(found.agreement["cosine"].value) < 0.1
    assert found.chance["spearman"].value == 0


def test_the_value_of_a_text_is_the_mean_over_its_pairs() -> None:
    runs = [many([scores]) for scores in ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0])]
    found = across_runs(runs)
    assert found.values["spearman"][:, 0].tolist() == [-1.0, 1.0, -1.0]
    assert found.agreement["spearman"].value == pytest.approx(-1 / 3)


def test_undefined_texts_are_counted_not_averaged() -> None:
    first, second = many([[1.0, 2.0], [0.0, 0.0]]), many([[1.0, 2.0], [1.0, 2.0]])
    cosine = across_runs([first, second]).agreement["cosine"]
    assert (cosine.value, cosine.n, cosine.undefined) == (1.0, 1, 1)


def test_the_interval_can_be_another_one() -> None:
    seen = []

    def interval(values: np.ndarray) -> Estimate:
        seen.append(values.shape)
        return mean_with_interval(values.ravel())

    models = [tiny.classifier("bert", seed) for seed in range(3)]
    found = across_models(models, TEXTS[:2], QUICK, interval)["occlusion"]
    assert set(seen) == {(3, 2)}
    assert found.agreement["cosine"].n == 6


def test_a_method_without_chance_is_stable_and_one_of_chance_is_not() -> None:
    model = CallableModel(keyword, ["no", "yes"])
    settings = Explaining(methods=("kernel_shap", "random"), resamples=200)
    found = across_seeds(model, TEXTS, (0, 1, 2), settings)
    assert found["kernel_shap"].agreement["cosine"].value > 0.9
    random = found["random"].agreement["spearman"]
    assert abs(random.value) < 0.2
    again = across_seeds(model, TEXTS, (0, 1, 2), settings)
    assert again["random"].agreement == found["random"].agreement


def test_methods_that_draw_nothing_have_no_seeds() -> None:
    model = tiny.classifier("bert")
    with pytest.raises(InputError, match="occlusion draws nothing at random"):
        across_seeds(model, TEXTS, settings=QUICK)
    for seeds in ((0,), (1, 1)):
        with pytest.raises(InputError, match="at least 2, all different"):
            across_seeds(model, TEXTS, seeds)


def test_models_explain_the_first_one_s_class() -> None:
    models = [tiny.classifier("bert", seed) for seed in (0, 1)]
    done = []
    found = across_models(models, TEXTS, QUICK, advance=lambda count=1: done.append(count))
    assert sum(done) == 2 * len(TEXTS)
    assert found["occlusion"].agreement["cosine"].n == len(TEXTS)
    same = across_models([models[0]] * 2, TEXTS, QUICK)["occlusion"]
    assert same.agreement["spearman"].value == pytest.approx(1)
    with pytest.raises(InputError, match="1 models"):
        across_models(models[:1], TEXTS)
    with pytest.raises(InputError, match="are not those of"):
        across_models([models[0], kind("function").model], TEXTS)


def test_runs_that_do_not_fit_are_refused() -> None:
    run = many([[1.0, 2.0]])
    with pytest.raises(InputError, match="1 runs"):
        across_runs([run])
    with pytest.raises(InputError, match="same texts"):
        across_runs([run, run[:0]])
    with pytest.raises(InputError, match="class 1 and the probability of class 0"):
        across_runs([run, [explanation("w0 w1", [1.0, 2.0], target=0)]])
