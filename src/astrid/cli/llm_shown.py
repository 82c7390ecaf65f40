"""What `astrid llm run` tells of its result."""

from astrid.cli import options
from astrid.llm.run import LlmResult
from astrid.report.numbers import decimal, interval


def show(result: LlmResult) -> None:
    """A table of both models, what its intervals decide, and what fine-tuning brought."""
    rows = []
    for name, metrics in result.metrics.items():
        row = {"model": name.replace("_", "-")}
        for measure in ("accuracy", "f1"):
            found = metrics.values[measure]
            row[measure] = f"{decimal(found.value)} {interval(found)}"
        rows.append(row)
    options.table(rows)
    for name, metrics in result.metrics.items():
        options.say(f"{name.replace('_', '-')}: {' '.join(metrics.sentences)}")
    if result.gain is not None:
        gain = result.gain.differences["accuracy"]
        options.say(
            f"accuracy after fine-tuning less before: {decimal(gain.value)} {interval(gain)}, "
            f"p = {result.gain.mcnemar.p_value:.3g} (McNemar's exact test)"
        )


def plain(result: LlmResult) -> dict[str, object]:
    """Plain values for JSON."""
    return {
        "labels": result.labels,
        "metrics": {name: metrics.to_dict() for name, metrics in result.metrics.items()},
        "gain": None if result.gain is None else result.gain.to_dict(),
        "files": [str(path) for path in result.files],
    }
