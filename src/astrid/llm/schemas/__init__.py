"""The layout of each JSON file of a run, as JSON Schema (draft 2020-12)."""

import json
from importlib import resources
from typing import Any

from astrid.errors import InputError
from astrid.spec import nearest

SCHEMA_OF = {
    "zero_shot_metrics.json": "metrics",
    "fine_tuned_metrics.json": "metrics",
    "zero_shot_shap.json": "shap",
    "fine_tuned_shap.json": "shap",
    "interpretability_metrics.json": "interpretability",
    "question.json": "question",
    "project_badge.json": "badge",
}
"""Name of the schema of each file."""


def load_schema(file: str) -> dict[str, Any]:
    """The schema of the file called `file`.

    Raises:
        InputError: no file of a run is called so.

    >>> load_schema("project_badge.json")["title"]
    "The project's badge"
    """
    if file not in SCHEMA_OF:
        raise InputError(f'schema: no file is called "{file}"; {nearest(file, SCHEMA_OF)}')
    path = resources.files(__name__).joinpath(f"{SCHEMA_OF[file]}.json")
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
