import io
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from astrid.analysis.cases import choose_cases
from astrid.analysis.family import LIMITS, ExaminedModel, FamilyComparison, compare_family
from astrid.explain.records import Explanations
from astrid.report.comparison import comparison_page, write_comparison_page
from astrid.report.table import comparison_table
from tests.explanations import examined, explanation, random_scores

EVIL = "<script>alert(1)</script>"
TEXT = f"good {EVIL} film"  # 13 words


def _explained(seed: int) -> Explanations:
    return Explanations([explanation(TEXT, row) for row in random_scores(4, 13, seed).tolist()])


def _family(student: str = "student", **options: object) -> tuple:
    teacher = examined("teacher", _explained(0), 1000)
    students = [examined(student, _explained(1), 100)]
    family = compare_family(teacher, students, **options)
    return family, choose_cases(family, teacher, students)


class _Tags(HTMLParser):
    """Collects tags and outside addresses, and checks that the tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _parsed(page: str) -> _Tags:
    parser = _Tags()
    parser.feed(page)
    assert parser.open == []
    return parser


def test_the_page_needs_nothing_but_itself() -> None:
    page = comparison_page(*_family())
    parser = _parsed(page)
    assert parser.addresses == []
    assert "script" not in parser.tags
    assert "url(" not in page
    assert len(page) < 100_000


def test_names_and_texts_of_users_are_escaped() -> None:
    page = comparison_page(*_family(student=EVIL, no_twin=EVIL, baseline=EVIL))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    _parsed(page)


def test_the_answer_comes_before_the_table_and_the_limits_are_stated() -> None:
    family, cases = _family()
    page = comparison_page(family, cases)
    answer = "Ship none of the students"
    assert 0 < page.index(answer) < page.index("<table")
    assert all(limit in unescape(page) for limit in LIMITS)
    assert "the teacher was trained only once" in page
    for shown in ("Same prediction, other reasons", "Word by word: teacher against student"):
        assert shown in page


def test_chance_and_ceiling_are_drawn() -> None:
    page = comparison_page(*_family(twin=_explained(3)))
    assert re.search(r'<line class="mark chance"', page)
    assert re.search(r'<line class="mark ceiling"', page)
    assert 'class="mark ceiling"' not in comparison_page(*_family())


def test_a_student_without_any_similarity_has_no_dot() -> None:
    teacher = examined("teacher", random_scores(3, 8, 0), 10)
    family = compare_family(teacher, [examined("silent", np.zeros((3, 8)), 5)])
    page = comparison_page(family)
    assert "silent: undefined" in page
    assert "<circle" not in page
    assert ">nan" not in page


def test_half_a_surrogate_pair_does_not_stop_the_page(tmp_path: Path) -> None:
    odd = Explanations([explanation("bad \ud83d film", [1.0, 0.5, 0.2][:2])])
    teacher = ExaminedModel("teacher", odd, [True], 10)
    student = ExaminedModel("student", odd, [True], 5)
    family = compare_family(teacher, [student])
    path = tmp_path / "page.html"
    write_comparison_page(path, family, choose_cases(family, teacher, [student]))
    assert "bad" in path.read_text("utf-8")


def _printed(family: FamilyComparison, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(comparison_table(family))
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 200])
def test_the_terminal_table(width: int) -> None:
    family, _ = _family(student="[red]x[/red]")
    text = _printed(family, width)
    assert "Ship none" in text
    assert "Limit: Similarity" in text
    if width == 200:
        assert "[red]x[/red]" in text  # names are no markup
        assert "neither" in text or "accurate but reasons differ" in text
