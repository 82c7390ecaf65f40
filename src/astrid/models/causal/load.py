"""Opening a causal language model for explanations."""

from pathlib import Path
from typing import Any

import torch

from astrid.models.causal.candidates import Labels
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from astrid.models.load import Precision, device_named, dtype_named
from astrid.models.loading import LoadedModel, load_causal


def load_language_model(
    source: str | Path | tuple[Any, Any],
    *,
    prompt: Prompt | str | None = None,
    labels: Labels | None = None,
    constrained: bool = False,
    name: str | None = None,
    device: str = "cpu",
    precision: Precision = "float32",
    reuse_prefix: bool = True,
    token: str | None = None,
) -> CausalModel:
    """A causal language model from a folder, from the Hugging Face hub, or from memory.

    Args:
        source: a model folder, an adapter folder of the peft package, a hub id, or a pair of a
            transformers `…ForCausalLM` (with or without an adapter) and its tokenizer; that model
            itself is not changed.
        prompt: what stands around every text, as a pattern such as `"Review: {text} Sentiment:"`;
            it is never perturbed.
        labels: texts that may come next, by name (`{"positive": " positive"}`) or alone
            (`[" dog", " cat"]`): the answer is the probability of each one's first token. Without
            labels it is that of the token that the model itself prefers.
        constrained: whether the labels share all probability, as the classes of a classifier do;
            otherwise a last column holds that of every other token.
        name: for tables and messages; by default the folder's or the hub's name.
        device: where to run, for example `cpu` or `cuda`.
        precision: of the weights, whatever the checkpoint has; a model from memory keeps its own.
        reuse_prefix: whether the prompt's beginning is run once for all rows of a text.
        token: for gated models of the hub; by default that of `HF_TOKEN` or `HUGGINGFACE_TOKEN`.

    Raises:
        InputError: nothing there, damaged files, no causal language model, a prompt without the
            text's place or longer than the context, labels that are empty or begin alike, or a
            gated model that the token doesn't open.
    """
    place, dtype = device_named(device), dtype_named(precision)
    around = Prompt.of(prompt) if isinstance(prompt, str) else prompt
    loaded = opened(source, dtype, token)
    return CausalModel(
        loaded.model,
        loaded.tokenizer,
        name or name_of(source),
        place,
        prompt=around,
        labels=labels,
        constrained=constrained,
        reuse_prefix=reuse_prefix,
        warnings=loaded.warnings,
    )


def opened(
    source: str | Path | tuple[Any, Any], dtype: torch.dtype, token: str | None = None
) -> LoadedModel:
    """The model and tokenizer of a folder, of the hub or of a pair from memory."""
    if isinstance(source, tuple):
        model, tokenizer = source
        return LoadedModel(model, tokenizer, ())
    return load_causal(source, dtype, token)


def name_of(source: str | Path | tuple[Any, Any]) -> str:
    """What a model is called in tables where nothing else is said."""
    return "model" if isinstance(source, tuple) else Path(source).name or str(source)
