"""The report of a study in a real browser: quick, quiet, and the same on any screen."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from astrid.report.study import write_study_report
from tests.report.hostile import HOSTILE, explained
from tests.studies import study

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a study of 100 cells."""
    folder = tmp_path_factory.mktemp("study")
    return write_study_report(folder, study(texts=10), explained)[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """A page opened from disk; whatever it asks of a network is refused and written down."""

    def __init__(self, browser: Any, file: Path, width: int = 1280, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context.route("**/*", self._route)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())

    def _route(self, route: Any) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    def draw_all(self) -> list[str | None]:
        """Scroll to every figure; afterwards what each says about itself."""
        figures = self.page.locator("[data-figure]")
        for number in range(figures.count()):
            figures.nth(number).scroll_into_view_if_needed()
            self.page.wait_for_function(
                "n => document.querySelectorAll('[data-figure]')[n].dataset.drawn === 'done'",
                arg=number,
            )
        return figures.evaluate_all("all => all.map(one => one.dataset.drawn)")


@pytest.fixture
def visit(browser: Any, page_file: Path) -> Iterator[Visit]:
    found = Visit(browser, page_file)
    yield found
    found.context.close()


def test_the_answer_is_there_within_two_seconds(visit: Visit) -> None:
    timing = visit.page.evaluate(
        "(() => [performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,"
        " performance.getEntriesByName('first-contentful-paint')[0].startTime])()"
    )
    assert max(timing) < 2000
    box = visit.page.locator("section.answer").bounding_box()
    assert box["y"] + box["height"] < 900


def test_figures_are_drawn_when_they_come_near_and_nothing_is_fetched(visit: Visit) -> None:
    assert visit.page.evaluate("'Plotly' in window") is False
    drawn = visit.draw_all()
    assert len(drawn) >= 7
    assert set(drawn) == {"done"}
    assert visit.requests == []
    assert visit.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (400, "dark"), (1280, "dark")])
def test_the_page_does_not_scroll_sideways(
    browser: Any, page_file: Path, width: int, scheme: str
) -> None:
    visit = Visit(browser, page_file, width, scheme)
    visit.draw_all()
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.complaints == []
    visit.context.close()


def test_a_table_is_sorted_by_mouse_and_by_keyboard(visit: Visit) -> None:
    table = visit.page.locator("#models ~ .scroll table").first
    headings = table.locator("th")
    names = [name.strip() for name in headings.all_inner_texts()]
    column = next(number for number, name in enumerate(names) if name == "parameters")
    fields = f"rows => rows.map(row => Number(row.cells[{column}].dataset.sort))"
    headings.nth(column).locator("button").click()
    values = table.locator("tbody tr").evaluate_all(fields)
    assert values == sorted(values, reverse=True)
    assert headings.nth(column).get_attribute("aria-sort") == "descending"
    headings.nth(column).locator("button").focus()
    visit.page.keyboard.press("Enter")
    values = table.locator("tbody tr").evaluate_all(fields)
    assert values == sorted(values)
    assert headings.nth(column).get_attribute("aria-sort") == "ascending"


def test_printing_opens_and_draws_everything(visit: Visit) -> None:
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    visit.page.wait_for_function(
        "[...document.querySelectorAll('[data-figure]')].every(one => one.dataset.drawn === 'done')"
    )
    assert visit.page.evaluate("[...document.querySelectorAll('details')].every(one => one.open)")
    visit.page.emulate_media(media="print")
    assert visit.page.locator("nav").is_hidden()
    tables = visit.page.locator(".scroll")
    assert tables.first.evaluate("one => getComputedStyle(one).maxHeight") == "none"
    visit.page.set_viewport_size({"width": 718, "height": 1000})  # A4 with usual margins
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 718


def test_hostile_names_run_nothing(browser: Any, tmp_path: Path) -> None:
    records = study(
        encoders={HOSTILE: 1000, f"small {HOSTILE}": 100},
        heads={"linear": 10, f"h {HOSTILE}": 20},
        methods=("lime", f"m {HOSTILE}"),
        texts=10,
    )
    visit = Visit(browser, write_study_report(tmp_path, records, explained)[0])
    assert set(visit.draw_all()) == {"done"}
    assert visit.page.evaluate("'hacked' in window") is False
    assert visit.page.locator("img").count() == 0
    assert visit.requests == []
    assert visit.complaints == []
    visit.context.close()
