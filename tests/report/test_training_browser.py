"""The page of one training in a real browser: drawn, quiet, and within any window."""

import shutil
from pathlib import Path

import pytest

from astrid.plots import training_curves
from astrid.report.training import training_page
from tests.report.hostile import HOSTILE
from tests.report.test_study_browser import Visit

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1200, "light")])
def test_the_curves_are_drawn_and_nothing_is_fetched(
    tmp_path: Path, width: int, scheme: str
) -> None:
    frame = training_curves.example()
    frame["task"] = frame["task"].replace("sn", HOSTILE)
    page = tmp_path / "training.html"
    page.write_text(training_page("mine", frame, []), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visit = Visit(browser, page, width, scheme)
        assert visit.draw_all() == ["done"]
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.page.evaluate("'hacked' in window") is False
        assert visit.requests == []
        assert visit.complaints == []
        browser.close()
