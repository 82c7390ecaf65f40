"""What an architecture can be asked for, found by asking it once.

Architectures differ in ways that no table keeps up with: some can't be given embeddings, some
answer otherwise then, some mix padding into their answers, some keep attention weights of another
shape. So every model is tried once on a few tokens when it is opened.
"""

from dataclasses import dataclass
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models import attention
from astrid.models.calls import Calls
from astrid.models.protocol import Answers, Batch
from astrid.models.quantised import has_gradients

FAILURES = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError)
"""What architectures raise on inputs that they don't take; NotImplementedError is among them."""


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

    def answers(self, module: Any) -> frozenset[Answers]:
        """What `module`, of which this was seen, can be asked for."""
        able: set[Answers] = {"values"}
        if self.embeds and has_gradients(module):
            able.add("gradients")
        if self.attentions:
            able.add("attentions")
        return frozenset(able)


class Trial:
    """A few questions to a model, each compared with its first answer.

    Args:
        module: a classifier in evaluation mode, as its own code runs it.
        calls: how it is called.
        ids: `[1, T]` tokens of its vocabulary, with those that its tokenizer adds.
    """

    def __init__(self, module: Any, calls: Calls, ids: torch.Tensor) -> None:
        self._module, self._calls, self._ids = module, calls, ids
        self._expected = torch.zeros(0)

    def check(self, labels: int | None, name: str, kind: str = "text classifier") -> None:
        """Take the model's own answer, before anything of it is changed.

        Without `labels` it may give any number of numbers a text.

        Raises:
            InputError: it can't be run, or gives something else than a number a label.
        """
        try:
            logits: torch.Tensor = self._ask(self._plain()).logits
        except FAILURES as error:
            reason = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
            raise InputError(f"{name}: can't be run as a {kind} ({reason})") from None
        if logits.ndim != 2:
            raise InputError(f"{name}: not a {kind}; it doesn't give one answer a text")
        if labels is not None and logits.shape[1] != labels:
            raise InputError(
                f"{name}: its classifier gives {logits.shape[1]} numbers, its config names "
                f"{labels} labels (id2label); make them agree"
            )
        self._expected = logits

    def use_attention(self) -> None:
        """Let the model call Astrid's attention function, if its answer stays what it was."""
        stock = self._module.config._attn_implementation
        if stock == attention.NAME:
            return
        if stock in ("sdpa", "eager") and self._module._can_set_attn_implementation():
            self._module.set_attn_implementation(attention.NAME)
            if self._same(self._plain()):
                return
        self._module.set_attn_implementation("eager")

    def abilities(self, decoder: bool) -> Abilities:
        """What the model can do.

        Decoders read the last token, and can't tell padding in embeddings from a text's end.
        """
        several = self._module.config.is_encoder_decoder
        embeds = not several and self._same(self._plain(True))
        pads = not decoder and self._same(self._plain(embeds, self._ids.shape[1] + 3))
        return Abilities(embeds, pads, not several and self._gives_weights(self._plain(embeds)))

    def _plain(self, embeds: bool = False, padding: int = 0) -> Batch:
        """The tokens as a batch, by ids or by embeddings, with padding on the right."""
        pad = getattr(self._module.config, "pad_token_id", None) or 0
        mask = torch.nn.functional.pad(torch.ones_like(self._ids), (0, padding))
        ids = torch.nn.functional.pad(self._ids, (0, padding), value=max(pad, 0))
        kinds = torch.zeros_like(ids)
        if not embeds:
            return Batch(mask=mask, type_ids=kinds, ids=ids)
        with torch.inference_mode():
            found = self._module.get_input_embeddings()(ids)
        return Batch(mask=mask, type_ids=kinds, embeds=found)

    def _ask(self, batch: Batch, weights: bool = False) -> Any:
        with torch.inference_mode():
            return self._calls.run(self._module, batch, weights)

    def _same(self, batch: Batch) -> bool:
        """Whether the answer is the first one, up to the weights' precision."""
        try:
            found = self._ask(batch).logits
        except FAILURES:
            return False
        if found.shape != self._expected.shape:
            return False
        allowed = min(100 * torch.finfo(found.dtype).eps, 0.1)
        allowed *= max(1.0, float(self._expected.abs().max()))
        # Written so that weights that are not numbers pass: they are reported with the text.
        return not bool(((found - self._expected).abs() > allowed).any())

    def _gives_weights(self, batch: Batch) -> bool:
        tokens = self._ids.shape[1]
        try:
            with attention.recording() as recorded:
                output = self._ask(batch, weights=True)
        except FAILURES:
            return False
        layers = recorded or list(output.get("attentions") or ())
        return bool(layers) and all(
            layer is not None and layer.ndim == 4 and layer.shape[2:] == (tokens, tokens)
            for layer in layers
        )
