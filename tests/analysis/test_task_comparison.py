import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from astrid.analysis.task_baselines import (
    BagOfWordsSettings,
    LabelledTexts,
    bag_of_words_baseline,
    majority_baseline,
)
from astrid.analysis.task_comparison import TaskSettings, judge_tasks
from astrid.analysis.task_evaluation import answers_of
from astrid.errors import InputError
from astrid.measures.statistics.holm import holm
from astrid.measures.statistics.mcnemar import mcnemar
from astrid.models.outputs import Task
from astrid.text.document import Corpus, Document
from tests.several_tasks import TASKS, people, probabilities

TRAIN, TEST = people(90, seed=0), people(50, seed=1)
QUICK = TaskSettings(resamples=300)
MODEL = probabilities(TEST.labels, 3, 1.5)
BOARD = judge_tasks("tiny", TASKS, MODEL, TRAIN, TEST, QUICK)


def test_the_majority_is_the_training_s() -> None:
    found = majority_baseline(TASKS, TRAIN, TEST)
    shares = np.bincount(TRAIN.labels[::3, 0]) / 90
    np.testing.assert_allclose(found.probabilities[:, 0], shares[1])
    assert found.facts["ei"] == {"class": "I", "units": 90}
    evaluation = BOARD.beside[0].evaluation
    assert evaluation.tasks["ei"].confusion[0][1] == evaluation.tasks["ei"].confusion[1][1] == 0
    assert evaluation.tasks["ei"].measures["balanced_accuracy"].value == 0.5


def test_a_threshold_of_the_model_is_not_the_baseline_s() -> None:
    low = (replace(TASKS[0], threshold=0.01), TASKS[1])
    found = majority_baseline(low, TRAIN, TEST)
    answers = answers_of(found.tasks, found.probabilities, TEST.labels, TEST.groups)
    assert (answers.answers[:, 0] == 0).all()


def test_the_bag_of_words_is_scikit_learn_s_over_joined_groups() -> None:
    settings = BagOfWordsSettings(strengths=(2.0,), class_weight="balanced")
    found = bag_of_words_baseline(TASKS, TRAIN, TEST, settings)

    def joined(texts: LabelledTexts) -> list[str]:
        return ["\n".join(texts.texts[at : at + 3]) for at in range(0, len(texts.texts), 3)]

    words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", min_df=2, sublinear_tf=True)
    rows = words.fit_transform(joined(TRAIN))
    asked = words.transform(joined(TEST))
    for place, columns in ((0, [0]), (1, [1, 2, 3])):
        model = LogisticRegression(C=2.0, class_weight="balanced", max_iter=1000)
        expected = model.fit(rows, TRAIN.labels[::3, place]).predict_proba(asked)
        expected = expected[:, 1:] if place == 0 else expected
        np.testing.assert_allclose(found.probabilities[::3, columns], expected, atol=1e-6)
    np.testing.assert_array_equal(found.probabilities[::3], found.probabilities[2::3])


def test_the_bag_of_words_finds_a_word_and_nothing_in_noise() -> None:
    found = BOARD.beside[1].evaluation.tasks
    assert found["ei"].measures["accuracy"].value > 0.95
    assert found["mood"].measures["balanced_accuracy"].value < 0.55


def test_the_test_is_never_seen() -> None:
    other = LabelledTexts(TEST.texts, 0 * TEST.labels, TEST.groups)
    found = [bag_of_words_baseline(TASKS, TRAIN, test).probabilities for test in (TEST, other)]
    np.testing.assert_array_equal(*found)


def test_few_units_of_a_class_are_no_obstacle() -> None:
    one = LabelledTexts(["a b", "a b", "a c"], np.array([[0, 0], [0, 1], [1, -1]]))
    found = bag_of_words_baseline(TASKS, one, TEST)
    assert found.facts["ei"]["folds"] == 0
    assert found.probabilities[:, 3].max() == 0  # no training text has the third class
    same = LabelledTexts(["a b", "a b"], np.array([[1, 2], [1, 2]]))
    np.testing.assert_array_equal(
        bag_of_words_baseline(TASKS, same, TEST).probabilities, [[1, 0, 0, 1]] * 150
    )


