"""One function a line of the table: the work of both sides, and that their answers agree."""

import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from astrid.explain.records import Explanations
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.load import load_model
from astrid.models.text_model import TransformerClassifier
from benchmarks import peers, sampling
from benchmarks import prefix as saved
from benchmarks.answers import agree, closeness
from benchmarks.timing import (
    backward_flops,
    compare,
    forward_flops,
    product_rate,
    seconds,
)
from benchmarks.workload import Workload, drawn

STEPS = 50


@dataclass(frozen=True)
class Sizes:
    """How much is measured: texts of the cheap and of the dear lines, and rounds."""

    texts: int
    few: int
    rounds: int
    scaling: tuple[int, int]
    memory: tuple[int, int]
    lime_words: tuple[int, ...]
    shapley_words: tuple[int, ...]


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        name: what was measured.
        value: times faster, a share, or a ratio.
        target: what it should be at least (at most, where `at_most`); None is only reported.
        details: everything else for the JSON file, such as seconds and the answers' difference.
    """

    name: str
    value: float
    target: float | None
    unit: str = "×"
    at_most: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


def shares(load: Workload, sizes: Sizes, precision: str) -> list[Line]:
    """Useful matrix products a second, as a share of what the machine does on products alone."""
    model = opened(load, precision)
    texts = drawn(load.texts, sizes.texts)
    config, dtype = load.module.config, getattr(torch, precision)
    lengths = [len(model.encode(text)) for text in texts]
    points = [length for length in lengths for _ in range(STEPS)]
    cases: dict[str, tuple[Callable[[], Any], float]] = {
        "integrated gradients": (
            lambda: explain(model, texts, params={"steps": STEPS}),
            forward_flops(config, points) + backward_flops(config, points),
        ),
    }
    evaluated = explain(model, texts, "lime", params={"replace": "mask", "samples": 200})
    rows = [n for n, item in zip(lengths, evaluated, strict=True) for _ in range(item.evaluations)]
    cases["LIME"] = (
        lambda: explain(model, texts, "lime", params={"replace": "mask", "samples": 200}),
        forward_flops(config, rows),
    )
    lines = []
    for name, (work, flops) in cases.items():
        found = []
        for _ in range(sizes.rounds):
            rate = product_rate(config, dtype, str(model.device))
            found.append((flops / seconds(work) / rate, rate))
        share, rate = (statistics.median(column) for column in zip(*found, strict=True))
        lines.append(
            Line(
                f"share of the matrix-product rate, {name}, {precision}",
                100 * share,
                80 if precision == "float32" else 50,
                "%",
                details={"product_gflops": rate / 1e9, "useful_gflops": share * rate / 1e9},
            )
        )
    return lines


def integrated_gradients(load: Workload, sizes: Sizes, precision: str) -> list[Line]:
    """Against captum one text at a time, padded to 128 and unpadded, with the same points."""
    model = opened(load, precision)
    texts = drawn(load.texts, sizes.texts)
    few = drawn(texts, sizes.few)
    exact = precision == "float32"

    def ours(some: list[str]) -> list[np.ndarray]:
        return scores_of(explain(model, some, params={"steps": STEPS}))

    lines = []
    for name, padded, some, target in (
        ("padded to 128", True, few, 6 if exact else 12),
        ("unpadded", False, texts, 1.1 if exact else None),
    ):
        theirs = peers.captum_scores(load, some, padded)[0]
        mine = ours(some)
        details: dict[str, Any] = {"texts": len(some)}
        if exact:
            details["difference"] = agree(mine, theirs, 1e-3, "integrated gradients")
        else:
            details |= closeness(mine, theirs)
        ratio = compare(
            lambda some=some: ours(some),
            lambda some=some, padded=padded: peers.captum_scores(load, some, padded),
            sizes.rounds,
        )
        lines.append(
            Line(
                f"integrated gradients, 50 points, against captum {name}, {precision}",
                ratio.times,
                target,
                details=details | vars(ratio),
            )
        )
    return lines


def tolerance(load: Workload, sizes: Sizes) -> Line:
    """Steps that end at a gap, against captum's fixed 50, at the same mean gap."""
    texts = drawn(load.texts, sizes.texts)
    gaps = peers.captum_scores(load, texts, padded=False)[1]
    wanted = float(np.mean(gaps))

    def run(asked: float) -> Explanations:
        return explain(load.model, texts, params={"tolerance": asked, "limit": 128})

    def wide(asked: float) -> bool:
        return float(np.mean([item.completeness_gap or 0.0 for item in run(asked)])) > wanted

    # About the loosest tolerance whose gaps are, on average, no wider than captum's.
    asked = 4 * max(gaps)
    while wide(asked):
        asked /= 4
    while not wide(asked * 1.3):
        asked *= 1.3
    found = run(asked)
    ratio = compare(
        lambda: run(asked), lambda: peers.captum_scores(load, texts, False), sizes.rounds
    )
    return Line(
        "integrated gradients with tolerance, against captum unpadded, same mean gap",
        ratio.times,
        2.5,
        details={
            "tolerance": asked,
            "mean_gap_captum": wanted,
            "median_gap_captum": float(np.median(gaps)),
            "largest_gap_captum": max(gaps),
            "mean_gap": float(np.mean([item.completeness_gap for item in found])),
            "largest_gap": max(item.completeness_gap or 0.0 for item in found),
            "mean_evaluations": float(np.mean([item.evaluations for item in found])),
            "texts": len(texts),
        }
        | vars(ratio),
    )


