"""`astrid measure`: which methods explain a model faithfully and plausibly?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import options
from astrid.errors import InputError

if TYPE_CHECKING:
    from astrid.analysis.leaderboard import Leaderboard

HELP = """A leaderboard of attribution methods for one model, with intervals and paired tests.

Every method explains the same texts for the same classes; random scores run along as the control.
astrid measures lists what can be measured, astrid methods what can be compared.

Examples:

  astrid measure runs/demo/teacher --methods integrated_gradients,lime --texts 20

  astrid measure models/mine --data tweets.csv --rationale-field why --out runs/methods
"""


def register(app: typer.Typer) -> None:
    app.command("measure", help=HELP, short_help="Which methods explain a model best.")(measure)


def measure(
    model: str = typer.Argument(help="A model folder or hub id."),
    data: options.Data = "verdicts",
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    rationale_field: options.RationaleField = None,
    data_path: options.Path_ = None,
    labels: options.Labels = None,
    split: options.Split = "test",
    texts: Annotated[int, typer.Option("--texts", help="How many texts to explain.", min=1)] = 100,
    methods: Annotated[
        str | None, typer.Option("--methods", help="Methods, separated by commas, or all.")
    ] = None,
    measures: Annotated[
        str | None, typer.Option("--measures", help="Measures, separated by commas, or all.")
    ] = None,
    params: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="A setting, such as lime.samples=500; repeatable."),
    ] = None,
    target: options.TargetKind = "probability",
    classes: Annotated[
        str, typer.Option("--class-of", help="Class to explain: own (predicted) or gold.")
    ] = "own",
    replace: Annotated[
        str,
        typer.Option(
            "--replace", help="Words that measures leave out: auto, mask, delete, pad or attention."
        ),
    ] = "auto",
    level: Annotated[float, typer.Option("--level", help="Of significance.")] = 0.05,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for leaderboard.html, .json and .parquet.")
    ] = None,
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    from rich.console import Console

    from astrid.analysis.leaderboard import LeaderboardSettings, rank_methods
    from astrid.files import require_writable
    from astrid.progress import bar
    from astrid.report.leaderboard import leaderboard_table
    from astrid.spec import checked

    given: dict[str, Any] = {
        "params": _params(params),
        "kind": target,
        "class_of": classes,
        "texts": texts,
        "replace": replace,
        "level": level,
    }
    spec = options.data_spec(data, text_field, label_field, rationale_field, data_path, labels)
    corpus = options.documents(spec, split)
    opened = options.open_model(model, device, precision)
    given |= _chosen("methods", methods, _all_methods(opened.answers))
    given |= _chosen("measures", measures, _all_measures())
    settings = checked(LeaderboardSettings, given, "measure")
    if out is not None:
        # Before the work, not after it.
        require_writable(out / "leaderboard.html")
    found = rank_methods(opened, corpus, settings, bar)
    if out is not None:
        _write(out, found)
    Console(stderr=True).print(leaderboard_table(found))
    if as_json:
        options.print_json(found.to_dict())


def _chosen(name: str, given: str | None, everything: list[str]) -> dict[str, list[str]]:
    """The setting from a list with commas; nothing where the default is to stand."""
    if given is None:
        return {}
    if given.strip() == "all":
        return {name: everything}
    names = [part.strip() for part in given.split(",") if part.strip()]
    if not names:
        raise InputError(f"--{name}: name at least one, or all")
    return {name: names}


def _all_methods(answers: frozenset[Any]) -> list[str]:
    from astrid.explain import methods

    return [name for name in methods.names() if methods.needs(name) <= answers]


def _all_measures() -> list[str]:
    from astrid.measures import measure_names

    kinds = ("faithfulness", "plausibility", "sensitivity", "sparsity")
    return [name for kind in kinds for name in measure_names(kind)]  # type: ignore[arg-type]


def _params(pairs: list[str] | None) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for full, value in options.settings(pairs).items():
        method, dot, name = full.partition(".")
        if not dot or not method or not name:
            raise InputError(f'--param "{full}": write it as method.name=value')
        found.setdefault(method, {})[name] = value
    return found


def _write(out: Path, found: "Leaderboard") -> None:
    import io

    from astrid.files import write_atomic
    from astrid.report.leaderboard import write_leaderboard_page

    options.write_json(out / "leaderboard.json", found.to_dict())
    buffer = io.BytesIO()
    found.frame.to_parquet(buffer, index=False)
    write_atomic(out / "leaderboard.parquet", buffer.getvalue())
    write_leaderboard_page(out / "leaderboard.html", found)
    options.say(f"written: {out}/leaderboard.html, .json and .parquet")
