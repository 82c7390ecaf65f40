"""Methods ranked on models whose reasons are known."""

import math

import numpy as np
import pytest

from astrid.analysis.leaderboard import CONTROL, LeaderboardSettings, rank_methods
from astrid.analysis.standings import standings
from astrid.errors import InputError
from astrid.models.black_box import CallableModel
from astrid.report.leaderboard import leaderboard_page, leaderboard_table, summary
from astrid.text.document import Corpus, Document
from tests import tiny

FAITHFUL = ("comprehensiveness", "sufficiency", "leave_one_out")
QUICK = {"resamples": 500, "texts": 20}


def corpus(rationales: bool = True) -> Corpus:
    """Texts of seven words, one of which decides."""
    random = np.random.default_rng(0)
    filler = [
        "the",
        "a",
        "film",
        "was",
        "some",
        "story",
        "about",
        "people",
        "who",
        "talk",
        "and",
        "walk",
        "home",
    ]
    documents = []
    for number in range(20):
        words = list(random.choice(filler, 6, replace=False))
        place, label = int(random.integers(7)), number % 2
        words.insert(place, ("bad", "good")[label])
        text = " ".join(words)
        start = len(" ".join(words[:place])) + (place > 0)
        evidence = ((start, start + len(words[place])),) if rationales else ()
        documents.append(Document(str(number), text, {"label": label}, evidence))
    return Corpus("keywords", tuple(documents), {"label": ("negative", "positive")})


def keyword_model() -> CallableModel:
    def answer(texts):
        words = [set(text.split()) for text in texts]
        positive = [0.5 + 0.4 * (("good" in row) - ("bad" in row)) for row in words]
        return [[1 - value, value] for value in positive]

    return CallableModel(answer, ["negative", "positive"], name="keyword <b>model</b>")


@pytest.fixture(scope="module")
def found():
    settings = LeaderboardSettings(
        methods=("occlusion", "shap", "attention"), measures=(*FAITHFUL, "auprc", "gini"), **QUICK
    )
    return rank_methods(keyword_model(), corpus(), settings)


def test_methods_that_find_the_keyword_beat_random_scores(found) -> None:
    for method in ("occlusion", "shap"):
        for measure in ("comprehensiveness", "sufficiency", "auprc"):
            standing = found.standings[method, measure]
            assert standing.beats_control(0.05)
            assert standing.among_best(0.05)
    assert not found.standings[CONTROL, "auprc"].beats_control(0.05)
    assert not found.standings[CONTROL, "auprc"].among_best(0.05)
    assert found.standings["occlusion", "auprc"].mean.value == 1
    assert found.methods[-1] == CONTROL


def test_what_can_not_be_had_is_left_out_with_the_reason(found) -> None:
    assert found.left_out == {"attention": "it needs attentions of the model"}
    settings = LeaderboardSettings(methods=("occlusion",), measures=("auprc", "gini"), **QUICK)
    without = rank_methods(keyword_model(), corpus(rationales=False), settings)
    assert without.left_out == {"auprc": "no document of keywords has a rationale"}
    assert without.mean_ranks == {}
    assert "described, not ranked" in summary(without)


def test_the_frame_has_a_row_for_each_text_method_and_measure(found) -> None:
    assert len(found.frame) == 20 * 3 * 5
    part = found.frame.query("method == 'shap' and measure == 'auprc'")["value"]
    assert part.mean() == pytest.approx(found.standings["shap", "auprc"].mean.value)


def test_json_holds_plain_values_only(found) -> None:
    import json

    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [row["method"] for row in record["methods"]] == list(found.methods)
    assert record["measures"]["gini"]["direction"] == "neither"


def test_page_and_table_show_every_figure_and_escape_names(found) -> None:
    from rich.console import Console

    page = leaderboard_page(found)
    assert "<b>model</b>" not in page
    assert "keyword &lt;b&gt;model" in page
    for method in found.methods:
        for measure in found.measures:
            assert f"{found.standings[method, measure].mean.value:.3f}" in page
    console = Console(width=80, record=True)
    console.print(leaderboard_table(found))
    text = " ".join(console.export_text().split())
    assert "beat random scores in every measure" in text
    assert "Left out: attention" in text


def test_the_same_seed_gives_the_same_leaderboard(found) -> None:
    again = rank_methods(keyword_model(), corpus(), found.settings)
    first, second = found.to_dict(), again.to_dict()
    for record in (first, second):
        for row in record["methods"]:
            del row["seconds_per_text"]
    assert first == second


def test_gradient_methods_and_sensitivity_on_a_transformer() -> None:
    settings = LeaderboardSettings(
        methods=("gradient_x_input", "integrated_gradients"),
        measures=("comprehensiveness", "sensitivity"),
        params={"integrated_gradients": {"steps": 8}},
        texts=6,
        resamples=200,
    )
    found = rank_methods(tiny.classifier("bert"), corpus(), settings)
    moved = found.standings["gradient_x_input", "sensitivity"].mean
    assert 0 < moved.value < 10
    assert found.standings[CONTROL, "sensitivity"].mean.value == 0


def test_wrong_names_and_kinds_are_refused() -> None:
    model = keyword_model()
    with pytest.raises(InputError, match="cosine is a measure of agreement and ranks no methods"):
        rank_methods(model, corpus(), LeaderboardSettings(measures=("cosine",)))
    with pytest.raises(InputError, match='no measure is called "gin"'):
        rank_methods(model, corpus(), LeaderboardSettings(measures=("gin",)))
    settings = LeaderboardSettings(methods=("occlusion",), params={"lime": {"samples": 20}})
    with pytest.raises(InputError, match="params: lime is not among the methods"):
        rank_methods(model, corpus(), settings)


def test_noise_beats_nothing() -> None:
    """Methods that are all random: significant differences are as rare as they claim."""
    random = np.random.default_rng(3)
    names = ["a", "b", "c", "random"]
    hits = 0
    for _ in range(60):
        values = {(name, "auprc"): random.random(30) for name in names}
        found = standings(
            values, names, ["auprc"], "random", seed=0, resamples=400, confidence=0.95
        )
        hits += any(found[name, "auprc"].beats_control(0.05) for name in names)
    assert hits <= 8  # 5 % of 60 is 3; more than 8 happens once in 100


def test_lower_is_better_where_the_measure_says_so() -> None:
    values = {
        ("good", "sufficiency"): np.linspace(0.0, 0.1, 20),
        ("random", "sufficiency"): np.linspace(0.5, 0.9, 20),
    }
    found = standings(
        values, ["good", "random"], ["sufficiency"], "random", seed=0, resamples=500, confidence=0.9
    )
    assert found["good", "sufficiency"].rank == 1
    assert found["good", "sufficiency"].beats_control(0.05)
    assert math.isnan(found["random", "sufficiency"].p_control)
    assert not found["random", "sufficiency"].among_best(0.05)
