"""What an architecture can be asked for, found by asking it once.

Architectures differ in ways that no table keeps up with: some can't be given embeddings, some
answer otherwise then, some mix padding into their answers, some keep attention weights of another
shape. So every model is tried once on a few tokens when it is opened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models import attention

FAILURES = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError)
"""What architectures raise on inputs that they don't take; NotImplementedError is among them."""

Forward = Callable[..., Any]
"""`(ids [B, T] or None, embeds [B, T, D] or None, mask [B, T], weights: bool) -> output`."""


@dataclass(frozen=True)
class Abilities:
    """What a model was seen to do.

    Attributes:
        embeds: embeddings give what ids give.
        pads: padding on the right changes no answer.
        attentions: each layer gives its weights `[B, H, T, T]`.
    """

    embeds: bool
    pads: bool
    attentions: bool


def plain_logits(run: Forward, ids: torch.Tensor, labels: int, name: str) -> torch.Tensor:
    """The model's own answer `[1, K]` to `ids` `[1, T]`, before anything of it is changed.

    Raises:
        InputError: it can't be run, or gives something else than one row of K numbers a text.
    """
    try:
        with torch.inference_mode():
            logits: torch.Tensor = run(ids, None, torch.ones_like(ids), False).logits
    except FAILURES as error:
        reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise InputError(f"{name}: can't be run as a text classifier ({reason})") from None
    if logits.ndim != 2:
        raise InputError(f"{name}: not a text classifier; it doesn't give one answer a text")
    if logits.shape[1] != labels:
        raise InputError(
            f"{name}: its classifier gives {logits.shape[1]} numbers, its config names {labels} "
            "labels (id2label); make them agree"
        )
    return logits


def use_attention(module: Any, run: Forward, ids: torch.Tensor, expected: torch.Tensor) -> None:
    """Let `module` call Astrid's attention function, if its answer stays what it was."""
    stock = module.config._attn_implementation
    if stock == attention.NAME:
        return
    if stock in ("sdpa", "eager") and module._can_set_attn_implementation():
        module.set_attn_implementation(attention.NAME)
        if _same(run, expected, ids, None, torch.ones_like(ids)):
            return
    module.set_attn_implementation("eager")


def abilities(
    module: Any, run: Forward, ids: torch.Tensor, expected: torch.Tensor, decoder: bool
) -> Abilities:
    """What `module` can do, given its answer `expected` `[1, K]` to `ids` `[1, T]`.

    Decoders read the last token, and can't tell padding in embeddings from a text's end.
    """
    mask = torch.ones_like(ids)
    several = module.config.is_encoder_decoder
    embeds: torch.Tensor | None = None
    if not several:
        with torch.inference_mode():
            embeds = module.get_input_embeddings()(ids)
        if not _same(run, expected, ids, embeds, mask):
            embeds = None
    more = torch.nn.functional.pad(mask, (0, ids.shape[1] + 3))
    wide_ids = torch.nn.functional.pad(ids, (0, ids.shape[1] + 3), value=_filler(module))
    wide = None if embeds is None else module.get_input_embeddings()(wide_ids).detach()
    pads = not decoder and _same(run, expected, wide_ids, wide, more)
    return Abilities(embeds is not None, pads, not several and _gives_weights(run, ids, embeds))


def _filler(module: Any) -> int:
    pad = getattr(module.config, "pad_token_id", None)
    return 0 if pad is None or pad < 0 else int(pad)


def _same(
    run: Forward,
    expected: torch.Tensor,
    ids: torch.Tensor,
    embeds: torch.Tensor | None,
    mask: torch.Tensor,
) -> bool:
    """Whether the answer is `expected`, up to the weights' precision."""
    try:
        with torch.inference_mode():
            found = run(ids if embeds is None else None, embeds, mask, False).logits
    except FAILURES:
        return False
    if found.shape != expected.shape:
        return False
    eps = min(100 * torch.finfo(expected.dtype).eps, 0.1)
    allowed = eps * expected.abs().max().clamp(min=1)
    # Written so that weights that are not numbers pass: they are reported with the text.
    return not bool(((found - expected).abs() > allowed).any())


def _gives_weights(run: Forward, ids: torch.Tensor, embeds: torch.Tensor | None) -> bool:
    tokens = ids.shape[1]
    try:
        with torch.inference_mode(), attention.recording() as recorded:
            output = run(ids if embeds is None else None, embeds, torch.ones_like(ids), True)
    except FAILURES:
        return False
    layers = recorded or [layer for layer in output.get("attentions") or ()]
    return bool(layers) and all(
        layer is not None and layer.ndim == 4 and layer.shape[2:] == (tokens, tokens)
        for layer in layers
    )