def lime(load: Workload, sizes: Sizes, precision: str) -> Line:
    """The same 1,000 masks and the same coefficients as `lime`."""
    model = opened(load, precision)
    texts = drawn(load.plain, sizes.few)
    params = {"samples": 1000, "replace": "delete"}
    mine = [item.word_scores for item in explain(model, texts, "lime", params=params)]
    theirs = peers.lime_scores(load, texts)
    exact = precision == "float32"
    details: dict[str, Any] = {"texts": len(texts)}
    if exact:
        details["difference"] = agree(mine, theirs, 1e-4, "lime")
    else:
        details |= closeness(mine, theirs)
    ratio = compare(
        lambda: explain(model, texts, "lime", params=params),
        lambda: peers.lime_scores(load, texts),
        sizes.rounds,
    )
    return Line(
        f"LIME, the same 1,000 masks, against lime, {precision}",
        ratio.times,
        2 if exact else 5,
        details=details | vars(ratio),
    )


def lime_error(load: Workload, sizes: Sizes) -> Line:
    """Time for the error that 1,000 plain samples have, by a surrogate, against `lime`."""
    games = sampling.games_of(
        load.model, load.texts, sizes.lime_words, 1, Target("probability"), "delete"
    )
    plain = sampling.lime_error(games, 1000, sampling.plain_lime)
    budgets = (60, 80, 100, 125, 150, 200, 250, 350)
    curve = {n: sampling.lime_error(games, n, sampling.surrogate_lime) for n in budgets}
    rows = sampling.needed(curve, plain)
    texts = [game.text for game in games]
    params = {
        "sampling": "surrogate",
        "replace": "delete",
        "samples": int(np.ceil(min(rows, max(budgets)))),
    }
    ratio = compare(
        lambda: explain(load.model, texts, "lime", params=params),
        lambda: peers.lime_scores(load, texts),
        sizes.rounds,
    )
    return Line(
        "LIME, the error of 1,000 plain samples, against lime",
        ratio.times,
        10,
        details={
            "rows_needed": rows,
            "error": plain,
            "curve": curve,
            "words": sizes.lime_words,
        }
        | vars(ratio),
    )


def shapley_error(load: Workload, sizes: Sizes) -> Line:
    """Evaluations for the error that the better of shap's two estimators has with 500."""
    games = sampling.games_of(load.model, load.texts, sizes.shapley_words, 1, Target("probability"))
    theirs = {
        "permutation": sampling.shapley_error(games, 500, sampling.their_permutations),
        "kernel": sampling.shapley_error(games, 500, sampling.their_kernel),
    }
    budgets = (60, 80, 100, 125, 150, 200, 250, 350, 500)
    curve = {n: sampling.shapley_error(games, n, sampling.surrogate_shapley) for n in budgets}
    rows = sampling.needed(curve, min(theirs.values()))
    return Line(
        "Shapley values, evaluations for the error of shap's better estimator with 500",
        rows,
        250,
        "rows",
        at_most=True,
        details={"error_with_500": theirs, "curve": curve, "words": sizes.shapley_words},
    )


