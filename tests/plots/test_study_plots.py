"""The plots of a study: what is drawn is what the frame says."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from astrid.errors import InputError
from astrid.plots import (
    accuracy_stability,
    cost_faithfulness,
    landscape,
    learning_curves,
    method_agreement,
    pareto,
    similarity_heatmap,
    size_effect,
    stability,
    token_table,
)


def texts(figure) -> list[str]:
    """All texts in a figure for print."""
    figure.canvas.draw()
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def trace(figure, name: str):
    return next(one for one in figure.data if one.name == name)


def random_models(number: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(0.5, 0.9, number).round(2)
    return pd.DataFrame(
        {
            "encoder": [f"encoder {place}" for place in range(number)],
            "classifier": "linear",
            "reference": np.arange(number) == 0,
            "total_params": rng.choice([1e6, 2e6, 2.01e6, 5e6, 9e7], number),
            "accuracy": accuracy,
            "accuracy_low": accuracy - 0.05,
            "accuracy_high": accuracy + 0.05,
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_frontier_is_what_no_model_beats(seed: int) -> None:
    frame = random_models(20, seed)
    line = trace(pareto.draw(frame), "Pareto frontier")
    best = {
        row.accuracy
        for row in frame.itertuples()
        if not (
            (frame["total_params"] <= row.total_params)
            & (frame["accuracy"] >= row.accuracy)
            & ((frame["total_params"] < row.total_params) | (frame["accuracy"] > row.accuracy))
        ).any()
    }
    assert set(line.y) == best
    assert list(line.y) == sorted(line.y)
    assert list(line.x) == sorted(line.x)


def test_models_of_one_size_are_moved_apart_and_keep_their_order() -> None:
    frame = random_models(20)
    dots = trace(pareto.draw(frame), "linear")
    order = np.lexsort([-frame["accuracy"], frame["total_params"]])
    gaps = np.diff(np.log10(np.asarray(dots.x)[order]))
    assert (gaps > 0.01).all()
    np.testing.assert_allclose(np.log10(dots.x), np.log10(frame["total_params"]), atol=0.25)
    assert f"{frame['total_params'][3]:,.0f} parameters" in dots.hovertext[3]


def test_of_many_models_only_the_best_keep_their_whiskers() -> None:
    frame = random_models(500)
    figure = pareto.draw(frame)
    dots, line = trace(figure, "linear"), trace(figure, "Pareto frontier")
    with_whiskers = {
        accuracy
        for accuracy, length in zip(dots.y, dots.error_y.array, strict=True)
        if not np.isnan(length)
    }
    assert with_whiskers == {*line.y, frame["accuracy"][0]}
    assert "[" in dots.hovertext[-1]
    assert "frontier and the reference only" in figure.layout.title.subtitle.text


def test_compressions_have_shapes_as_long_as_those_can_be_told_apart() -> None:
    frame = random_models(14).assign(compression=["none", "int8"] * 7)
    dots = trace(pareto.draw(frame), "linear")
    assert len(set(dots.marker.symbol)) == 2
    many = frame.assign(compression=[f"kind {place}" for place in range(14)])
    assert len(set(trace(pareto.draw(many), "linear").marker.symbol)) == 1
    assert "kind 3" in trace(pareto.draw(many), "linear").hovertext[3]


def test_the_slope_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    frame = pd.concat([accuracy_stability.example()] * 5, ignore_index=True)
    frame["accuracy"] += rng.normal(0, 0.01, 20)
    known = frame.dropna(subset=["interpretation_stability"])
    line = stats.linregress(known["interpretation_stability"], known["accuracy"])
    reach = stats.t.ppf(0.975, len(known) - 2) * line.stderr
    figure = accuracy_stability.draw(frame)
    text = figure.layout.title.subtitle.text.replace("−", "-").replace("<br>", " ")
    assert f"{line.slope / 10:+.3f} [{(line.slope - reach) / 10:+.3f}, " in text
    # The band at the mean is t·s/√n, the usual interval of a mean response.
    drawn = trace(figure, "95 % band of the line")
    x, y = np.asarray(drawn.x, dtype=float), np.asarray(drawn.y, dtype=float)
    centre = known["interpretation_stability"].mean()
    residuals = known["accuracy"] - line.intercept - line.slope * known["interpretation_stability"]
    s = np.sqrt((residuals**2).sum() / (len(known) - 2))
    half = stats.t.ppf(0.975, len(known) - 2) * s / np.sqrt(len(known))
    upper = np.interp(centre, x[: len(x) // 2], y[: len(y) // 2])
    assert upper - (line.intercept + line.slope * centre) == pytest.approx(half, rel=0.02)


def test_two_models_have_no_line() -> None:
    figure = accuracy_stability.draw(accuracy_stability.example().iloc[:2])
    assert "No line" in figure.layout.title.subtitle.text
    assert not any(one.name == "least squares line" for one in figure.data)


def test_each_cell_of_the_heatmap_shows_its_number_and_a_missing_one_a_dash() -> None:
    frame = similarity_heatmap.example()
    figure = similarity_heatmap.draw(frame)
    cells, missing = figure.data
    assert len(cells.z) == frame["attribution_similarity"].notna().sum()
    assert 0 not in cells.z
    assert "0.84<br>[0.79, 0.88]" in cells.text
    assert list(missing.text) == ["–"]
    assert (missing.x[0], missing.y[0]) == (1, 1)
    printed = texts(similarity_heatmap.paper(frame))
    assert "0.84\n[0.79, 0.88]" in printed
    assert not any("0.00" in text for text in printed)


def test_the_colour_bar_names_chance_and_ceiling() -> None:
    frame = similarity_heatmap.example().assign(ceiling=0.8, ceiling_low=0.7, ceiling_high=0.9)
    figure = similarity_heatmap.draw(frame)
    ticks = dict(
        zip(figure.data[0].colorbar.ticktext, figure.data[0].colorbar.tickvals, strict=True)
    )
    assert (ticks["chance"], ticks["ceiling"]) == (0.1, 0.8)
    assert "0.75" not in ticks
    assert "0.800 [0.700, 0.900]" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_each_pair_of_methods_stands_in_its_encoder_s_triangle_largest_first() -> None:
    frame = method_agreement.example()
    figure = method_agreement.draw(frame)
    assert [note.text for note in figure.layout.annotations] == [
        "bert-base (109 M)",
        "tinybert (14 M)",
    ]
    maps = [one for one in figure.data if one.type == "heatmap"]
    assert list(maps[0].z) == [0.15, 0.62, 0.05]
    assert list(maps[1].z) == [-0.25, 0.3]
    assert [list(maps[0].x), list(maps[0].y)] == [[0, 0, 1], [0, 1, 1]]
    assert figure.layout.xaxis.ticktext == ("integrated_gradients", "attention")
    assert figure.layout.yaxis.ticktext == ("attention", "lime")
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    assert sorted(texts(method_agreement.paper(frame))) == sorted(
        [
            "0.15\n[0.10, 0.20]",
            "0.62\n[0.55, 0.69]",
            "0.05\n[−0.02, 0.12]",
            "−0.25\n[−0.32, −0.18]",
            "0.30",
            "–",
        ]
    )
    assert list(maps[1].text) == ["−0.25<br>[−0.32, −0.18]", "0.30"]


def test_fields_of_many_methods_are_too_narrow_for_intervals() -> None:
    pairs = [*combinations("abcde", 2)]
    frame = pd.DataFrame(
        [("bert", 1e8, first, second, 0.5, 0.4, 0.6) for first, second in pairs],
        columns=list(method_agreement.COLUMNS),
    )
    assert {*texts(method_agreement.paper(frame))} == {"0.50"}


def test_stable_models_come_first_and_undefined_ones_last() -> None:
    figure = stability.draw(stability.example())
    places = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert [places[place] for place in range(4)] == [
        "bert-base + mlp",
        "tinybert + linear",
        "bert-base + linear",
        "tinybert + mlp: undefined",
    ]
    mlp = trace(figure, "mlp")
    assert dict(zip(mlp.y, mlp.x, strict=True))[0] == 0.21
    assert np.isnan(dict(zip(mlp.y, mlp.x, strict=True))[3])


def test_of_many_models_the_extremes_are_shown_and_it_is_said() -> None:
    frame = pd.DataFrame(
        {"encoder": [f"encoder {place}" for place in range(200)], "classifier": "linear"}
    )
    for end in ("", "_low", "_high"):
        frame[f"interpretation_stability{end}"] = np.arange(200) / 1000
    figure = stability.draw(frame)
    shown = sorted(figure.data[0].x)
    np.testing.assert_allclose(shown, [*np.arange(25) / 1000, *np.arange(175, 200) / 1000])
    assert "of 200 models" in figure.layout.title.subtitle.text


def test_a_model_without_accuracy_leaves_a_gap() -> None:
    figure = size_effect.draw(size_effect.example())
    line = trace(figure, "mlp")
    assert list(line.y[:1]) == [0.88]
    assert np.isnan(line.y[1])
    assert not line.connectgaps
    assert line.x[0] < line.x[1] < line.x[2]
    assert line.line.dash != trace(figure, "linear").line.dash


def test_the_landscape_has_a_point_a_model_coloured_by_its_similarity() -> None:
    frame = landscape.example()
    figure = landscape.draw(frame)
    points = [one for one in figure.data if one.marker.coloraxis]
    assert [value for one in points for value in one.marker.color] == [1.0, 0.3, 0.84]
    unknown = [one for one in figure.data if one.mode == "markers" and list(one.z) == [0.88]]
    assert unknown[0].marker.color == "#808080"
    assert "accuracy 0.930 [0.900, 0.950]" in points[0].hovertext[0]
    assert figure.layout.scene.xaxis.type == figure.layout.scene.yaxis.type == "log"


def test_the_landscape_says_how_many_models_it_can_t_place() -> None:
    frame = landscape.example()
    frame.loc[1, "accuracy"] = np.nan
    figure = landscape.draw(frame)
    assert "unknown: 1." in figure.layout.title.subtitle.text


def test_curves_keep_to_their_encoder_and_head() -> None:
    frame = learning_curves.example()
    figure = learning_curves.draw(frame)
    curves = {(one.name, one.xaxis, one.yaxis): list(one.y) for one in figure.data}
    assert curves["linear", "x", "y"] == [0.85, 0.92]
    assert curves["mlp", "x2", "y2"] == [0.70, 0.83]
    assert curves["mlp", "x3", "y3"] == [0.50, 0.33]
    assert np.isnan(curves["mlp", "x4", "y4"][1])
    assert sum(one.showlegend is not False for one in figure.data) == 2


def test_a_head_that_the_first_encoder_lacks_is_in_the_legend() -> None:
    frame = learning_curves.example()
    frame = frame[(frame["encoder"] != "bert-base") | (frame["classifier"] != "mlp")]
    figure = learning_curves.draw(frame)
    assert {one.name for one in figure.data if one.showlegend is not False} == {"linear", "mlp"}


def test_unfaithful_methods_lie_below_the_line() -> None:
    figure = cost_faithfulness.draw(cost_faithfulness.example())
    assert trace(figure, "attention").y[0] == -0.04
    assert np.isnan(trace(figure, "shap").y[0])
    assert figure.layout.shapes[0].y0 == figure.layout.shapes[0].y1 == 0
    assert "4 ms, 30 ms" in trace(figure, "gradient_x_input").hovertext[0]


def test_each_word_stands_beside_its_scores_and_marks() -> None:
    frame = token_table.example()
    figure = token_table.draw(frame)
    cells, unseen = figure.data
    shown = dict(zip(zip(cells.y, cells.x, strict=True), cells.text, strict=True))
    assert shown[0, 0] == "−1.00"
    assert shown[0, 1] == "−0.20 ✗"
    assert (4, 1) not in shown
    assert list(unseen.text) == ["– ✗"]
    assert figure.layout.yaxis.ticktext[4] == "&lt;b>"
    assert "−0.20 ✗" in texts(token_table.paper(frame))


def test_a_long_text_is_wrapped_and_print_says_what_it_leaves_out() -> None:
    words = [f"word{place}" for place in range(300)]
    frame = pd.DataFrame({"word": words * 2, "column": ["one"] * 300 + ["two"] * 300, "score": 0.5})
    figure = token_table.draw(frame)
    axes = [figure.layout[name] for name in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
    assert [word for axis in axes for word in axis.ticktext] == words
    printed = token_table.paper(frame)
    assert "first 220 of 300 words" in printed.get_supxlabel()


def test_columns_with_other_words_are_refused() -> None:
    frame = token_table.example()
    with pytest.raises(InputError, match="'tinybert' has other words"):
        token_table.draw(frame.iloc[:-1])


@pytest.mark.parametrize(
    "plot",
    [pareto, accuracy_stability, size_effect, stability, landscape, similarity_heatmap],
)
def test_one_model_is_drawn(plot) -> None:
    frame = plot.example().iloc[:1]
    assert plot.draw(frame).data
    plot.paper(frame).canvas.draw()


@pytest.mark.parametrize(
    "plot",
    [accuracy_stability, size_effect, stability, similarity_heatmap, cost_faithfulness, landscape],
)
def test_unknown_numbers_are_drawn_as_nothing(plot) -> None:
    frame = plot.example()
    numbers = [name for name in plot.COLUMNS if frame[name].dtype == float and "params" not in name]
    frame[numbers] = np.nan
    figure = plot.draw(frame)
    for one in figure.data:
        for values in (one.y, one.z if "z" in one else None):
            if values is not None and one.type != "heatmap" and one.mode != "text":
                known = [value for value in values if value is not None]
                assert plot is stability or np.isnan(np.array(known, dtype=float)).all()
    plot.paper(frame).canvas.draw()
