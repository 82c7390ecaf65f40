"""Progress bars where they can't be redrawn."""

import importlib.util
import warnings

from rich import console

from astrid.progress import bar


def test_a_notebook_without_widgets_is_told_once_and_not_warned(monkeypatch, capsys):
    monkeypatch.setattr(console, "_is_jupyter", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")  # as Jupyter's kernel does
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with bar("asking", 2) as advance:
            advance(2)
    said = capsys.readouterr().err
    assert said.count("asking") == 1
    assert "\x1b[2K" not in said
