"""What falls on a planted word is measured word by word."""

import numpy as np
import pytest

from astrid.analysis._explaining import Explaining
from astrid.analysis.shortcut import (
    shortcut_reliance,
    shortcut_share,
    shortcut_toward,
    word_share,
)
from astrid.errors import InputError
from astrid.models.black_box import CallableModel
from astrid.text.sources.verdicts import CLASSES, Params, load
from tests import tiny
from tests.explanations import explanation

TEXT = "Before Quillworth they paid"
CORPUS = load(Params(train=2, validation=2, test=24, shortcut=True))
TEST = CORPUS.with_documents(d for d in CORPUS if d.split == "test")


def town_reader(texts: list[str]) -> np.ndarray:
    """Certain of the first party where the town is named, and of nothing else."""
    first = np.array([0.95 if "Quillworth" in text else 0.3 for text in texts])
    return np.stack([1 - first, first], axis=1)


def test_shares_are_those_computed_by_hand() -> None:
    item = explanation(TEXT, [1.0, -3.0, 0.0, 4.0])
    assert shortcut_share(item, "Quillworth") == 3 / 8
    assert shortcut_toward(item, "Quillworth") == -3 / 8
    assert word_share(item, "Quillworth") == 1 / 4


def test_several_shortcut_words_add_up() -> None:
    item = explanation("no yes no", [1.0, -2.0, 3.0])
    assert shortcut_share(item, "no") == 4 / 6
    assert word_share(item, "no") == 2 / 3


def test_texts_that_say_nothing_are_undefined() -> None:
    without, silent = explanation("they paid", [1.0, 1.0]), explanation(TEXT, [0.0] * 4)
    for item in (without, silent):
        assert np.isnan(shortcut_share(item, "Quillworth"))
        assert np.isnan(shortcut_toward(item, "Quillworth"))
    assert np.isnan(word_share(without, "Quillworth"))
    # Part of a word is not the word.
    assert np.isnan(shortcut_share(explanation("Quillworths won", [1.0, 1.0]), "Quillworth"))


def test_another_class_than_the_predicted_one_is_refused() -> None:
    item = explanation(TEXT, [1.0] * 4, predicted=1, target=0)
    with pytest.raises(InputError, match="explain the predicted class"):
        shortcut_toward(item, "Quillworth")


def test_a_model_that_reads_only_the_town_is_found_out() -> None:
    model = CallableModel(town_reader, CLASSES)
    found = shortcut_reliance(model, TEST, Explaining(methods=("occlusion",), resamples=500))
    occlusion, random = found.methods
    with_town = sum("Quillworth" in text for text in TEST.texts)
    assert found.word == "Quillworth"
    assert occlusion.share.value == pytest.approx(1)
    assert occlusion.toward.value == pytest.approx(1)
    assert (occlusion.share.n, occlusion.share.undefined) == (with_town, 24 - with_town)
    assert random.method == "random"
    assert random.share.value == pytest.approx(found.chance.value, abs=0.02)
    assert abs(random.toward.value) < 0.02
    assert occlusion.beyond_random.difference.low > 0.9
    assert random.beyond_random.difference.value == 0


def test_a_model_that_knows_nothing_of_it_is_near_chance() -> None:
    settings = Explaining(methods=("gradient_norm", "random"), resamples=500)
    found = shortcut_reliance(tiny.classifier("distilbert"), TEST, settings)
    assert [method.method for method in found.methods] == ["gradient_norm", "random"]
    assert found.chance.value < 0.05
    assert found.methods[0].share.value < 0.1


def test_chance_is_one_word_among_those_that_the_model_saw() -> None:
    model = CallableModel(town_reader, CLASSES)
    found = shortcut_reliance(model, TEST, Explaining(methods=("random",), resamples=100))
    assert len(found.methods) == 1
    assert 1 / 120 < found.chance.value < 1 / 25
    assert found.chance.n == found.methods[0].share.n


def test_the_record_and_the_frame_are_plain() -> None:
    done = []
    model = CallableModel(town_reader, CLASSES)
    found = shortcut_reliance(
        model,
        TEST,
        Explaining(methods=("occlusion",), resamples=100),
        advance=lambda count=1: done.append(count),
    )
    assert sum(done) == 2 * found.chance.n
    assert found.to_dict()["word"] == "Quillworth"
    frame = found.to_frame()
    assert list(frame["method"]) == ["occlusion", "random", "chance"]
    assert frame["share"].iloc[2] == found.chance.value
    assert list(frame.columns[1:4]) == ["share", "share_low", "share_high"]


def test_without_a_known_shortcut_it_says_what_to_do() -> None:
    plain = load(Params(train=2, validation=2, test=4))
    model = CallableModel(town_reader, CLASSES)
    with pytest.raises(InputError, match="shortcut=true"):
        shortcut_reliance(model, plain)
    with pytest.raises(InputError, match='no text has the word "Nowhere"'):
        shortcut_reliance(model, plain, word="Nowhere")
