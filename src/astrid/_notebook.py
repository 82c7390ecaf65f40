"""Explanations as coloured words in notebooks."""

import sys
from typing import Any


def register() -> None:
    """Tell a running IPython how to show explanations; without one, nothing happens."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]
    # By name: nothing heavy is imported before there is something to show.
    formatter.for_type_by_name("astrid.explain.records", "Explanation", _one)
    formatter.for_type_by_name("astrid.explain.records", "Explanations", _many)


def _one(explanation: Any) -> str:
    from astrid.report.words import words_html

    return words_html(explanation)


def _many(explanations: Any) -> str:
    return "\n".join(map(_one, explanations))
