"""Explanations as one JSON document: what `zero_shot_shap.json` and `fine_tuned_shap.json` hold.

It holds the explained texts. Of the other files of a run, only those that hold the prompt can hold
texts: the examples in it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from astrid.errors import InputError
from astrid.explain.records import Explanation, Explanations, Prediction, TargetValue

VERSION = 1
"""Of the layout of the file."""


def shap_document(model: str, explanations: Explanations) -> dict[str, object]:
    """Plain values for JSON: the method, and one entry a text.

    Each entry is `Explanation.to_dict()` with, in addition, `base_value`: explained output less the
    sum of the token scores, which is the output without the text's words where scores add up (up
    to `completeness_gap`); and the answer's `index` and `probabilities` of all labels.

    Args:
        model: which of the models was explained, as `zero_shot`.
        explanations: by one method, of at least one text.

    Raises:
        InputError: no explanations, or explanations by several methods.
    """
    methods = sorted({item.method for item in explanations})
    if len(methods) != 1:
        raise InputError(
            f"shap: {len(explanations)} explanations by {len(methods)} methods; "
            "explain at least one text, and all by one method"
        )
    return {
        "version": VERSION,
        "model": model,
        "method": methods[0],
        "explanations": [_entry(item) for item in explanations],
    }


def read_shap(path: str | Path) -> Explanations:
    """The explanations of a file that holds `shap_document(…)`, equal to those written.

    Raises:
        InputError: the file can't be read, or holds something else.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: is no JSON; write it anew") from error
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise InputError(f"{path}: holds no explanations of version {VERSION}; write it anew")
    try:
        return Explanations([_explanation(entry) for entry in document["explanations"]])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: lacks a part of an explanation; write it anew") from error


def _entry(item: Explanation) -> dict[str, object]:
    return {
        **item.to_dict(),
        "base_value": item.target.value - float(np.sum(item.token_scores)),
        "prediction": {
            "index": item.prediction.index,
            "label": item.prediction.label,
            "probability": item.prediction.probability,
            "probabilities": list(map(float, item.prediction.probabilities)),
        },
    }


def _explanation(entry: dict[str, Any]) -> Explanation:
    errors, answer = entry["standard_errors"], entry["prediction"]
    return Explanation(
        text=entry["text"],
        method=entry["method"],
        target=TargetValue(**entry["target"]),
        prediction=Prediction(**{**answer, "probabilities": tuple(answer["probabilities"])}),
        tokens=tuple(entry["tokens"]),
        token_scores=np.array(entry["token_scores"], dtype=float),
        words=tuple(entry["words"]),
        word_scores=np.array(entry["word_scores"], dtype=float),
        offsets=tuple((int(start), int(end)) for start, end in entry["offsets"]),
        completeness_gap=entry["completeness_gap"],
        evaluations=entry["evaluations"],
        truncated=entry["truncated"],
        special_share=entry["special_share"],
        converged=entry["converged"],
        precision=entry["precision"],
        standard_errors=None if errors is None else np.array(errors, dtype=float),
    )
