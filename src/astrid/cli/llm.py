"""`astrid llm`: a language model as a classifier, before and after LoRA, explained."""

import re
from pathlib import Path
from typing import Annotated

import typer

from astrid.cli import options
from astrid.cli.explain_run import Shown, Wanted
from astrid.errors import InputError

RUN = """Compare a language model as a classifier before and after LoRA fine-tuning, explained.

The model answers with one label's first token. Data are a file, a folder with a file for each
split, a source by name (astrid data list), or a data set of the hub. --model-name embedded makes a
small model on the spot; with --dataset-name tweets_generated nothing is downloaded at all.

-p sets the rest, such as few_shot, calibrate, template.instruction, lora.rank and lora.epochs:
docs/llm.md lists all.

Files in --output-dir: zero_shot_metrics.json, fine_tuned_metrics.json, metrics_comparison.png,
zero_shot_shap.json, fine_tuned_shap.json, zero_shot_shap_summary.png, fine_tuned_shap_summary.png,
interpretability_metrics.json, question.json, lora_adapter/, project_badge.json and
quantum_identity_badge.svg.

Examples:

  astrid llm run --model-name embedded --dataset-name tweets_generated --finetune

  astrid llm run --model-name models/llama --dataset-name tweets.csv --label-field sentiment
  --finetune --output-dir runs/llm
"""

PREDICT = """Labels of texts by the model of a run, with their probabilities.

Example:

  astrid llm predict runs/llm "What a day!" --zero-shot --json
"""

EXPLAIN = """Which words speak for a label, by the model of a run; the prompt is never perturbed.

Example:

  astrid llm explain runs/llm "What a day!" --class positive
"""

Run = Annotated[Path, typer.Argument(help="The --output-dir of astrid llm run.")]
ZeroShot = Annotated[bool, typer.Option("--zero-shot", help="Leave the adapter out.")]
Token = Annotated[
    str | None,
    typer.Option(
        "--huggingface-token", help="For gated models and data; else HF_TOKEN or HUGGINGFACE_TOKEN."
    ),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Language models as classifiers: zero-shot against LoRA.")
    group.command("run", help=RUN, short_help="Zero-shot, LoRA, and explanations of both.")(run)
    group.command("predict", help=PREDICT, short_help="Labels of texts.")(predict)
    group.command("explain", help=EXPLAIN, short_help="Words that speak for a label.")(explain)
    app.add_typer(group, name="llm")


def run(
    model_name: Annotated[
        str | None,
        typer.Option("--model-name", help="A hub id, a folder, or embedded; else Llama-3.2-1B."),
    ] = None,
    dataset_name: Annotated[
        str | None,
        typer.Option(
            "--dataset-name", help="A hub id, file, folder or source; else tweets' moods."
        ),
    ] = None,
    train_split: Annotated[
        str, typer.Option("--train-split", help="Of a folder or hub's data, to learn from.")
    ] = "train",
    eval_split: Annotated[
        str, typer.Option("--eval-split", help="Of a folder or hub's data, to judge on.")
    ] = "test",
    text_field: Annotated[str, typer.Option("--text-field", help="Column of the texts.")] = "text",
    label_field: Annotated[
        str, typer.Option("--label-field", help="Column of the labels, best one of names.")
    ] = "label",
    label_space: Annotated[
        str | None, typer.Option("--label-space", help="Labels to keep, separated by commas.")
    ] = None,
    train_subset: Annotated[
        str, typer.Option("--train-subset", help="Texts to learn from, at most; None for all.")
    ] = "2000",
    eval_subset: Annotated[
        str, typer.Option("--eval-subset", help="Texts to judge on, at most; None for all.")
    ] = "1000",
    finetune: Annotated[
        bool, typer.Option("--finetune", help="Train a LoRA adapter and judge it too.")
    ] = False,
    run_shap: Annotated[
        bool, typer.Option("--run-shap/--no-run-shap", help="Explain answers by Owen values.")
    ] = True,
    shap_examples: Annotated[
        int, typer.Option("--shap-examples", help="Texts to explain.", min=1)
    ] = 10,
    load_in_4bit: Annotated[
        bool,
        typer.Option("--load-in-4bit/--no-load-in-4bit", help="Weights in 4 bits; needs CUDA."),
    ] = False,
    huggingface_token: Token = None,
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder of all files.")] = Path(
        "runs/llm"
    ),
    badge_dir: Annotated[
        Path | None,
        typer.Option("--project-badge-dir", help="Folder of the badge; else --output-dir."),
    ] = None,
    no_badge: Annotated[bool, typer.Option("--no-project-badge", help="Write no badge.")] = False,
    params: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="Any other setting, such as lora.epochs=2; repeatable."),
    ] = None,
    device: options.Device = "auto",
    as_json: options.Json = False,
) -> None:
    from astrid.cli import llm_shown
    from astrid.files import require_writable
    from astrid.llm.badge import RECORD, write_badge
    from astrid.llm.inline import shown_inline
    from astrid.llm.run import run_llm
    from astrid.llm.spec import LlmSpec
    from astrid.spec import checked

    given: dict[str, object] = {
        "train_split": train_split,
        "eval_split": eval_split,
        "text_field": text_field,
        "label_field": label_field,
        "label_space": _listed(label_space),
        "train_subset": _count(train_subset, "--train-subset", 2),
        "eval_subset": _count(eval_subset, "--eval-subset", 1),
        "finetune": finetune,
        "run_shap": run_shap,
        "shap_examples": shap_examples,
        "load_in_4bit": load_in_4bit,
        "device": device,
    }
    given |= {"model_name": model_name} if model_name is not None else {}
    given |= {"dataset_name": dataset_name} if dataset_name is not None else {}
    try:
        spec = checked(LlmSpec, _nested(given, options.settings(params)), "llm")
    except InputError as error:
        # The flags were checked one by one: a setting that is wrong came by --param.
        raise InputError(re.sub(r"^llm\.", "--param ", str(error))) from None
    if not no_badge:
        require_writable((badge_dir or output_dir) / RECORD)
    try:
        result = run_llm(spec, output_dir, options.say, huggingface_token)
    except InputError as error:
        if model_name is not None or "hub" not in str(error).lower():
            raise
        texts = "" if "tweets_generated" in str(error) else " (and --dataset-name tweets_generated)"
        raise InputError(
            f"{error}; without a network, --model-name embedded makes a small model here{texts}"
        ) from None
    if not no_badge:
        write_badge(badge_dir or output_dir)
    llm_shown.show(result)
    picture = (output_dir / "metrics_comparison.png").absolute()
    if not shown_inline(picture):
        options.say(f"written: {picture}")
    if as_json:
        options.print_json(llm_shown.plain(result))


