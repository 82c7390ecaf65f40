"""`astrid explain`: which words a model's answer rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import explain_out, language, options, remote
from astrid.errors import InputError, UnfinishedError
from astrid.files import require_writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astrid.explain.records import Explanation, Explanations
    from astrid.explain.targets import Target
    from astrid.models.protocol import TextModel
    from astrid.text.load import DataSpec

HELP = """Scores of the words of texts: which speak for the answer, which against it.

With --json, one object a text and line goes to stdout.

A language model is asked for a token after the text, by one of --next-token, --token, --classes
and --generate; the prompt around the text is never perturbed.

With --out, a corpus of any size is explained into a folder of Parquet files, as far as it isn't
there already: a run that was stopped or killed goes on when it is started again. A file is then
read row by row, as a whole unless --split is given, and needs no labels.

Examples:

  astrid explain runs/demo/teacher "The signed contract was found." --method integrated_gradients

  astrid explain runs/demo/teacher --data verdicts --split test --limit 20 -m shap --json

  astrid explain runs/demo/teacher --data cases.csv --text-field facts --out explained

  astrid explain runs/demo/teacher --data cases.csv --out explained --engine ray --address auto

  astrid explain https://host/path --labels neg,pos "A good film." -m lime

  astrid explain models/gpt2 "The capital is" --token " Paris" --distractor " London"

  astrid explain models/gpt2 "Fun!" --prompt "Review: {text}\\nMood:" --classes " good, bad"
