"""The probability above which a task's second class is the answer, chosen on validation texts."""

from collections.abc import Sequence

import numpy as np
import torch

from astrid.models.outputs import Task, answers, tasks_of
from astrid.models.text_model import TransformerClassifier
from astrid.training.answers import logits_of
from astrid.training.inputs import label_array
from astrid.training.lesson import Lesson
from astrid.training.quality import Quality, first_of_group, judged, mean_by_group


def tune(lesson: Lesson) -> Quality:
    """Set the thresholds that `lesson.tasks` wants tuned, and measure the model with them.

    The texts that chose the thresholds measure them too: the figures are a little too good.
    """
    model = lesson.model.eval()
    reader = TransformerClassifier(model, lesson.tokenizer)
    logits = logits_of(reader, lesson.tokenizer, lesson.validation.texts)
    labels = torch.from_numpy(label_array(lesson.validation))
    groups = None if lesson.groups is None else torch.from_numpy(lesson.groups)
    wanted = [name for name, task in lesson.tasks.items() if task.threshold == "tuned"]
    found = tuned_thresholds(logits, labels, reader.tasks, wanted, groups)
    for task in model.config.tasks:
        task["threshold"] = found.get(task["name"], task["threshold"])
    return judged(logits, labels, tasks_of(model.config, reader.labels), groups)


def tuned_thresholds(
    logits: torch.Tensor,
    labels: torch.Tensor,
    tasks: Sequence[Task],
    wanted: Sequence[str],
    groups: torch.Tensor | None = None,
) -> dict[str, float]:
    """For each task in `wanted` the threshold with the highest macro F1.

    Args:
        logits: `[N, K]` of all tasks.
        labels: `[N, tasks]`, −1 where a text has none.
        tasks: whose columns stand side by side.
        wanted: names of tasks of two classes.
        groups: `[N]` numbers from 0 on; probabilities are averaged over each group's texts.
    """
    units = torch.arange(len(logits)) if groups is None else groups
    probabilities = mean_by_group(answers(logits, tuple(tasks)), units)
    truth = labels[first_of_group(units)]
    return {
        task.name: best_threshold(
            probabilities[:, task.columns[0]].double().numpy(), truth[:, place].numpy()
        )
        for place, task in enumerate(tasks)
        if task.name in wanted
    }


def best_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the highest macro F1; of equal ones the nearest to one half.

    Candidates lie midway between neighbouring probabilities, so that a text a little off those
    seen falls on the side of its neighbours.

    Args:
        probabilities: `[N]` of the second class.
        labels: `[N]` 0 or 1; −1 is left out.

    >>> best_threshold(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 0, 1, 1]))
    0.25
    """
    probabilities, labels = probabilities[labels >= 0], labels[labels >= 0]
    order = np.argsort(probabilities)
    ordered, positive = probabilities[order], labels[order] == 1
    if not positive.any() or positive.all():
        return 0.5
    cuts = np.flatnonzero(np.diff(ordered) > 0)
    middles = (ordered[cuts] + ordered[cuts + 1]) / 2
    # With the first c + 1 texts below the threshold: what lies below and above, right and wrong.
    below = cuts + 1
    missed = np.cumsum(positive)[cuts]
    hits = positive.sum() - missed
    f1_second = 2 * hits / (positive.sum() + len(ordered) - below)
    f1_first = 2 * (below - missed) / ((~positive).sum() + below)
    macro = np.append(f1_first + f1_second, _at_half(ordered, positive))
    candidates = np.append(middles, 0.5)
    best = np.flatnonzero(macro >= macro.max() - 1e-12)
    return float(candidates[best[np.argmin(np.abs(candidates[best] - 0.5))]])


def _at_half(ordered: np.ndarray, positive: np.ndarray) -> float:
    """Twice the macro F1 with the threshold one half."""
    said = ordered > 0.5
    hits, rejected = (said & positive).sum(), (~said & ~positive).sum()
    second = 2 * hits / max(positive.sum() + said.sum(), 1)
    first = 2 * rejected / max((~positive).sum() + (~said).sum(), 1)
    return float(first + second)
