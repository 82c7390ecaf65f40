"""A language model that is asked for labels: the zero-shot or few-shot classifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astrid.models.causal.calibration import calibrated
from astrid.models.causal.load import name_of, opened
from astrid.models.causal.model import CausalModel
from astrid.models.causal.templates import Example, Template, ask_for
from astrid.models.causal.verbaliser import Verbaliser
from astrid.models.load import Precision, device_named, dtype_named


def language_classifier(
    source: str | Path | tuple[Any, Any],
    labels: Sequence[str],
    *,
    template: Template | None = None,
    examples: Sequence[Example] = (),
    calibrate: bool = False,
    name: str | None = None,
    device: str = "cpu",
    precision: Precision = "float32",
    reuse_prefix: bool = True,
    token: str | None = None,
) -> CausalModel:
    """A causal language model as a classifier, whose answer is one label's first token.

    Its K labels share all probability, as the classes of any classifier do:
    `label_probabilities` and `astrid.explain` take it as it is. Over the same model before and
    after training, the question and the words of the answer are the same.

    Args:
        source: as `load_language_model`: a folder, an adapter folder, a hub id, or a pair of model
            and tokenizer.
        labels: names of the K classes, two or more, in the order of the columns.
        template: the wording; by default `Template()`.
        examples: texts with labels that are shown before each text.
        calibrate: whether what the prompt says without a text is taken out (see `calibrated`).
        name: for tables and messages; by default the folder's or the hub's name.
        device: where to run, for example `cpu` or `cuda`.
        precision: of the weights; a model from memory keeps its own.
        reuse_prefix: whether the prompt's beginning is run once for all rows.
        token: for gated models of the hub; by default that of `HF_TOKEN` or `HUGGINGFACE_TOKEN`.

    Raises:
        InputError: as `load_language_model` and `ask_for`.
    """
    place = device_named(device)
    loaded = opened(source, dtype_named(precision), token)
    asked = ask_for(labels, loaded.tokenizer, template, examples)
    short = name or name_of(source)
    model = CausalModel(
        loaded.model,
        loaded.tokenizer,
        short,
        place,
        prompt=asked.prompt,
        labels=asked.verbaliser.texts,
        constrained=True,
        reuse_prefix=reuse_prefix,
        warnings=(*loaded.warnings, *doubts(short, asked.verbaliser)),
    )
    return calibrated(model) if calibrate else model


def doubts(name: str, verbaliser: Verbaliser) -> tuple[str, ...]:
    """What makes a model's answers without training doubtful: words of unlike spelling."""
    if verbaliser.alike:
        return ()
    shown = ", ".join(f'"{word}"' for word in verbaliser.words)
    return (
        f"{name}: its vocabulary tells the labels apart only as {shown}, which differ in more than "
        "their meaning; calibrate before you trust its answers without training",
    )