"""


def register(app: typer.Typer) -> None:
    app.command("explain", help=HELP, short_help="Which words an answer rests on.")(explain)


def explain(
    model: str = typer.Argument(help="A model folder, hub id, or http address."),
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to explain.")] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="A data set's name or a file, instead of texts.")
    ] = None,
    text_field: options.TextField = "text",
    label_field: options.LabelField = "label",
    data_path: options.Path_ = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            help="Classes in order, separated by commas: all of an http address, or those of the "
            "data set to keep.",
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Documents to use: train, validation, test or all; default: test, with --out all.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="Explain the first N.", min=1)
    ] = None,
    method: options.Method = "integrated_gradients",
    params: options.Params = None,
    target: Annotated[
        str | None,
        typer.Option("--target", help="probability (default), logit, logit_difference or value."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option("--class", help="Class or label to explain; default: the one predicted."),
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Other class of a logit difference.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with coloured words.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for explanations of a large corpus.")
    ] = None,
    shard_size: Annotated[
        int | None, typer.Option("--shard-size", help="Rows in one file of --out (500).", min=1)
    ] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", help="Who computes for --out: local or ray.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--address", help="Ray cluster (host:port, auto); default: one started here."),
    ] = None,
    api: remote.Api = None,
    token_env: remote.TokenEnv = None,
    rate_limit: remote.RateLimit = None,
    budget: remote.Budget = None,
    timeout: remote.Timeout = None,
    price: remote.CallPrice = None,
    next_token: language.NextToken = False,
    token: language.Token = None,
    distractor: language.Distractor = None,
    prompt: language.Prompt = None,
    classes: language.Classes = None,
    generate: language.Generate = None,
    device: options.Device = "cpu",
    precision: options.Precision = "float32",
    as_json: options.Json = False,
) -> None:
    from astrid.models.address import is_address

    away = is_address(model)
    asked_of = remote.Remote(api, token_env, rate_limit, budget, timeout, price)
    of_language = language.Asked(
        next_token, token, distractor, prompt, classes, generate, target, label, against
    )
    kind = target or "probability"
    place = explain_out.place(out, shard_size, engine, address)
    of_data = (data_path, split) if away else (data_path, labels, split)
    if html is not None:
        require_writable(html)
    _check_source(data, texts, any(option is not None for option in of_data))
    if against is not None and target != "logit_difference":
        raise InputError("--against: only --target logit_difference compares with another class")
    if away and of_language:
        raise InputError("an http address answers with classes; it can't be asked for tokens")
    if not away:
        asked_of.refuse()
    spec = None
    if data is not None:
        kept = None if away else labels
        spec = options.data_spec(data, text_field, label_field, None, data_path, kept)
    settings = options.settings(params)
    if place is not None:
        if spec is None or html is not None or away or of_language:
            raise InputError(
                "--out goes with --data and a classifier from a folder or the hub, without --html"
            )
        explain_out.refuse_precision(place, precision)
        rows = explain_out.rows(spec, split)
        classifier = options.open_model(model, device, precision)
        chosen = _target(classifier, kind, label, against)
        said = explain_out.write(place, (model, classifier), rows, method, chosen, settings, limit)
        if as_json:
            options.print_json(said)
        return
    wanted = _wanted(texts, spec, split)[:limit]
    opened: TextModel
    if away:
        opened = remote.open_remote(model, labels, asked_of, (wanted, method, settings))
    elif of_language:
        opened = language.open_model(model, device, precision, of_language)
    else:
        opened = options.open_model(model, device, precision)
    chosen = language.target(of_language, _target(opened, kind, label, against))
    try:
        if generate is None:
            found = _explain(opened, wanted, method, chosen, settings)
        else:
            found = language.generated(opened, wanted, method, generate, kind, settings)
    except UnfinishedError as error:
        _show(error.explanations, html, as_json)
        raise
    _warn_of_limits(found)
    _show(found, html, as_json)


def _check_source(data: str | None, texts: list[str] | None, options_of_data: bool) -> None:
    if (data is None) == (not texts):
        raise InputError("explain: give either texts or --data, one of the two")
    if data is None and options_of_data:
        raise InputError("--data-path, --labels and --split go with --data, not with texts")


def _wanted(texts: list[str] | None, spec: "DataSpec | None", split: str | None) -> list[str]:
    """The texts given, or those of the split; none of them empty."""
    wanted = texts or [] if spec is None else options.documents(spec, split or "test").texts
    for number, text in enumerate(wanted):
        if not text.strip():
            raise InputError(f"explain: text {number} is empty; give a text with words in it")
    return wanted


def _explain(
    model: "TextModel", texts: list[str], method: str, target: "Target", params: dict[str, Any]
) -> "Explanations":
    from astrid.explain import run
    from astrid.progress import bar, no_bar

    shown = bar if len(texts) > 1 else no_bar
    with shown(f"explaining ({method})", len(texts)) as advance:
        return run.explain(model, texts, method, target=target, params=params, advance=advance)


def _show(found: "Sequence[Explanation]", html: Path | None, as_json: bool) -> None:
    if as_json:
        for explanation in found:
            options.print_json(explanation.to_dict())
    else:
        _print(found)
    if html is not None:
        # Last: what was explained is shown even where the page can't be written.
        _write_page(html, list(found))


def _target(model: "TextModel", kind: str, label: str | None, against: str | None) -> "Target":
    from astrid.explain.targets import Target

    return Target(kind, _index(model, label), _index(model, against))  # type: ignore[arg-type]


def _index(model: "TextModel", label: str | None) -> int | None:
    from astrid.spec import nearest

    if label is None:
        return None
    if label in model.labels:
        return model.labels.index(label)
    if label in map(str, range(len(model.labels))):
        return int(label)
    raise InputError(f'{model.name} has no class "{label}"; {nearest(label, model.labels)}')


def _warn_of_limits(found: "Sequence[Explanation]") -> None:
    short = [item.completeness_gap or 0.0 for item in found if item.converged is False]
    if short:
        options.say(
            f"warning: {len(short)} of {len(found)} texts reached the limit of steps before the "
            f"tolerance (largest gap {max(short):.2g}); raise -p limit=… or the tolerance"
        )


def _write_page(path: Path, found: "list[Explanation]") -> None:
    from astrid.files import write_atomic
    from astrid.report.words import words_page

    write_atomic(path, words_page(found))
    options.say(f"written: {path}")


def _print(found: "Sequence[Explanation]") -> None:
    from rich.console import Console

    from astrid.report.coloured import coloured_text

    console = Console(stderr=True)
    for explanation in found:
        console.print(coloured_text(explanation))