def owen(load: Workload, sizes: Sizes, precision: str) -> list[Line]:
    """500 evaluations, against shap with the same tree (same values) and with its own."""
    model = opened(load, precision)
    texts = drawn(load.plain, sizes.few)
    mine = [item.token_scores[1:-1] for item in explain(model, texts, "shap")]
    theirs = peers.owen_scores(load, texts)
    exact = precision == "float32"
    details: dict[str, Any] = {"texts": len(texts)}
    if exact:
        # Where two nodes of the tree matter equally, rounding decides which is opened last.
        details["difference"] = agree(mine, theirs, 1e-2, "Owen values")
        sums = peers.shap_as_documented(load, texts)
        agree([np.array([item.sum() for item in mine])], [np.array(sums)], 1e-3, "sums")
    else:
        details |= closeness(mine, theirs)
    found = []
    for name, other in (
        ("on the same tree", peers.owen_scores),
        ("as documented", peers.shap_as_documented),
    ):
        ratio = compare(
            lambda: explain(model, texts, "shap"),
            lambda other=other: other(load, texts),
            sizes.rounds,
        )
        found.append(
            Line(
                f"Owen values, 500 evaluations, against shap {name}, {precision}",
                ratio.times,
                # A user runs shap with its own tree; on the same tree both run the same rows.
                None if other is peers.owen_scores else 2 if exact else 6,
                details=details | vars(ratio),
            )
        )
    return found


def prefix(sizes: Sizes) -> list[Line]:
    """A label token after a 200-token instruction: its keys and values computed once, or anew."""
    lines = []
    for replace, target in (("delete", 5.0), ("mask", None)):
        found = saved.measure(rounds=sizes.rounds, replace=replace)
        if found.difference > 1e-4:
            raise AssertionError(f"prefix reuse changes the answers by {found.difference:.1e}")
        lines.append(
            Line(
                f"language model, label after a 200-token instruction, prefix reuse, {replace}",
                found.ratio.times,
                target,
                details={"difference": found.difference, "tokens": found.tokens}
                | vars(found.ratio),
            )
        )
    return lines


def precision_cost(load: Workload, sizes: Sizes) -> list[Line]:
    """What bf16 changes: the largest difference in probability, and ranks of scores."""
    half, texts = opened(load, "bfloat16"), drawn(load.texts, sizes.texts)
    change = np.abs(predict(half, texts) - predict(load.model, texts)).max()
    exact, rough = (scores_of(explain(model, texts)) for model in (load.model, half))
    ranks = closeness(rough, exact)
    return [
        Line("bf16: largest difference in probability from float32", float(change), None, ""),
        Line(
            "bf16: rank correlation of integrated gradients with float32, median",
            ranks["spearman_median"],
            None,
            "",
            details=ranks,
        ),
    ]


def scaling(load: Workload, sizes: Sizes) -> list[Line]:
    """Time and memory of many texts against few; each in a process of its own."""
    few, many = sizes.scaling
    ratios = []
    for _ in range(sizes.rounds if many < 1000 else 3):
        times = [_streamed(load, count)["seconds"] for count in (few, many)]
        ratios.append(times[1] / times[0] * (4 * few / many))
    small, large = (_streamed(load, count, tiny=True)["peak"] for count in sizes.memory)
    return [
        Line(
            f"time for {many} texts against {few}",
            statistics.median(ratios),
            4.2,
            at_most=True,
            details={"ratios": ratios},
        ),
        Line(
            f"peak memory for {sizes.memory[1]} texts against {sizes.memory[0]}",
            large / small,
            1.1,
            at_most=True,
            details={"peak_mib": [small, large]},
        ),
    ]


def _streamed(load: Workload, count: int, tiny: bool = False) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.streamed", load.source, str(count), str(tiny)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    spent, peak = found.stdout.split()[-2:]
    return {"seconds": float(spent), "peak": float(peak)}


def opened(load: Workload, precision: str) -> TransformerClassifier:
    if precision == "float32":
        return load.model
    return load_model(load.source, precision="bfloat16", device=str(load.model.device))


def scores_of(found: Explanations) -> list[np.ndarray]:
    return [item.token_scores for item in found]