def predict(
    folder: Run,
    texts: Annotated[list[str], typer.Argument(help="Texts.")],
    zero_shot: ZeroShot = False,
    huggingface_token: Token = None,
    device: options.Device = "auto",
    as_json: options.Json = False,
) -> None:
    from astrid.llm.question import open_run
    from astrid.models.causal.scoring import label_probabilities

    model = open_run(folder, zero_shot, device, huggingface_token)
    found = [
        dict(zip(model.labels, map(float, row), strict=True))
        for row in label_probabilities(model, texts)
    ]
    answers = [max(row, key=row.__getitem__) for row in found]
    if as_json:
        for label, row in zip(answers, found, strict=True):
            options.print_json({"label": label, "probabilities": row})
        return
    options.table(
        [
            {"answer": label, **{name: f"{share:.3f}" for name, share in row.items()}}
            for label, row in zip(answers, found, strict=True)
        ]
    )


def explain(
    folder: Run,
    texts: Annotated[list[str], typer.Argument(help="Texts.")],
    zero_shot: ZeroShot = False,
    label: Annotated[
        str | None, typer.Option("--class", help="Label to explain; default: the one predicted.")
    ] = None,
    method: options.Method = "shap",
    params: options.Params = None,
    target: options.TargetKind = "probability",
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with coloured words.")
    ] = None,
    huggingface_token: Token = None,
    device: options.Device = "auto",
    as_json: options.Json = False,
) -> None:
    from astrid.explain import run as engine
    from astrid.llm.question import open_run

    shown = Shown(html, as_json)
    shown.check()
    model = open_run(folder, zero_shot, device, huggingface_token)
    wanted = Wanted(method, options.settings(params), target, label, None)
    shown.show(
        engine.explain(model, texts, method, target=wanted.target(model), params=wanted.settings)
    )


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _count(text: str, option: str, least: int) -> int | None:
    if text.strip().lower() in ("none", "all"):
        return None
    try:
        count = int(text)
    except ValueError:
        raise InputError(f'{option} "{text}": give a number, or None for all') from None
    if count < least:
        raise InputError(f"{option} {count}: give {least} or more, or None for all")
    return count


def _nested(given: dict[str, object], more: dict[str, object]) -> dict[str, object]:
    """`lora.epochs` of the further settings as a setting within `lora`."""
    found = dict(given)
    for name, value in more.items():
        group, _, inner = name.partition(".")
        if not inner:
            found[group] = value
            continue
        part = found.setdefault(group, {})
        if not isinstance(part, dict):
            raise InputError(f"--param {name}: {group} has no settings of its own")
        part[inner] = value
    return found
