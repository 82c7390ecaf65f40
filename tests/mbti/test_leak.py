"""Names of types in posts give the label away: cleaning takes away the accuracy that they bring."""

from functools import partial

import numpy as np
import pytest

from astrid.mbti.classifier import MBTIClassifier
from astrid.measures.statistics.mcnemar import mcnemar
from astrid.text.load import DataSpec, load_splits
from astrid.text.personality import AXES, TYPES
from tests.mbti.conftest import PEOPLE, train
from tests.shared import made_once

# With many labels flipped the cues tell less than the names of types, which name the labels.
LEAK = {"leak": True, "label_noise": 0.1}


def people(clean_types: bool) -> tuple[list[str], np.ndarray]:
    """Posts of the test's people, and their classes `[N, 4]`; names of types are in the posts."""
    params = {**PEOPLE, **LEAK, "test": 150, "clean_types": clean_types}
    found: dict[str, list[str]] = {}
    labels: dict[str, list[int]] = {}
    for document in load_splits(DataSpec(source="personality", params=params)).test:
        found.setdefault(str(document.group), []).append(document.text)
        labels[str(document.group)] = [document.labels[axis] for axis in AXES]
    return ["|||".join(posts) for posts in found.values()], np.array(list(labels.values()))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, MBTIClassifier]:
    """By whether names of types were taken out of the posts."""

    def trained(clean: bool) -> MBTIClassifier:
        settings = {**LEAK, "clean_types": clean}
        overrides = tuple(f"data.params.{name}={value}" for name, value in settings.items())
        make = partial(train, overrides=overrides)
        folder = made_once(tmp_path_factory, f"mbti-clean-{clean}", make)
        return MBTIClassifier.load_from_checkpoint(folder)

    return {clean: trained(clean) for clean in (True, False)}


def right_types(model: MBTIClassifier) -> np.ndarray:
    """Of whom all four letters are right."""
    texts, truth = people(model.clean_types)
    return ((model.predict_proba(texts) > 0.5) == truth).all(axis=1)


def share_on_types(model: MBTIClassifier) -> float:
    """Share of Σ|score| that lies on names of types, of texts that hold them."""
    texts, _ = people(clean_types=False)
    total = on_types = 0.0
    for axis in AXES:
        for found in model.explain(texts[:12], axis, "gradient_x_input", target="logit"):
            is_type = np.array([word.upper() in TYPES for word in found.words])
            total += np.abs(found.word_scores).sum()
            on_types += np.abs(found.word_scores[is_type]).sum()
    return on_types / total


def test_names_of_types_raise_accuracy(models: dict[bool, MBTIClassifier]) -> None:
    with_names, without = right_types(models[False]), right_types(models[True])
    assert with_names.mean() > without.mean() + 0.1
    assert mcnemar(with_names, without).p_value < 0.01


def test_an_explanation_shows_the_model_looking_at_them(
    models: dict[bool, MBTIClassifier],
) -> None:
    texts, _ = people(clean_types=False)
    names = sum(word.strip(".,!").upper() in TYPES for text in texts for word in text.split())
    words = sum(len(text.split()) for text in texts)
    assert share_on_types(models[False]) > 5 * names / words
    assert share_on_types(models[True]) == 0
