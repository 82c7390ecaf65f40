"""One explanation of a text in parts: that of the mean of the parts' outputs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from astrid.explain.parts import whole
from astrid.explain.records import Explanation
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.outputs import Task
from tests import explanations
from tests.explain.test_linear_model import LinearModel

TASK = Task("mood", "binary", (0,), answers=("bad", "good"))
TEXTS = ["one two three", "four", "five six seven eight nine"]


class OneColumn(LinearModel):
    """logit = Σ_t w · e(id_t): yes or no."""

    labels = ("good",)
    tasks = (TASK,)

    def __init__(self) -> None:
        super().__init__()
        self.weights = self.weights[:, :1] / 2


def explained(method: str, kind: str, **params: object) -> list[Explanation]:
    target = Target(kind, index=0)  # type: ignore[arg-type]
    return list(explain(OneColumn(), TEXTS, method, target=target, params=params))


@pytest.mark.parametrize("between", ["\n", " ||| "])
@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion", "lime"])
def test_words_and_their_places_are_those_of_the_whole_text(method: str, between: str) -> None:
    parts = explained(method, "logit")
    found = whole(parts, between, TASK)
    assert found.text == between.join(TEXTS)
    assert tuple(found.text[start:end] for start, end in found.offsets) == found.words
    assert found.words == tuple(" ".join(TEXTS).split())
    assert len(found.tokens) == len(found.token_scores) == len(found.words)
    assert found.evaluations == sum(part.evaluations for part in parts)


@pytest.mark.parametrize("kind", ["logit", "probability"])
def test_scores_add_up_to_the_change_of_the_mean(kind: str) -> None:
    found = whole(explained("integrated_gradients", kind, steps=200, baseline="pad"), "\n", TASK)
    logits = OneColumn()
    plain = [
        float(logits.embed(torch.as_tensor(logits.encode(text).ids)).sum(0) @ logits.weights[:, 0])
        for text in TEXTS
    ]
    baselines = [len(text.split()) * float(logits.embedding[0] @ logits.weights) for text in TEXTS]
    of = (lambda x: x) if kind == "logit" else (lambda x: 1 / (1 + np.exp(-np.asarray(x))))
    change = np.mean(of(plain)) - np.mean(of(baselines))
    assert found.word_scores.sum() == pytest.approx(change, abs=1e-4)
    assert found.target.value == pytest.approx(np.mean(of(plain)))


def test_scores_of_a_linear_model_are_those_of_the_mean_function() -> None:
    """f = (1/n) Σ_k Σ_t w·e(t): a word's attribution is w·(e − baseline) / n."""
    found = whole(explained("integrated_gradients", "logit", baseline="pad"), "\n", TASK)
    model = OneColumn()
    ids = torch.as_tensor(np.concatenate([model.encode(text).ids for text in TEXTS]))
    differences = model.embed(ids) - model.embedding[0]
    expected = (differences @ model.weights[:, 0]).numpy() / len(TEXTS)
    np.testing.assert_allclose(found.word_scores, expected, atol=1e-9)
    np.testing.assert_allclose(found.token_scores, expected, atol=1e-9)


def test_one_part_is_left_as_it_is() -> None:
    (first, *_) = explained("integrated_gradients", "logit")
    assert whole([first], "\n", TASK) is first


@pytest.mark.parametrize(("threshold", "label"), [(0.0, "good"), (1.0, "bad")])
def test_the_answer_follows_the_mean_probability_and_the_threshold(
    threshold: float, label: str
) -> None:
    asked = replace(TASK, threshold=threshold)
    found = whole(explained("integrated_gradients", "probability"), "\n", asked).prediction
    mean = predict(OneColumn(), TEXTS).mean(0)
    assert found.label == label
    assert found.probabilities == pytest.approx(mean)
    assert found.probability == pytest.approx(mean[0] if label == "good" else 1 - mean[0])


def test_what_is_doubtful_of_one_part_is_doubtful_of_the_whole() -> None:
    sound = explanations.explanation("w0 w1", [1.0, -3.0])
    short = replace(sound, truncated=True, converged=False, completeness_gap=0.3, special_share=0.5)
    found = whole([replace(sound, converged=True), short], "\n", TASK)
    assert found.truncated
    assert found.converged is False
    assert found.completeness_gap == pytest.approx(0.15)
    assert found.special_share == pytest.approx(0.25)
    silent = [replace(sound, completeness_gap=None), replace(sound, converged=None)]
    assert whole(silent, "\n", TASK).completeness_gap is None
    assert whole(silent, "\n", TASK).converged is None


def test_errors_of_the_scores_shrink_with_them() -> None:
    part = explanations.explanation("w0 w1", [1.0, -3.0])
    known = replace(part, standard_errors=np.array([0.2, 0.4]))
    found = whole([known, known], "\n", TASK)
    assert found.standard_errors is not None
    np.testing.assert_allclose(found.standard_errors, [0.1, 0.2, 0.1, 0.2])
    assert whole([known, part], "\n", TASK).standard_errors is None


def test_scores_of_nothing_have_no_share_of_special_tokens() -> None:
    part = explanations.explanation("w0 w1", [0.0, 0.0])
    assert whole([part, part], "\n", TASK).special_share == 0.0
