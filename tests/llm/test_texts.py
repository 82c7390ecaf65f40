"""The texts of a run: what is learnt from and what is judged on."""

from itertools import permutations

import pytest

from astrid.errors import InputError
from astrid.llm import texts
from astrid.llm.spec import LlmSpec
from astrid.llm.texts import kept, load_texts
from astrid.text.document import Corpus, Document

NAMES = ("good", "bad")


def corpus(written, names=NAMES):
    documents = tuple(
        Document(f"{row}", text, {"label": row % len(names)}) for row, text in enumerate(written)
    )
    return Corpus("made/up", documents, {"label": names})


@pytest.fixture
def hub(monkeypatch):
    """A data set of the hub with two splits that have two texts in common."""
    splits = {
        "train": corpus([f"a tweet, number {row}" for row in range(40)]),
        "test": corpus(["A tweet,  number 3", "a tweet, number 8", "another", "and another"]),
    }
    monkeypatch.setattr(texts.hub, "load", lambda params, token: splits[params.split])
    return splits


def test_no_text_of_a_hub_s_splits_is_both_learnt_from_and_judged(hub):
    found = load_texts(LlmSpec(dataset_name="made/up", eval_subset=None, train_subset=None))
    learnt, chosen = found.train.texts, found.validation.texts
    assert sorted(found.evaluation.texts) == sorted(hub["test"].texts)
    assert not {"a tweet, number 3", "a tweet, number 8"} & {*learnt, *chosen}
    assert len({*learnt, *chosen}) == len(learnt) + len(chosen) == 38
    assert 2 <= len(chosen) <= 6
    assert found.mapping == {"bad": 0, "good": 1}


def test_splits_of_a_hub_that_differ_in_their_labels_are_one_clear_line(hub):
    hub["test"] = corpus(["a", "b", "c"], (*NAMES, "so-so"))
    with pytest.raises(InputError, match=r"test \(bad, good, so-so\) have different"):
        load_texts(LlmSpec(dataset_name="made/up"))
    found = load_texts(LlmSpec(dataset_name="made/up", label_space=NAMES))
    assert list(found.evaluation.texts) == ["a", "b"]


def test_one_split_named_twice_is_divided(hub):
    spec = LlmSpec(dataset_name="made/up", eval_split="train", train_subset=None)
    found = load_texts(spec)
    parts = [found.train.texts, found.validation.texts, found.evaluation.texts]
    assert sorted(text for part in parts for text in part) == sorted(hub["train"].texts)
    assert len(found.evaluation) == pytest.approx(12, abs=2)


def test_few_texts_choose_the_epoch_of_few_that_are_learnt_from(hub):
    hub["train"] = corpus([f"a tweet, number {row}" for row in range(2000)])
    found = load_texts(LlmSpec(dataset_name="made/up", train_subset=100))
    assert (len(found.train), len(found.validation)) == (100, 50)
    found = load_texts(LlmSpec(dataset_name="made/up", train_subset=500))
    assert (len(found.train), len(found.validation)) == (500, 100)
    assert len(load_texts(LlmSpec(dataset_name="made/up", train_subset=None)).validation) == 200


def test_subsets_are_drawn_from_everywhere(hub):
    learnt = load_texts(LlmSpec(dataset_name="made/up", train_subset=10)).train
    numbers = [int(text.rsplit(maxsplit=1)[1]) for text in learnt.texts]
    assert min(numbers) < 15
    assert max(numbers) > 25


def test_a_word_that_reads_as_a_number_does_not_shuffle_labels():
    for names in permutations(("nan", "1", "2")):
        documents = tuple(Document(str(n), "text", {"label": n}) for n in range(3))
        assert kept(Corpus("tiny", documents, {"label": names}), None).classes == ("1", "2", "nan")


def test_the_only_file_of_a_folder_is_divided(tmp_path):
    rows = [f"a tweet with number {row},{NAMES[row % 2]}" for row in range(40)]
    (tmp_path / "tweets.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    found = load_texts(LlmSpec(dataset_name=str(tmp_path)))
    assert len(found.train) + len(found.validation) + len(found.evaluation) == 40
    (tmp_path / "tweets.csv").rename(tmp_path / "train.csv")
    with pytest.raises(InputError, match='no split "test"'):
        load_texts(LlmSpec(dataset_name=str(tmp_path)))
