"""Two tasks with made-up data, for tests of whatever judges several tasks."""

import numpy as np

from astrid.analysis.task_baselines import LabelledTexts
from astrid.models.outputs import Task

TASKS = (
    Task("ei", "binary", (0,), answers=("I", "E")),
    Task("mood", "classes", (1, 2, 3), answers=("low", "even", "high")),
)
_FILLER = np.array([f"w{number}" for number in range(60)])


def people(count: int, seed: int, posts: int = 3, signal: bool = True) -> LabelledTexts:
    """Posts of people; "party" tells of E where there is a signal, nothing tells of the mood."""
    rng = np.random.default_rng(seed)
    texts, labels, groups = [], [], []
    for person in range(count):
        ei, mood = int(rng.random() < 0.35), int(rng.integers(0, 3))
        for _ in range(posts):
            words = list(rng.choice(_FILLER, 8))
            texts.append(" ".join([*words, "party"] if ei and signal else words))
            labels.append((ei, mood))
            groups.append(f"{seed}-{person}")
    return LabelledTexts(texts, np.array(labels), groups)


def probabilities(labels: np.ndarray, seed: int, strength: float) -> np.ndarray:
    """`[N, 4]` of a model that knows of the labels as much as `strength` says."""
    rng = np.random.default_rng(seed)
    ei = 1 / (1 + np.exp(-strength * (2 * labels[:, 0] - 1) + rng.normal(size=len(labels))))
    lean = np.exp(strength * np.eye(3)[labels[:, 1]] + rng.normal(size=(len(labels), 3)))
    return np.column_stack([ei, lean / lean.sum(axis=1, keepdims=True)])
