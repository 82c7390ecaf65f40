"""Agreement of explanations of texts that mean the same."""

import numpy as np
import pytest

from astrid.analysis._explaining import Explaining
from astrid.analysis.wording import across_paraphrases, shared_words
from astrid.errors import InputError
from astrid.models.black_box import CallableModel
from astrid.text.paraphrase import paraphrase_groups
from astrid.text.sources.verdicts import Params, load
from tests import tiny

QUICK = Explaining(methods=("occlusion",), resamples=200)


def keyword(texts: list[str]) -> np.ndarray:
    """Looks for three words, wherever they stand."""
    weights = {"paid": 2.0, "refused": -1.5, "rain": 0.7}
    totals = np.array([sum(w for k, w in weights.items() if k in text) for text in texts])
    first = 1 / (1 + np.exp(-totals))
    return np.stack([1 - first, first], axis=1)


def test_a_keyword_model_does_not_mind_other_filler() -> None:
    model = CallableModel(keyword, ["no", "yes"])
    groups = [("The tenant paid the old rent .", "The renter paid rent", "Long ago he paid rent")]
    groups += [("They refused the rain", "They all refused the heavy rain")]
    found = across_paraphrases(model, groups, QUICK)["occlusion"]
    assert found.agreement["cosine"].value == pytest.approx(1)
    assert found.same_prediction.value == 1
    assert found.shared.value == pytest.approx((np.mean([6 / 11, 4 / 12, 4 / 9]) + 8 / 10) / 2)


def test_random_scores_mind_every_word() -> None:
    groups = [(text, f"And {text}") for text in tiny.SENTENCES[:4]]
    settings = Explaining(methods=("random",), params={"random": {"seed": 5}}, resamples=200)
    # Random scores are drawn from a text's tokens: another token, other scores for all words.
    found = across_paraphrases(tiny.classifier("bert"), groups, settings)["random"]
    assert abs(found.agreement["spearman"].value) < 0.35
    assert found.shared.value > 0.85
    assert found.to_dict()["agreement"]["spearman"]["n"] == 4


def test_paraphrases_of_the_embedded_corpus_fit_in() -> None:
    documents = load(Params(train=2, validation=2, test=4)).documents[4:]
    model = CallableModel(keyword, ["no", "yes"])
    settings = Explaining(methods=("random",), resamples=200)
    groups = paraphrase_groups(documents)
    found = across_paraphrases(model, groups, settings)["random"]
    assert 0.8 < found.shared.value < 1
    assert found.same_prediction.n == len(groups)


def test_a_changed_prediction_is_counted_and_the_class_kept() -> None:
    model = CallableModel(keyword, ["no", "yes"])
    found = across_paraphrases(model, [("They paid", "They refused")], QUICK)["occlusion"]
    assert found.same_prediction.value == 0
    # One common word that changes nothing: its scores are all 0.
    assert found.agreement["cosine"].undefined == 1


def test_transformers_too_take_groups_of_different_sizes() -> None:
    groups = [tiny.SENTENCES[:2], tiny.SENTENCES[2:5]]
    settings = Explaining(methods=("gradient_x_input",), kind="logit_difference", resamples=200)
    done = []
    across_paraphrases(
        tiny.classifier("bert"), groups, settings, lambda count=1: done.append(count)
    )
    assert sum(done) == 5


def test_shared_words_keep_their_order_and_ignore_capitals() -> None:
    assert shared_words(["A", "b", "c"], ["a", "x", "C"]) == [(0, 0), (2, 2)]
    assert len(shared_words(["a", "b"], ["b", "a"])) == 1
    assert shared_words(["a"], ["b"]) == shared_words([], ["b"]) == []
    long = ["the"] * 300
    assert len(shared_words(long, long)) == 300


def test_groups_of_one_and_no_groups_are_refused() -> None:
    model = tiny.classifier("bert")
    for groups in ([("only one",)], ["a string"]):
        with pytest.raises(InputError, match="group 0 needs at least 2 texts"):
            across_paraphrases(model, groups)
    with pytest.raises(InputError, match="no texts"):
        across_paraphrases(model, [])
