"""The benchmarks' own sums, on numbers made up: no model, nothing timed."""

import io
import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from benchmarks import causal, inference, run, workload
from benchmarks.answers import agree
from benchmarks.measurements import Line
from benchmarks.sampling import needed
from benchmarks.timing import Ratio
from rich.console import Console

LINES = [
    Line("fast", 6.5, 6),
    Line("small", 1.3, 1.1, at_most=True, details={"peak_mib": [1.0, 1.3]}),
    Line("told", 0.25, None, "%"),
]


@dataclass(frozen=True)
class Load:
    says: str = "made up"
    device: str = "cpu"


def test_answers_agree_up_to_a_share_of_the_largest_score():
    ours, other = [np.array([1.0, -2.0]), np.zeros(3)], [np.array([1.0, -2.02]), np.zeros(3)]
    assert agree(ours, other, 0.1, "x") == pytest.approx(0.02 / 2.02)
    with pytest.raises(AssertionError, match="x: the answers differ by 9"):
        agree(ours, other, 1e-3, "x")


@pytest.mark.parametrize(
    ("ours", "says"),
    [
        ([np.ones(2)], "1 answers, not 2"),
        ([np.ones(2), np.ones(1)], "answer 1 has shape"),
        ([np.ones(2), np.array([1, np.nan, 1])], "differ by nan"),
    ],
)
def test_other_answers_are_not_timed(ours, says):
    with pytest.raises(AssertionError, match=says):
        agree(ours, [np.ones(2), np.ones(3)], 0.1, "x")


def test_texts_are_drawn_alike_in_every_run():
    texts = [str(number) for number in range(50)]
    few = workload.drawn(texts, 5)
    assert len(set(few)) == 5
    assert few == workload.drawn(texts, 5) != texts[:5]
    assert sorted(workload.drawn(texts, 99)) == sorted(texts)


def test_rows_needed_lie_between_those_that_were_run():
    curve = {100: 0.4, 200: 0.5, 400: 0.2}
    assert needed(curve, 0.2) == pytest.approx(400)
    assert 100 < needed(curve, 0.3) < 400
    assert needed(curve, 0.1) == float("inf")


def test_the_table_says_what_is_reached():
    shown = io.StringIO()
    Console(width=100, file=shown).print(run._table(LINES))
    fast, small, told = shown.getvalue().splitlines()[3:6]
    assert "≥ 6 ×" in fast
    assert "yes" in fast
    assert "≤ 1.1 ×" in small
    assert "no" in small
    assert "0.25 %" in told


def test_the_record_is_json():
    found = json.loads(json.dumps(run._record(Load(), LINES)))
    assert (found["workload"], found["device"]) == ("made up", "cpu")
    assert [line["reached"] for line in found["lines"]] == [True, False, None]
    assert found["lines"][1]["peak_mib"] == [1.0, 1.3]


def test_what_runs_on_the_processor_alone_is_measured_there_alone():
    alone = set(run.parts(Load())) - set(run.parts(Load(device="cuda")))
    assert alone >= {"prefix", "scaling", "inference"}


def test_sides_take_turns_and_are_timed_by_the_text():
    called = []
    sides = {name: lambda texts, name=name: called.append((name, *texts)) for name in "ab"}
    found = inference.in_turn(sides, ["x", "y"], 3)
    assert called == [(name, "x", "y") for _ in range(3) for name in "ab"]
    assert all(len(times.rounds) == 3 for times in found.values())


def test_a_ratio_above_one_is_a_slower_other():
    times = {
        "astrid": inference.Times([40.0, 50.0, 60.0]),
        "transformers": inference.Times([50.0, 55.0, 60.0]),
        "onnxruntime": inference.Times([20.0, 25.0, 90.0]),
    }
    found = {line.name: line for line in inference._lines(times, 1)}
    assert found["inference, one text"].value == 50
    assert found["inference, one text"].reached
    assert found["inference, one text, against transformers"].value == pytest.approx(1.1)
    assert found["inference, one text, against the same in onnxruntime"].value == 0.5
    assert found["inference, one text"].details == {"fastest": 40.0, "slowest": 60.0}


def test_no_text_of_the_inference_is_another():
    texts = inference.texts_of_128(32)
    assert len(set(texts)) == 32
    assert {len(text.split()) for text in texts} == {128}


def test_models_made_of_other_things_lie_in_other_folders():
    places = {
        workload.place("random", ["a text"]),
        workload.place("tuned", ["a text"]),
        workload.place("tuned", ["another"]),
    }
    assert len(places) == 3
    assert workload.place("tuned", ["another"]) in places


@pytest.mark.parametrize(("difference", "gaps"), [(1e-3, (0.0, 0.0)), (0.0, (0.0, 1e-3))])
def test_a_language_models_other_answers_are_not_shown(monkeypatch, difference, gaps):
    ratio = Ratio(1.0, 3.0, 3.0, 2.9, 3.1)
    found = causal.Against(ratio, difference, gaps, (50, 20), 2)
    monkeypatch.setattr(causal, "measure", lambda *_: found)
    with pytest.raises(AssertionError, match="language model"):
        causal.lines(2, 3)
    monkeypatch.setattr(causal, "measure", lambda *_: replace(found, difference=0.0, gaps=(0, 0)))
    assert causal.lines(2, 3)[0].value == 3.0
