"""Training curves drawn at random: of healthy runs of many shapes, and of clear faults."""

import numpy as np

from astrid.training.spec import TrainerSpec
from astrid.training.task_curves import TaskFacts

Curves = tuple[list[dict[str, float]], TaskFacts, TrainerSpec, int]
"""Rows, what the task is, settings, and the best epoch from 1."""


class Draw:
    """One run's texts, shares and noise."""

    def __init__(self, seed: int, name: str = "label", fewest: int = 50) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.checked = int(np.exp(rng.uniform(np.log(fewest), np.log(1000))))
        self.texts = 4 * self.checked
        count = int(rng.choice([2, 2, 2, 3, 5]))
        shares = rng.dirichlet([8.0] * count)
        if count == 2:
            positive = rng.choice([0.5, 0.3, 0.2, 0.14]) + rng.uniform(-0.02, 0.02)
            shares = np.array([1 - positive, positive])
        drawn = rng.multinomial(self.checked, shares) / self.checked
        classes = tuple(f"class {number}" for number in range(count))
        self.facts = TaskFacts(name, classes, tuple(shares), self.texts, tuple(drawn), self.checked)

    @property
    def entropy(self) -> float:
        return self.facts.entropy

    def rows(self, train, val, accuracy, f1_score) -> list[dict[str, float]]:
        """Expected curves with noise: of the texts, shared by all epochs, and of each epoch."""
        train, val = np.array(train), np.array(val)
        error = self.error(val)
        rng, epochs = self.rng, len(val)
        shared = rng.normal() * error
        val = np.maximum(val + shared + 0.3 * rng.normal(size=epochs) * error, 0.002)
        train = np.maximum(train * (1 + 0.02 * rng.normal(size=epochs)), 1e-3)
        spread = 0.5 / np.sqrt(self.checked)
        common, own = rng.normal() * spread, 0.3 * rng.normal(size=epochs) * spread
        accuracy = np.clip(np.array(accuracy) + common + own, 0, 1)
        f1_score = np.clip(np.array(f1_score) + common + own, 0, 1)
        columns = (train, train, val, error, accuracy, f1_score)
        names = (
            "train_loss",
            "train_log_loss",
            "val_loss",
            "val_loss_error",
            "accuracy",
            "f1_score",
        )
        found = [
            dict(zip(names, map(float, values), strict=True))
            for values in zip(*columns, strict=True)
        ]
        return [{"epoch": number + 1, **row} for number, row in enumerate(found)]

    def error(self, val: np.ndarray) -> np.ndarray:
        """Losses of texts are spread about as wide as they are high."""
        return 0.9 * val / np.sqrt(self.checked)

    def run(self, rows: list[dict[str, float]], asked: int | None = None) -> Curves:
        best = int(np.argmin([row["val_loss"] for row in rows])) + 1
        spec = TrainerSpec(epochs=asked or len(rows), learning_rate=2e-5)
        return rows, self.facts, spec, best


def healthy(seed: int) -> Curves:
    """A run that learns: noise, plateaus, early stopping, and a slight rise at the end."""
    draw = Draw(seed)
    rng, entropy, majority = draw.rng, draw.entropy, draw.facts.majority
    epochs = int(rng.integers(1, 21))
    # From a nearly perfect model to one that knows a quarter of what there is to know.
    known = rng.uniform(0.25, 0.95)
    pace = rng.uniform(0.4, 3.0)
    fallen = 1 - np.exp(-np.arange(1, epochs + 1) / pace)
    if epochs > 8 and rng.random() < 0.3:  # a plateau before it learns
        wait = int(rng.integers(1, 4))
        fallen = np.concatenate([np.full(wait, 0.05), fallen[:-wait]])
    val = entropy * (1 - known * fallen)
    rise = rng.choice([0.0, 0.05, 0.1]) * np.clip(np.arange(epochs) / max(epochs, 1) - 0.5, 0, 1)
    train = entropy * (1 - min(known * rng.uniform(1, 1.15), 0.97) * fallen)
    accuracy = majority + (1 - majority) * known * 0.8 * fallen
    f1 = 1 / len(draw.facts.shares) + (1 - 1 / len(draw.facts.shares)) * known * 0.8 * fallen
    rows = draw.rows(train, val * (1 + 2 * rise), accuracy, f1)
    if rng.random() < 0.4:  # stopped early: two epochs after the lowest
        lowest = int(np.argmin([row["val_loss"] for row in rows]))
        return draw.run(rows[: lowest + 3], epochs)
    return draw.run(rows)


