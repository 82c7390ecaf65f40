import pytest

from astrid.analysis.family import compare_family
from astrid.plots import similarity, size_accuracy
from tests.explanations import examined, many, random_scores

SCORES = random_scores(10, 8, seed=0)
FAMILY = compare_family(
    examined("teacher", SCORES, 1000),
    [examined("<b>one</b>", SCORES, 100), examined("two", random_scores(10, 8, seed=1), 10)],
    twin=many(SCORES),
)


def test_a_dot_a_student_with_its_interval() -> None:
    figure = similarity.draw(FAMILY.to_frame())
    dots = figure.data[0]
    assert list(dots.y) == ["two", "&lt;b>one&lt;/b>"]
    assert list(dots.x) == [row.comparison.similarity.value for row in reversed(FAMILY.rows)]
    estimate = FAMILY.rows[1].comparison.similarity
    assert dots.error_x.array[0] == pytest.approx(estimate.high - estimate.value)
    assert dots.error_x.arrayminus[0] == pytest.approx(estimate.value - estimate.low)


def test_both_lines_are_drawn_where_they_are_known() -> None:
    figure = similarity.draw(FAMILY.to_frame())
    lines = {shape.x0 for shape in figure.layout.shapes if shape.type == "line"}
    assert lines == {FAMILY.chance.value, FAMILY.ceiling.value}
    assert {note.text for note in figure.layout.annotations} == {"chance", "ceiling"}


def test_all_models_stand_on_a_logarithmic_axis() -> None:
    figure = size_accuracy.draw(FAMILY.to_frame())
    assert list(figure.data[0].x) == [1000, 100, 10]
    assert figure.layout.xaxis.type == "log"
    assert figure.data[0].marker.color[0] == 1
