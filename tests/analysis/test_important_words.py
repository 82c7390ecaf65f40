import json
import time
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from astrid.analysis.important_words import WordSettings, important_words
from astrid.errors import InputError
from astrid.explain.records import Explanation
from astrid.models.outputs import Task
from tests.explanations import explanation

TASK = Task("ei", "binary", (1,), answers=("I", "E"))
QUICK = WordSettings(resamples=300, shuffles=100)


def made_up(
    texts: int, seed: int, boost: float = 0.0, words: int = 12
) -> tuple[list[Explanation], list[str]]:
    """Noise, but for "Party" and "alone", which speak for and against by `boost`."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(texts):
        chosen = [f"w{word}" for word in rng.integers(0, 40, words)]
        scores = rng.normal(size=words)
        if number % 3 == 0:
            chosen[2], chosen[5] = ("Party", "alone") if number % 2 else ("party", "Alone")
            scores[2] += boost
            scores[5] -= boost
        found.append(explanation(" ".join(chosen), scores))
    return found, [f"u{number // 4}" for number in range(texts)]


EXPLANATIONS, GROUPS = made_up(120, 0, boost=4.0)
FOUND = important_words(TASK, EXPLANATIONS, GROUPS, QUICK)


def test_means_by_plain_loops() -> None:
    of_group: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    shares: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item, group in zip(EXPLANATIONS, GROUPS, strict=True):
        whole = np.abs(item.word_scores).sum()
        for word in {word.casefold() for word in item.words}:
            own = [
                score
                for name, score in zip(item.words, item.word_scores, strict=True)
                if name.casefold() == word
            ]
            of_group[word][group].append(float(np.mean(own)))
            shares[word][group].append(float(np.abs(own).sum() / whole))
    assert len(FOUND.words) == 42
    for word in FOUND.words:
        groups = of_group[word.word]
        assert word.score.value == pytest.approx(np.mean([np.mean(v) for v in groups.values()]))
        assert word.share == pytest.approx(
            np.mean([np.mean(v) for v in shares[word.word].values()])
        )
        assert word.groups == len(groups)
        assert word.texts == sum(map(len, groups.values()))


def test_planted_words_stand_out_and_come_first_and_last() -> None:
    assert (FOUND.words[0].word, FOUND.words[-1].word) == ("party", "alone")
    assert {word.word for word in FOUND.words if word.stands_out} == {"party", "alone"}
    assert FOUND.words[0].score.low > FOUND.control[1] > 0 > FOUND.control[0]
    assert (FOUND.toward, FOUND.against, FOUND.unit, FOUND.groups) == ("E", "I", "group", 30)
    scores = [word.score.value for word in FOUND.words]
    assert scores == sorted(scores, reverse=True)


def test_in_noise_no_word_stands_out_in_most_draws() -> None:
    clean = 0
    for seed in range(30):
        found = important_words(TASK, made_up(60, seed)[0], settings=QUICK)
        clean += not any(word.stands_out for word in found.words)
    assert clean >= 25


def test_intervals_hold_the_mean_of_a_word() -> None:
    inside = 0
    for seed in range(60):
        found = important_words(TASK, *made_up(120, seed + 100, boost=1.0), QUICK)
        party = next(word for word in found.words if word.word == "party")
        inside += party.score.contains(1.0)
    assert inside >= 51


def test_a_group_counts_once_however_much_it_writes() -> None:
    loud = [explanation("tea milk", [9.0, 0.0])] * 50
    quiet = [explanation("tea milk", [1.0, 0.0])] * 4
    groups = ["loud"] * 50 + ["a", "b", "c", "d"]
    found = important_words(TASK, loud + quiet, groups, QUICK)
    assert found.words[0].score.value == pytest.approx(13 / 5)
    alone = important_words(TASK, loud + quiet, None, QUICK)
    assert alone.unit == "text"
    assert alone.words[0].score.value == pytest.approx((50 * 9 + 4) / 54)


def test_stop_words_stay_unless_they_are_to_go() -> None:
    items = [explanation("I like tea", [0.3, 0.2, 0.1])] * 6
    assert [word.word for word in important_words(TASK, items).words] == ["i", "like", "tea"]
    dropped = important_words(TASK, items, settings=WordSettings(drop_stop_words=True))
    assert [word.word for word in dropped.words] == ["like", "tea"]


def test_constant_scores_are_no_obstacle() -> None:
    items = [explanation("tea milk", [0.0, 0.0])] * 6
    found = important_words(TASK, items)
    assert found.control == (0, 0)
    assert not any(word.stands_out for word in found.words)
    assert [word.share for word in found.words] == [0, 0]
    assert found.to_frame(3).empty


def test_the_list_says_that_it_is_selected() -> None:
    assert "The most extreme of 42 words" in FOUND.note
    assert "2 of them lie outside" in FOUND.note
    plain = json.loads(json.dumps(FOUND.to_dict(), allow_nan=False))
    assert plain["note"] == FOUND.note
    frame = FOUND.to_frame(3)
    assert list(frame["word"]) == [word.word for word in FOUND.extremes(3)]
    assert len(frame) == 6
    assert frame.attrs["notes"] == [f"ei: {FOUND.note}"]


def test_other_tasks_and_mixtures_are_refused() -> None:
    items = EXPLANATIONS
    other = replace(items[0], method="occlusion")
    with pytest.raises(InputError, match="several methods"):
        important_words(TASK, [*items, other])
    with pytest.raises(InputError, match="no answer of sn"):
        important_words(Task("sn", "binary", (0,), answers=("S", "N")), items)
    with pytest.raises(InputError, match="there are no explanations"):
        important_words(TASK, [])
    with pytest.raises(InputError, match="1 groups for 120 texts"):
        important_words(TASK, items, ["a"])
    with pytest.raises(InputError, match="no word of ei occurs in 500 groups"):
        important_words(TASK, items, GROUPS, WordSettings(min_groups=500))


def test_a_class_of_several_is_set_against_the_others() -> None:
    task = Task("mood", "classes", (0, 1, 2), answers=("low", "positive", "high"))
    found = important_words(task, EXPLANATIONS, GROUPS, QUICK)
    assert (found.toward, found.against) == ("positive", "")


def test_a_hundred_thousand_words_take_seconds() -> None:
    items, groups = made_up(1000, 0, words=100)
    start = time.perf_counter()
    important_words(TASK, items, groups)
    assert time.perf_counter() - start < 20
