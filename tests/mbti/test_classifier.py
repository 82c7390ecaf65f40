"""`MBTIClassifier`: letters, probabilities and reasons, of whatever people write."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import astrid
from astrid.errors import InputError
from astrid.mbti.classifier import MBTIClassifier
from astrid.text.load import DataSpec, load_splits
from astrid.text.personality import AXES
from tests.mbti.conftest import PEOPLE, train

TEXTS = [
    "I like long evenings with a book. What do you think?",
    "Parties! Every weekend. 🎉 – naïve, ja, 日本語",
    "first post|||second post||| |||third, http://example.org/x and INTJ",
]


def test_the_public_name_is_this_class() -> None:
    assert astrid.MBTIClassifier is MBTIClassifier


def test_one_text_or_several(classifier: MBTIClassifier) -> None:
    types = classifier.predict(TEXTS)
    probabilities = classifier.predict_proba(TEXTS)
    assert probabilities.shape == (3, 4)
    for number, text in enumerate(TEXTS):
        assert classifier.predict(text) == types[number]
        one = classifier.predict_proba(text)
        assert one.shape == (4,)
        np.testing.assert_allclose(one, probabilities[number], atol=1e-5)
    assert classifier.predict([]) == []
    assert classifier.predict_proba([]).shape == (0, 4)


def test_letters_follow_the_convention(classifier: MBTIClassifier) -> None:
    for type_, row in zip(classifier.predict(TEXTS), classifier.predict_proba(TEXTS), strict=True):
        expected = "".join(
            pair[int(probability > 0.5)]
            for pair, probability in zip(AXES.values(), row, strict=True)
        )
        assert type_ == expected
    assert classifier.type_of(np.array([0.9, 0.9, 0.9, 0.9])) == "ENTJ"
    assert classifier.type_of(np.array([0.5, 0.5, 0.5, 0.5])) == "ISFP"


def test_learns_every_axis(classifier: MBTIClassifier) -> None:
    data = DataSpec(source="personality", params=PEOPLE)
    people: dict[str, list[str]] = {}
    labels: dict[str, dict[str, int]] = {}
    for document in load_splits(data).test:
        people.setdefault(str(document.group), []).append(document.text)
        labels[str(document.group)] = dict(document.labels)
    found = classifier.predict_proba(["|||".join(posts) for posts in people.values()]) > 0.5
    truth = np.array([[labels[name][axis] for axis in AXES] for name in people])
    majority = np.maximum(truth.mean(0), 1 - truth.mean(0))
    right = (found == truth).mean(0)
    assert (right >= majority - 0.05).all()
    assert right.mean() > majority.mean() + 0.1


def test_a_persons_probability_is_the_mean_over_what_the_encoder_reads_at_once(
    classifier: MBTIClassifier,
) -> None:
    text = "|||".join(f"post number {n} about people and evenings at home" for n in range(40))
    corpus, numbers = classifier.read([text])
    assert len(corpus) > 3
    assert set(numbers.tolist()) == {0}
    rows = astrid.predict(classifier.model, corpus.texts)
    np.testing.assert_allclose(classifier.predict_proba(text), rows.mean(0), atol=1e-6)


def test_links_and_types_change_nothing(classifier: MBTIClassifier) -> None:
    plain = classifier.predict_proba("evenings at home with people")
    dirty = classifier.predict_proba("evenings INFJ at home http://youtu.be/x with people ENTPs")
    np.testing.assert_allclose(plain, dirty, atol=1e-6)


def test_cleaning_can_be_switched_off(folder: Path) -> None:
    raw = MBTIClassifier.load_from_checkpoint(folder, clean_types=False, clean_links=False)
    corpus, _ = raw.read(["I am an INTJ, see http://example.org"])
    assert corpus.texts == ["I am an INTJ, see http://example.org"]


@pytest.mark.parametrize("text", ["", "  ", "|||", "http://a.b/c", "www.a.bc ||| INTJ"])
def test_nothing_to_read_is_said_with_the_texts_number(
    classifier: MBTIClassifier, text: str
) -> None:
    with pytest.raises(InputError, match="text 1: there is nothing to read in it"):
        classifier.predict(["something", text])


def test_what_is_no_string_is_refused(classifier: MBTIClassifier) -> None:
    nothing: Any = None
    with pytest.raises(InputError, match="text 0: a text must be a string, not NoneType"):
        classifier.predict([nothing])


def test_a_notebook_names_the_classifier(classifier: MBTIClassifier) -> None:
    assert repr(classifier).startswith("MBTIClassifier('")
    assert "clean_types=True" in repr(classifier)


@pytest.mark.parametrize("axis", AXES)
def test_explanations_add_up_to_the_change_of_the_persons_probability(
    classifier: MBTIClassifier, axis: str
) -> None:
    text = "|||".join(f"post number {n} about people and evenings at home" for n in range(20))
    found = classifier.explain(text, task=axis, params={"steps": 64})
    probability = classifier.predict_proba(text)[list(AXES).index(axis)]
    assert found.target.value == pytest.approx(probability, abs=1e-6)
    assert found.target.label == AXES[axis][1]
    assert found.prediction.label == AXES[axis][int(probability > 0.5)]
    assert len(found.words) == len(found.word_scores) == len(found.offsets)
    assert [found.text[start:end] for start, end in found.offsets] == list(found.words)
    corpus, _ = classifier.read([text])
    column = classifier.model.labels.index(AXES[axis][1])
    target = astrid.Target("probability", index=column)
    parts = astrid.explain(
        classifier.model, corpus.texts, "integrated_gradients", target=target, params={"steps": 64}
    )
    assert found.token_scores.sum() == pytest.approx(
        np.mean([part.token_scores.sum() for part in parts])
    )
    assert not found.truncated


@pytest.mark.parametrize("method", ["integrated_gradients", "shap", "lime", "attention", "lrp"])
def test_every_method_explains_every_axis(classifier: MBTIClassifier, method: str) -> None:
    params = {"lime": {"samples": 50}, "shap": {"evaluations": 50}}.get(method)
    found = classifier.explain(TEXTS, task="jp", method=method, params=params)
    assert len(found) == len(TEXTS)
    assert all(np.isfinite(one.word_scores).all() for one in found)


def test_an_unknown_axis_is_named_with_the_nearest(classifier: MBTIClassifier) -> None:
    with pytest.raises(InputError, match='task "fj"'):
        classifier.explain(TEXTS[0], task="fj")


def test_a_checkpoint_answers_as_its_folder(folder: Path, classifier: MBTIClassifier) -> None:
    again = MBTIClassifier.load_from_checkpoint(folder / "model.ckpt")
    assert np.array_equal(again.predict_proba(TEXTS), classifier.predict_proba(TEXTS))


def test_a_model_of_other_tasks_is_refused(trained_on_one: Path) -> None:
    with pytest.raises(InputError, match="not a model of the axes ei, sn, tf, jp"):
        MBTIClassifier.load_from_checkpoint(trained_on_one)


@pytest.fixture(scope="module")
def trained_on_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.training import toy

    folder = tmp_path_factory.mktemp("toy") / "model"
    toy.train(folder, epochs=1)
    return folder


def test_the_axes_may_stand_in_any_order(tmp_path: Path) -> None:
    """A model that has jp first still answers with E/I first."""
    from astrid.text.document import Corpus
    from astrid.training.fit import fit
    from astrid.training.spec import TrainSpec
    from tests.training import several

    splits = load_splits(
        DataSpec(source="personality", params={"train": 20, "validation": 10, "test": 10})
    )
    parts = [
        Corpus("other", corpus.documents, dict(reversed(AXES.items())))
        for corpus in (splits.train, splits.validation)
    ]
    spec = several.spec(join_groups=True, trainer={"epochs": 1})
    assert isinstance(spec, TrainSpec)
    fit(spec, *parts, tmp_path / "model", progress=False)
    other = MBTIClassifier.load_from_checkpoint(tmp_path / "model")
    assert other.model.labels == ("J", "T", "N", "E")
    rows = astrid.predict(other.model, ["some words about people"])[0]
    np.testing.assert_allclose(other.predict_proba("some words about people"), rows[::-1])


def test_a_person_of_ten_thousand_posts(classifier: MBTIClassifier) -> None:
    posts = [f"post {n} about people, evenings and http://example.org/{n}" for n in range(10_000)]
    began = time.perf_counter()
    found = classifier.predict_proba("|||".join(posts))
    assert time.perf_counter() - began < 60  # a hang, not a speed
    few = classifier.predict_proba("|||".join(posts[:300]))
    np.testing.assert_allclose(found, few, atol=0.1)


def test_many_texts_are_read_in_batches(classifier: MBTIClassifier) -> None:
    calls = []
    values = classifier.model.values
    classifier.model.values = lambda batch: calls.append(1) or values(batch)  # type: ignore[method-assign,func-returns-value]
    try:
        classifier.predict([f"words about people, number {n}" for n in range(200)])
    finally:
        del classifier.model.values
    assert len(calls) < 20


def test_training_with_other_cleaning_is_remembered(tmp_path: Path) -> None:
    small = ("trainer.epochs=1", "data.params.train=20", "data.params.validation=10")
    kept = train(tmp_path / "kept", (*small, "data.params.clean_types=false"))
    classifier = MBTIClassifier.load_from_checkpoint(kept)
    assert not classifier.clean_types
    assert classifier.clean_links
