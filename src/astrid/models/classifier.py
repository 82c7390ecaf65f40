"""The classifier: any transformers encoder, and one of the heads."""

import inspect
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification
from transformers.modeling_utils import PreTrainedModel
from transformers.utils.generic import ModelOutput

from astrid.models.attention_heads import keep_heads
from astrid.models.configuration import AstridConfig
from astrid.models.heads import HeadSpec, build_columns
from astrid.models.int8_layers import make_stored
from astrid.models.outputs import log_losses, several
from astrid.models.task_heads import TaskHeads, heads_of


@dataclass
class ClassifierOutput(ModelOutput):
    """What the classifier answers for B texts of T tokens, K classes.

    Attributes:
        loss: mean cross-entropy, where labels were given; of several tasks, the mean over them.
        logits: `[B, K]`; the columns of several tasks stand side by side.
        hidden_states: `[B, T, D]` for the embeddings and each layer, on request.
        attentions: `[B, H, T, T]` for each layer, on request.
        token_weights: `[B, T]` of the attention head; `[B, tasks, T]` of several.
        disagreement: `[B]` of the ensemble head, outside training; `[B, tasks]` of several.
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None
    token_weights: torch.Tensor | None = None
    disagreement: torch.Tensor | None = None


class AstridClassifier(PreTrainedModel):
    """An encoder and a head, as a Hugging Face model."""

    config_class = AstridConfig
    base_model_prefix = "encoder"
    main_input_name = "input_ids"
    # The encoder decides what it supports when the setting reaches it.
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True

    def __init__(self, config: AstridConfig) -> None:
        super().__init__(config)
        encoder_config = AutoConfig.for_model(**config.encoder_config)
        self.encoder = AutoModel.from_config(
            encoder_config, attn_implementation=config._attn_implementation
        )
        drop_pooler(self.encoder)
        if config.heads_left is not None:
            keep_heads(self.encoder, config.heads_left)
        self._accepted = frozenset(inspect.signature(self.encoder.forward).parameters)
        self.head = _head(config, encoder_config.hidden_size)
        if config.int8 is not None:
            make_stored(self, config.int8, config.int8_by_row)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        embeddings: nn.Module = self.encoder.get_input_embeddings()
        return embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.encoder.set_input_embeddings(value)

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        return_dict: bool = True,
    ) -> ClassifierOutput | tuple[torch.Tensor, ...]:
        """Logits, and whatever else was asked for.

        Exactly one of `input_ids` `[B, T]` and `inputs_embeds` `[B, T, D]` is given. Inputs that
        the encoder doesn't know (segments for DistilBERT, say) are ignored. `labels` are `[B]`
        class indices, or `[B, tasks]` of several tasks, −1 where a text has none.
        """
        mask_BT = attention_mask
        if mask_BT is None:
            given = input_ids if input_ids is not None else inputs_embeds
            assert given is not None, "neither input_ids nor inputs_embeds"
            mask_BT = torch.ones(given.shape[:2], dtype=torch.long, device=given.device)
        inputs = {
            "input_ids": input_ids,
            "token_type_ids": token_type_ids,
            "position_ids": position_ids,
            "inputs_embeds": inputs_embeds,
        }
        encoded = self.encoder(
            attention_mask=mask_BT,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
            **self._known(inputs),
        )
        output = self._classify(encoded.last_hidden_state, mask_BT, labels)
        output.hidden_states = encoded.get("hidden_states") or None
        output.attentions = encoded.get("attentions") or None
        return output if return_dict else output.to_tuple()

    def _known(self, inputs: dict[str, torch.Tensor | None]) -> dict[str, Any]:
        return {
            name: value
            for name, value in inputs.items()
            if value is not None and name in self._accepted
        }

    def _classify(
        self, sequence_BTD: torch.Tensor, mask_BT: torch.Tensor, labels: torch.Tensor | None
    ) -> ClassifierOutput:
        logits_BK = self.head(sequence_BTD, mask_BT)
        weights = getattr(self.head, "token_weights", None)
        disagreement = None if self.training else getattr(self.head, "disagreement", None)
        return ClassifierOutput(
            loss=None if labels is None else self._loss(logits_BK, labels),
            logits=logits_BK,
            token_weights=weights(sequence_BTD, mask_BT) if weights else None,
            disagreement=disagreement(sequence_BTD, mask_BT) if disagreement else None,
        )

    def _loss(self, logits_BK: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if self.config.tasks is None:
            return nn.functional.cross_entropy(logits_BK, labels)
        losses = []
        for task, labels_B in zip(several(self.config.tasks), labels.unbind(1), strict=True):
            known = labels_B >= 0
            of_task = log_losses(logits_BK[known], task, labels_B[known])
            losses.append(of_task.sum() / known.sum().clamp(min=1))
        return torch.stack(losses).mean()


def _head(config: AstridConfig, hidden_size: int) -> nn.Module:
    if config.tasks is not None:
        return TaskHeads(heads_of(config.tasks), hidden_size)
    head = HeadSpec(name=config.head, params=config.head_params)
    return build_columns(head, hidden_size, config.num_labels)


def drop_pooler(encoder: nn.Module) -> None:
    """Take out BERT's pooler, which no head uses: it would count as untrained parameters."""
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # type: ignore[assignment]


def head_parameters(model: AstridClassifier) -> int:
    """Number of the head's parameters."""
    return sum(parameter.numel() for parameter in model.head.parameters())


AutoModelForSequenceClassification.register(AstridConfig, AstridClassifier, exist_ok=True)
