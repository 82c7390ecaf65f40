"""Which modules have a rule, and which need none.

A class is known by its exact type: a subclass may compute something else.
"""

from collections.abc import Callable
from typing import Any

from torch import nn
from transformers import activations
from transformers.pytorch_utils import Conv1D

from astrid.models.lrp import rules

LINEAR = frozenset(
    {nn.Linear, Conv1D, nn.Embedding, nn.Dropout, nn.Identity, nn.ModuleList, nn.Sequential}
)
"""Linear maps, sums and containers: their gradient is the rule."""

_ACTIVATIONS = (
    nn.GELU,
    nn.ReLU,
    nn.SiLU,
    nn.Tanh,
    activations.AccurateGELUActivation,
    activations.FastGELUActivation,
    activations.GELUActivation,
    activations.GELUTanh,
    activations.NewGELUActivation,
    activations.QuickGELUActivation,
    activations.SiLUActivation,
)

Rule = Callable[[Any], nn.Module]

RULES: dict[type, Rule] = {
    nn.LayerNorm: rules.LayerNorm,
    **dict.fromkeys(_ACTIVATIONS, rules.Activation),
}
"""What takes the place of a module."""

FAMILY_RULES: dict[str, Rule] = {
    "transformers.models.llama.modeling_llama.LlamaRMSNorm": rules.RmsNorm,
    "transformers.models.llama.modeling_llama.LlamaMLP": rules.GatedProduct,
    "transformers.models.roberta.modeling_roberta.RobertaClassificationHead": rules.TanhHead,
    "astrid.models.heads.attention.Head": rules.WeightedSum,
}
"""As `RULES`, for classes that are imported only where they are used."""

_BERT = (
    "ForSequenceClassification Model Embeddings Encoder Layer Attention SelfAttention SelfOutput "
    "Intermediate Output Pooler"
)

_FAMILIES = {
    "bert": [f"Bert{part}" for part in _BERT.split()],
    "roberta": [f"Roberta{part}" for part in [*_BERT.split(), "ClassificationHead"]],
    "distilbert": [
        # The ReLU inside needs no rule: its gradient is its ratio.
        "DistilBertForSequenceClassification",
        "DistilBertModel",
        "Embeddings",
        "Transformer",
        "TransformerBlock",
        "DistilBertSelfAttention",
        "FFN",
    ],
    "gpt2": ["GPT2ForSequenceClassification", "GPT2Model", "GPT2Block", "GPT2Attention", "GPT2MLP"],
    "llama": [
        "LlamaForSequenceClassification",
        "LlamaModel",
        "LlamaDecoderLayer",
        "LlamaAttention",
        "LlamaMLP",
        "LlamaRMSNorm",
        "LlamaRotaryEmbedding",
    ],
}

_OWN = frozenset(
    {
        "astrid.models.classifier.AstridClassifier",
        "astrid.models.task_heads.TaskHeads",
        *(
            f"astrid.models.heads.{head}.Head"
            for head in ("linear", "mlp", "attention", "dual", "ensemble")
        ),
    }
)


def rule_of(part: nn.Module) -> Rule | None:
    """What must take the module's place; None where its own gradient is the rule."""
    return RULES.get(type(part)) or FAMILY_RULES.get(_name(part))


def covered(module: Any) -> bool:
    """Whether every part of a classifier is known, and computes what its class says."""
    kind = module.base_model.config.model_type
    if kind not in _FAMILIES:
        return False
    place = f"transformers.models.{kind}.modeling_{kind}"
    known = _OWN | {f"{place}.{name}" for name in _FAMILIES[kind]}
    return all(_is_covered(part, known) for part in module.modules())


def _is_covered(part: Any, known: frozenset[str]) -> bool:
    if _is_changed(part) or getattr(part, "inplace", False):
        return False
    if isinstance(part, nn.LayerNorm) and len(part.normalized_shape) != 1:
        return False
    # An activation may be given as a plain function, which no rule can reach.
    activation = getattr(part, "intermediate_act_fn", None)
    if activation is not None and not isinstance(activation, nn.Module):
        return False
    return type(part) in LINEAR or type(part) in RULES or _name(part) in known


def _is_changed(part: nn.Module) -> bool:
    """Whether somebody hooked into the module or gave it another forward."""
    hooks = (
        part._forward_hooks,
        part._forward_pre_hooks,
        part._backward_hooks,
        part._backward_pre_hooks,
    )
    return any(hooks) or "forward" in vars(part)


def _name(part: nn.Module) -> str:
    return f"{type(part).__module__}.{type(part).__qualname__}"