def overfitted(seed: int) -> Curves:
    """Validation falls, then rises by 60 % or more, while training falls to nothing."""
    draw = Draw(seed)
    rng, entropy, majority = draw.rng, draw.entropy, draw.facts.majority
    epochs = int(rng.integers(6, 16))
    turn = int(rng.integers(2, epochs - 3))
    number = np.arange(1, epochs + 1)
    low = rng.uniform(0.4, 0.7) * entropy
    down = low + (0.95 * entropy - low) * np.clip(1 - (number - 1) / max(turn - 1, 1), 0, 1)
    up = low * rng.uniform(0.6, 1.5) * np.clip((number - turn) / (epochs - turn), 0, 1)
    train = entropy * 0.9 * np.exp(-number / (turn + 0.5))
    accuracy = np.full(epochs, majority + (1 - majority) * 0.4)
    return draw.run(draw.rows(train, down + up, accuracy, np.full(epochs, 0.7)))


def unlearnt(seed: int, name: str = "label") -> Curves:
    """Neither loss comes below guessing; accuracy is the majority's."""
    draw = Draw(seed, name)
    rng, entropy = draw.rng, draw.entropy
    epochs = int(rng.integers(3, 13))
    number = np.arange(1, epochs + 1)
    start = rng.uniform(0, 0.3) * entropy * np.exp(-number / rng.uniform(0.5, 3))
    train = entropy * rng.uniform(1.0, 1.03) + start
    # Answers that are nearly alike are wrong by what guessing is wrong: no noise of their own.
    guess = draw.facts.guess
    val = guess * rng.uniform(1.0, 1.02) + start + 0.01 * guess * np.abs(rng.normal(size=epochs))
    rows = draw.rows(train, val, np.zeros(epochs), np.zeros(epochs))
    jitter = 0.3 / np.sqrt(draw.checked)
    for row, loss in zip(rows, val, strict=True):
        row["val_loss"], row["val_loss_error"] = loss, 0.3 * loss / np.sqrt(draw.checked)
        row["accuracy"] = min(draw.facts.majority + jitter * rng.normal() / 3, 1.0)
        row["f1_score"] = draw.facts.majority / len(draw.facts.shares)
    return draw.run(rows)


def memorised(seed: int) -> Curves:
    """Training falls to nothing; validation is never better than guessing, and gets worse."""
    draw = Draw(seed)
    rng, facts = draw.rng, draw.facts
    epochs = int(rng.integers(5, 15))
    number = np.arange(1, epochs + 1)
    train = draw.entropy * np.exp(-((number - 1) ** 1.5) / (2 * epochs))
    val = facts.guess * (1.03 + rng.uniform(0.3, 1.0) * (number - 1) / epochs)
    half = facts.majority - rng.uniform(0, 0.1)
    chance = 1 / len(facts.shares)
    return draw.run(draw.rows(train, val, np.full(epochs, half), np.full(epochs, chance)))


def diverged(seed: int) -> Curves:
    """Learns, then falls back to guessing."""
    draw = Draw(seed)
    rng, entropy = draw.rng, draw.entropy
    epochs = int(rng.integers(5, 13))
    turn = int(rng.integers(1, epochs - 2))
    low = rng.uniform(0.3, 0.6) * entropy
    loss = np.where(np.arange(epochs) < turn, low, entropy * 1.02)
    accuracy = np.where(np.arange(epochs) < turn, 0.9, draw.facts.majority)
    return draw.run(draw.rows(loss, loss, accuracy, accuracy - 0.1))


def still_falling(seed: int) -> Curves:
    """Every epoch takes off as much as the one before, to the last."""
    draw = Draw(seed, fewest=200)
    rng, entropy, majority = draw.rng, draw.entropy, draw.facts.majority
    epochs = int(rng.integers(3, 5))
    number = np.arange(1, epochs + 1)
    loss = entropy * (1.02 - rng.uniform(0.13, 0.15) * (number - 1))
    accuracy = majority + 0.2 * (1 - majority) * number / epochs
    return draw.run(draw.rows(loss, loss, accuracy, accuracy))
