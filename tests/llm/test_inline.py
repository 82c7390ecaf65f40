"""Pictures in notebooks."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from astrid.llm.inline import shown_inline


def _ipython(monkeypatch: pytest.MonkeyPatch, shell: object) -> list[object]:
    """An IPython with `shell` running; what it displays is put into the list."""
    shown: list[object] = []
    package, display = ModuleType("IPython"), ModuleType("IPython.display")
    package.get_ipython = lambda: shell  # type: ignore[attr-defined]
    display.Image = lambda filename: filename  # type: ignore[attr-defined]
    display.display = shown.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_a_notebook_shows_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _ipython(monkeypatch, SimpleNamespace(kernel=object()))
    assert shown_inline(Path("a.png"))
    assert shown == ["a.png"]


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_a_terminal_shows_none(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    shown = _ipython(monkeypatch, shell)
    assert not shown_inline(Path("a.png"))
    assert shown == []
