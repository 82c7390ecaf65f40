"""Training from composed settings: what `astrid train` and `astrid mbti train` share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrid.cli import options

if TYPE_CHECKING:
    from astrid.text.document import Corpus
    from astrid.text.load import DataSpec
    from astrid.text.splits import Splits
    from astrid.training.fit import FitResult


def carry_out(
    settings: dict[str, Any], data: "DataSpec", out: Path, overwrite: bool, as_json: bool
) -> None:
    """Train what `settings` describe on `data`, and say how it went."""
    from astrid.spec import checked
    from astrid.text.load import load_splits
    from astrid.training.spec import TrainSpec

    spec = checked(TrainSpec, settings | {"data": data.model_dump(mode="json")}, "train")
    splits = load_splits(data)
    _say_data(splits)
    # After the first line: with them comes PyTorch, which takes seconds.
    from astrid.report.training import PAGE, write_training
    from astrid.training.fit import fit

    result = fit(spec, splits.train, splits.validation, out, overwrite=overwrite)
    epochs = f"{result.epochs} epoch{'s' if result.epochs != 1 else ''}"
    how = "was there already" if result.reused else f"trained for {epochs}"
    options.say(f"{out}: {how}; validation {_quality(result)}")
    options.say_findings(result.diagnosis)
    if not (result.reused and (out / PAGE).is_file()):
        write_training(out)
    if (out / PAGE).is_file():
        options.say(f"curves: {out / PAGE}")
    if as_json:
        options.print_json(
            {
                "folder": str(out),
                "metrics": {**result.metrics, **result.tasks},
                "epochs": result.epochs,
                "best_epoch": result.best_epoch,
                "resumed": result.resumed,
                "reused": result.reused,
                "diagnosis": [found.to_dict() for found in result.diagnosis],
            }
        )


def _say_data(splits: "Splits") -> None:
    train, validation = splits.train, splits.validation
    what = (
        f"tasks {', '.join(train.label_names)}"
        if train.several
        else f"classes {', '.join(train.classes)}"
    )
    options.say(
        f"{train.name}: {len(train)} texts to train on{_of(train)}, {len(validation)} for "
        f"validation{_of(validation)}, {what}"
    )
    for reason, count in train.facts.get("skipped", {}).items():
        options.say(f"left out: {count} {reason}")


def _of(corpus: "Corpus") -> str:
    groups = {document.group for document in corpus} - {None}
    return f" (of {len(groups)} groups)" if groups else ""


def _quality(result: "FitResult") -> str:
    accuracies = {n: x for n, x in result.tasks.items() if n.startswith("acc_")}
    shown = accuracies or {"accuracy": result.metrics["accuracy"]}
    return ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