def test_unusable_training_is_refused() -> None:
    with pytest.raises(InputError, match="no label of mood is known in the training"):
        majority_baseline(TASKS, LabelledTexts(["a"], np.array([[0, -1]])), TEST)
    with pytest.raises(InputError, match="no word occurs in 2 units"):
        bag_of_words_baseline(TASKS, LabelledTexts(["!", "?"], np.zeros((2, 2), int)), TEST)
    with pytest.raises(InputError, match="1 texts but 2 rows"):
        LabelledTexts(["a"], np.zeros((2, 2), int)).units(TASKS)


def test_differences_and_tests_are_paired_over_groups() -> None:
    beside = BOARD.beside[0]
    given = answers_of(TASKS, MODEL, TEST.labels, TEST.groups)
    gold = TEST.labels[::3, 0]
    right = given.answers[:, 0] == gold, np.zeros(50, int) == gold
    assert beside.mcnemar["ei"] == mcnemar(*right)
    found = beside.differences["ei", "accuracy"]
    assert found.difference.value == pytest.approx(right[0].mean() - right[1].mean())
    assert found.difference.low <= found.difference.value <= found.difference.high
    values = {
        name: BOARD.evaluation.tasks["mood"].measures[name].value
        - beside.evaluation.tasks["mood"].measures[name].value
        for name in ("f1", "balanced_accuracy", "log_loss")
    }
    for name, value in values.items():
        assert beside.differences["mood", name].difference.value == pytest.approx(value)


def test_holm_goes_over_the_tasks_and_leaves_the_total_alone() -> None:
    differences = BOARD.beside[1].differences
    for name in ("accuracy", "f1"):
        pair = [differences[task, name] for task in ("ei", "mood")]
        adjusted = [found.p_adjusted for found in pair]
        assert adjusted == pytest.approx(holm([found.p_value for found in pair]))
    total = differences["total", "accuracy"]
    assert total.p_adjusted == total.p_value


def test_words_follow_the_tests() -> None:
    majority, words = BOARD.beside
    expected = "better than the majority class in accuracy and balanced accuracy"
    assert majority.sentence("mood") == expected
    assert words.sentence("ei").startswith("not shown to be better than the bag of words")
    noise = probabilities(TEST.labels, 5, 0.0)
    board = judge_tasks("noise", TASKS, noise, TRAIN, TEST, QUICK)
    assert "better" not in {found.verdict for found in board.beside[0].differences.values()}
    assert "worse than the bag of words in accuracy" in board.beside[1].sentence("ei")


def test_lower_log_loss_is_better() -> None:
    found = BOARD.beside[0].differences["mood", "log_loss"]
    assert found.difference.value < 0
    assert found.verdict == "better"


def test_it_is_json_and_a_frame_of_all_three() -> None:
    plain = json.loads(json.dumps(BOARD.to_dict(), allow_nan=False))
    assert [found["baseline"] for found in plain["baselines"]] == ["majority", "bag of words"]
    assert plain["baselines"][1]["tasks"]["total"]["words"]
    frame = BOARD.to_frame()
    assert list(dict.fromkeys(frame["name"])) == ["tiny", "majority", "bag of words"]
    assert "50 groups" in frame.attrs["notes"][0]


def test_a_corpus_is_read_by_the_names_of_classes() -> None:
    documents = (
        Document("1", "one", {"ei": 0, "mood": 2}, group="a"),
        Document("2", "two", {"ei": 1}),
    )
    names = {"ei": ("E", "I"), "mood": ("low", "even", "high")}
    found = LabelledTexts.of(Corpus("made", documents, names), TASKS)
    assert found.labels.tolist() == [[1, 2], [0, -1]]
    assert found.groups == ["a", None]
    with pytest.raises(InputError, match="the class X of ei"):
        LabelledTexts.of(Corpus("made", documents, {**names, "ei": ("X", "E")}), TASKS)
    with pytest.raises(InputError, match='has no task moods; did you mean "mood"'):
        LabelledTexts.of(
            Corpus("made", documents, names), [Task("moods", "binary", (0,), answers=("a", "b"))]
        )
