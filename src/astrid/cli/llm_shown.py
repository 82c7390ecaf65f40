"""What `astrid llm run` tells of its result."""

from astrid.cli import options
from astrid.llm.interpretability import Interpretability
from astrid.llm.run import LlmResult
from astrid.measures.statistics.bootstrap import Estimate
from astrid.report.numbers import decimal, interval


def show(result: LlmResult) -> None:
    """A table of both models, what its intervals decide, and what fine-tuning brought."""
    rows = []
    for name, metrics in result.metrics.items():
        row = {"model": name.replace("_", "-")}
        for measure in ("accuracy", "f1"):
            found = metrics.values[measure]
            row[f"{measure} [95 %]"] = _with_interval(found)
        rows.append(row)
    options.table(rows)
    for name, metrics in result.metrics.items():
        options.say(f"{name.replace('_', '-')}: {' '.join(metrics.sentences)}")
    if result.gain is not None:
        gain = result.gain.differences["accuracy"]
        options.say(
            f"accuracy after fine-tuning less before: {_with_interval(gain)}, "
            f"p = {result.gain.mcnemar.p_value:.3g} (McNemar's exact test)"
        )
    if result.reasons is not None:
        _show_reasons(result.reasons)


def _show_reasons(reasons: Interpretability) -> None:
    found = reasons.agreement["spearman"]
    options.say(
        f"words that both look at, by rank correlation: {_with_interval(found.value)} over "
        f"{len(reasons.examples)} texts (1: the same words; the same scores in random order: "
        f"{decimal(found.chance.value)})"
    )


def _with_interval(found: Estimate) -> str:
    ends = interval(found).replace(" to ", ", ")
    return f"{decimal(found.value)} [{ends}]" if ends else decimal(found.value)


def plain(result: LlmResult) -> dict[str, object]:
    """Plain values for JSON."""
    return {
        "labels": result.labels,
        "metrics": {name: metrics.to_dict() for name, metrics in result.metrics.items()},
        "gain": None if result.gain is None else result.gain.to_dict(),
        "files": [str(path) for path in result.files],
    }
