"""Astrid: is the small model still right, and right for the same reasons?

The calls below are all that most scripts need; each is imported when it is first used, so that
`import astrid` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from astrid._notebook import register as _show_in_notebooks
from astrid._register import register as _register
from astrid._version import __version__ as __version__

if TYPE_CHECKING:
    from astrid.analysis.examine import compare
    from astrid.analysis.opened import open_study
    from astrid.errors import InputError
    from astrid.explain.records import Explanation, Explanations
    from astrid.explain.run import explain, predict
    from astrid.explain.targets import Target
    from astrid.mbti.classifier import MBTIClassifier
    from astrid.models.causal.load import load_language_model
    from astrid.models.load import load_model


_PUBLIC = {
    "Explanation": "astrid.explain.records",
    "Explanations": "astrid.explain.records",
    "InputError": "astrid.errors",
    "MBTIClassifier": "astrid.mbti.classifier",
    "Target": "astrid.explain.targets",
    "compare": "astrid.analysis.examine",
    "explain": "astrid.explain.run",
    "load_language_model": "astrid.models.causal.load",
    "load_model": "astrid.models.load",
    "open_study": "astrid.analysis.opened",
    "predict": "astrid.explain.run",
}

__all__ = [
    "Explanation",
    "Explanations",
    "InputError",
    "MBTIClassifier",
    "Target",
    "compare",
    "explain",
    "load_language_model",
    "load_model",
    "open_study",
    "predict",
]

_register()
_show_in_notebooks()


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'astrid' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
