"""`astrid explain`: which words a model's answer rests on."""

from pathlib import Path
from typing import Annotated

import typer

from astrid.cli import explain_out, language, options, remote
from astrid.cli.explain_run import (
    Opening,
    Shown,
    Source,
    Wanted,
    check_source,
    of_address,
    of_classifier,
    of_corpus,
    of_language_model,
)
from astrid.errors import InputError

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
    task: options.Task = None,
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
    asked_of = remote.Remote(api, token_env, rate_limit, budget, timeout, price)
    asked = language.Asked(
        next_token, token, distractor, prompt, classes, generate, target, label, against
    )
    place = explain_out.place(out, shard_size, engine, address)
    opening = Opening(model, device, precision, labels)
    shown = Shown(html, as_json)
    shown.check()
    how_of_data = (data_path, split) if opening.away else (data_path, labels, split)
    check_source(data, texts, any(option is not None for option in how_of_data))
    if against is not None and target != "logit_difference":
        raise InputError("--against: only --target logit_difference compares with another class")
    if opening.away and asked:
        raise InputError("an http address answers with classes; it can't be asked for tokens")
    if not opening.away:
        asked_of.refuse()
    spec = None
    if data is not None:
        kept = None if opening.away else labels
        spec = options.data_spec(data, text_field, label_field, None, data_path, kept)
    source = Source(texts or [], spec, split, limit)
    wanted = Wanted(method, options.settings(params), target or "probability", label, against, task)
    if place is not None:
        if spec is None or html is not None or opening.away or asked:
            raise InputError(
                "--out goes with --data and a classifier from a folder or the hub, without --html"
            )
        of_corpus(place, opening, source, wanted, shown)
    elif opening.away:
        of_address(opening, asked_of, source, wanted, shown)
    elif asked:
        of_language_model(opening, asked, source, wanted, shown)
    else:
        of_classifier(opening, source, wanted, shown)
