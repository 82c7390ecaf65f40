"""Models of shuffled labels explain otherwise, and shuffling is all that is done to a corpus."""

from collections import Counter
from pathlib import Path

import pytest

from astrid.analysis.labels import label_randomisation, with_shuffled_labels
from astrid.analysis.sanity import CheckSettings, RandomisationSettings, model_randomisation
from astrid.errors import InputError
from astrid.models.load import load_model
from astrid.models.protocol import TextModel
from astrid.text.sources.verdicts import Params, load
from astrid.training.fit import fit
from tests import tiny
from tests.training import toy

TEXTS = toy.corpus(24, 3).texts
METHODS = ("occlusion", "gradient_x_input")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextModel]:
    """Trained for three epochs on the toy corpus, whose keywords give the class away."""
    folder: Path = tmp_path_factory.mktemp("models")
    train, validation = toy.corpus(96, 1), toy.corpus(24, 2)
    made = {
        "true": (train, validation, 0),
        "twin": (train, validation, 1),
        "shuffled": (with_shuffled_labels(train), with_shuffled_labels(validation), 0),
    }
    for name, (learnt, checked, seed) in made.items():
        fit(toy.spec(seed=seed), learnt, checked, folder / name, progress=False)
    return {name: load_model(folder / name) for name in made}


def test_shuffled_labels_are_noticed(models: dict[str, TextModel]) -> None:
    settings = CheckSettings(methods=METHODS, resamples=500)
    found = label_randomisation(models["true"], models["twin"], models["shuffled"], TEXTS, settings)
    for check in found.methods:
        assert check.verdict == "passes"
        ceiling, agreement = (
            check.ceiling["spearman_absolute"],
            check.agreement["spearman_absolute"],
        )
        assert ceiling.value - agreement.value == pytest.approx(check.drop.difference.value)
        assert check.drop.p_value < 0.05
    assert found.to_dict()["methods"][0]["verdict"] == "passes"


def test_a_keyword_model_s_explanations_drop_to_chance(models: dict[str, TextModel]) -> None:
    settings = RandomisationSettings(methods=METHODS, measure="spearman", resamples=500)
    for check in model_randomisation(models["true"], TEXTS, settings).methods:
        assert check.steps[0].agreement["spearman"].value == pytest.approx(1)
        assert abs(check.excess.value) < 0.2


def test_scores_without_a_look_at_the_model_fail(models: dict[str, TextModel]) -> None:
    settings = CheckSettings(methods=("random",), resamples=500)
    found = label_randomisation(models["true"], models["twin"], models["shuffled"], TEXTS, settings)
    (check,) = found.methods
    # All three have one tokenizer: the same tokens, and so the same random scores.
    assert check.agreement["cosine"].value == check.ceiling["cosine"].value == pytest.approx(1)
    assert check.verdict == "fails"


def test_without_a_difference_to_the_ceiling_it_fails(models: dict[str, TextModel]) -> None:
    settings = CheckSettings(methods=("occlusion",), resamples=500)
    found = label_randomisation(models["true"], models["twin"], models["twin"], TEXTS, settings)
    assert found.methods[0].drop.difference.value == 0
    assert found.methods[0].verdict == "fails"


def test_other_classes_and_no_texts_are_refused(models: dict[str, TextModel]) -> None:
    true = models["true"]
    with pytest.raises(InputError, match="are not those of"):
        label_randomisation(true, true, tiny.classifier("bert"), TEXTS)
    with pytest.raises(InputError, match="no texts"):
        label_randomisation(true, true, true, [])


def test_labels_change_places_within_their_split_only() -> None:
    corpus = load(Params(train=60, validation=20, test=20))
    shuffled = with_shuffled_labels(corpus, seed=5)
    assert shuffled.texts == corpus.texts
    assert [d.id for d in shuffled] == [d.id for d in corpus]
    for split in ("train", "validation", "test"):
        before, after = ([d.label for d in c if d.split == split] for c in (corpus, shuffled))
        assert Counter(before) == Counter(after)
        assert before != after
    assert all(document.rationale is None for document in shuffled)
    assert "best_accuracy" not in shuffled.facts


def test_the_seed_decides_the_order() -> None:
    corpus = load(Params(train=60, validation=20, test=20))
    assert with_shuffled_labels(corpus, 1) == with_shuffled_labels(corpus, 1)
    assert with_shuffled_labels(corpus, 1).labels != with_shuffled_labels(corpus, 2).labels
    assert corpus.labels == load(Params(train=60, validation=20, test=20)).labels
