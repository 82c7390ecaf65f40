"""A trained model of three tasks, from its texts to figures and words."""

import numpy as np
import pytest
import torch

import astrid
from astrid.analysis.important_words import TooFewTextsError, WordSettings, important_words
from astrid.analysis.task_baselines import LabelledTexts
from astrid.analysis.task_comparison import TaskBoard, TaskSettings, judge_tasks
from astrid.analysis.task_reading import important_words_of, labelled, read, spread
from astrid.explain.run import explain, plain_logits, predict
from astrid.explain.targets import Target
from astrid.models.heads import HeadSpec
from astrid.models.text_model import TransformerClassifier
from astrid.training.fit import fit
from astrid.training.joined import group_numbers
from astrid.training.quality import judged
from tests.training import several

TRAIN, CHECK = several.corpus(400, 1), several.corpus(80, 2, posts=2)
TEST_GROUPS = [document.group for document in CHECK]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TransformerClassifier:
    folder = tmp_path_factory.mktemp("models") / "several"
    head = HeadSpec(name="linear", params={"pooling": "mean"})
    spec = several.spec(head=head, trainer={"epochs": 14})
    fit(spec, TRAIN, CHECK, folder, progress=False)
    opened = astrid.load_model(folder)
    assert isinstance(opened, TransformerClassifier)
    return opened


@pytest.fixture(scope="module")
def board(model: TransformerClassifier) -> TaskBoard:
    return judge_tasks(
        "several",
        model.tasks,
        predict(model, CHECK.texts),
        LabelledTexts.of(TRAIN, model.tasks),
        LabelledTexts.of(CHECK, model.tasks),
        TaskSettings(resamples=200),
    )


def test_the_figures_are_those_of_training(model: TransformerClassifier, board: TaskBoard) -> None:
    logits = torch.as_tensor(plain_logits(model, CHECK.texts))
    labels = torch.as_tensor(LabelledTexts.of(CHECK, model.tasks).labels)
    groups = torch.as_tensor(group_numbers(CHECK))
    expected = judged(logits, labels, model.tasks, groups).tasks
    assert board.evaluation.figures() == pytest.approx(expected)
    assert board.evaluation.units == 40


def test_a_model_that_learned_beats_the_majority(board: TaskBoard) -> None:
    found = board.beside[0].differences
    learned = [task for task in several.TASKS if found[task, "accuracy"].verdict == "better"]
    assert len(learned) >= 2


def test_the_words_of_a_task_are_its_cues(model: TransformerClassifier, board: TaskBoard) -> None:
    task = next(task for task in model.tasks if task.name == "loud")
    assert board.evaluation.tasks["loud"].measures["accuracy"].value > 0.9
    explanations = explain(
        model,
        CHECK.texts,
        method="integrated_gradients",
        target=Target("logit", index=task.columns[0], task=task.name),
    )
    found = important_words(task, explanations, TEST_GROUPS, WordSettings(resamples=100))
    assert (found.against, found.toward) == ("quiet", "noisy")
    scores = {word.word: word.score.value for word in found.words}
    assert max(scores, key=lambda word: np.abs(scores[word])) in ("thunder", "whisper")
    assert scores["thunder"] > scores["whisper"]


@pytest.mark.parametrize("joins", [False, True])
def test_the_baselines_learn_from_the_units_that_are_judged(
    model: TransformerClassifier, monkeypatch: pytest.MonkeyPatch, joins: bool
) -> None:
    """A bag of words of whole people would not know single posts."""
    monkeypatch.setattr(model.config, "join_groups", joins)
    judging, _ = read(model, CHECK)
    learning = labelled(model, CHECK)
    kinds = [texts.units(model.tasks).kind for texts in (learning, judging)]
    assert kinds == ["group" if joins else "text"] * 2
    assert (
        len(learning.units(model.tasks)) == len(judging.units(model.tasks)) == (40 if joins else 80)
    )


def test_texts_and_their_writers_stay_out_of_the_record(board: TaskBoard) -> None:
    told = str(board.to_dict())
    assert not any(text in told for text in CHECK.texts)
    assert not any(str(group) in told for group in TEST_GROUPS)


def test_the_explained_texts_are_of_as_many_groups_as_there_are() -> None:
    groups = ["ann"] * 50 + ["bob"] * 3 + ["eve"]
    assert spread(groups, 3) == [0, 50, 53]
    assert spread(groups, 5) == [0, 1, 50, 51, 53]
    assert spread(groups, 99) == list(range(54))
    assert spread([None, None, "ann", "ann"], 3) == [0, 1, 2]


def test_words_are_of_several_groups_though_the_first_wrote_most(
    model: TransformerClassifier,
) -> None:
    many = [number for number, group in enumerate(TEST_GROUPS) if group == TEST_GROUPS[0]]
    order = many * 10 + [number for number in range(len(CHECK)) if number not in many]
    texts = LabelledTexts.of(CHECK, model.tasks)
    crowded = LabelledTexts(
        [texts.texts[place] for place in order],
        texts.labels[order],
        [TEST_GROUPS[place] for place in order],
    )
    found = important_words_of(model, crowded, 12, WordSettings(resamples=100))
    assert {words.groups for words in found} == {12}
    with pytest.raises(
        TooFewTextsError, match=r"in 5 groups of the 3 explained; explain more texts"
    ):
        important_words_of(model, crowded, 3)
