"""Writing what a run found, under the names that readers rely on."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.files import cannot_write, write_atomic
from astrid.llm.influential import influential_words
from astrid.llm.interpretability import Interpretability
from astrid.llm.metrics import ClassificationMetrics, metrics_frame
from astrid.llm.shap_json import shap_document
from astrid.measures.statistics.quality import QualityComparison
from astrid.plots._paper import save_picture

Stage = Literal["zero_shot", "fine_tuned"]
"""The model as it comes, and with its adapter."""

TITLES: Mapping[Stage, str] = {"zero_shot": "zero-shot", "fine_tuned": "fine-tuned"}
"""What pictures call them."""

COMPARISON_PICTURE = "metrics_comparison.png"
INTERPRETABILITY = "interpretability_metrics.json"
QUESTION = "question.json"
_OF_STAGE = ("metrics.json", "shap.json", "shap_summary.png")


@contextmanager
def new_outputs(folder: Path) -> Iterator[Path]:
    """Yield a hidden folder whose files take the place of all of an earlier run's in `folder`.

    They do so when the block ends well; otherwise, as where the disk is full, nothing is lost. The
    earlier run's adapter and badge stay.

    Raises:
        InputError: the folder can't be written, or a file can't be replaced.
    """
    new = folder / ".new"
    try:
        shutil.rmtree(new, ignore_errors=True)
        try:
            new.mkdir()
        except OSError as error:
            raise cannot_write(folder, error) from error
        yield new
        _clear(folder)
        # The question is last: where it is, the rest is too.
        for path in sorted(new.iterdir(), key=lambda path: path.name == QUESTION):
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _clear(folder: Path) -> None:
    names = [f"{stage}_{kind}" for stage in TITLES for kind in _OF_STAGE]
    for name in (QUESTION, *names, COMPARISON_PICTURE, INTERPRETABILITY):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"{folder / name}: can't be replaced ({error.strerror}); remove it"
            ) from None


def write_metrics(
    folder: Path,
    stage: Stage,
    metrics: ClassificationMetrics,
    against_zero_shot: QualityComparison | None = None,
) -> Path:
    """Write `{stage}_metrics.json` into `folder` and return its path.

    Args:
        folder: made where it is not there.
        stage: which model was measured.
        metrics: its metrics.
        against_zero_shot: of the fine-tuned model, as `compare_metrics` gives it.

    Raises:
        InputError: the folder can't be written.
    """
    values = {"model": stage, **metrics.to_dict()}
    if against_zero_shot is not None:
        values["against_zero_shot"] = against_zero_shot.to_dict()
    return _write_json(folder / f"{stage}_metrics.json", values)


def write_metrics_picture(folder: Path, models: Mapping[Stage, ClassificationMetrics]) -> Path:
    """Write `metrics_comparison.png` into `folder`, the models side by side; return its path.

    Raises:
        InputError: no models, or the folder can't be written.
    """
    frame = metrics_frame({TITLES[stage]: found for stage, found in models.items()})
    path = folder / COMPARISON_PICTURE
    save_picture("metrics_comparison", frame, path)
    return path


def write_shap(folder: Path, stage: Stage, explanations: Explanations) -> tuple[Path, Path]:
    """Write `{stage}_shap.json` and `{stage}_shap_summary.png` into `folder`; return their paths.

    Raises:
        InputError: no explanations, explanations by several methods, texts without words, or the
            folder can't be written.
    """
    document = shap_document(stage, explanations)
    frame = influential_words({TITLES[stage]: explanations})
    picture = folder / f"{stage}_shap_summary.png"
    save_picture("influential_tokens", frame, picture)
    return _write_json(folder / f"{stage}_shap.json", document), picture


def write_interpretability(folder: Path, found: Interpretability) -> Path:
    """Write `interpretability_metrics.json` into `folder` and return its path.

    Raises:
        InputError: the folder can't be written.
    """
    return _write_json(folder / INTERPRETABILITY, found.to_dict())


def _write_json(path: Path, values: Mapping[str, object]) -> Path:
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # Only halves of surrogate pairs can't be encoded; Python's escape of them is also JSON's.
    write_atomic(path, text.encode("utf-8", "backslashreplace"))
    return path
