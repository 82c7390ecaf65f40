"""What a preset is: a name, an architecture, and where its trained weights can be had."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from astrid.spec import Spec

Family = Literal["bert", "distilbert"]
"""Which of transformers' architectures; DistilBERT's has no segment embeddings."""


class Architecture(Spec):
    """Sizes of an encoder.

    Attributes:
        family: the kind of transformer.
        layers: number of layers.
        hidden_size: D.
        attention_heads: divides `hidden_size`.
        intermediate_size: width of the feed-forward layers.
        vocab_size: most entries that the vocabulary may have.
        max_positions: longest text, in tokens.
        dropout: share of activations and attention weights dropped in training.
    """

    family: Family = "bert"
    layers: int = Field(ge=1)
    hidden_size: int = Field(ge=1)
    attention_heads: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    vocab_size: int = Field(default=30522, ge=8)
    max_positions: int = Field(default=512, ge=8)
    dropout: float = Field(default=0.1, ge=0, lt=1)


@dataclass(frozen=True)
class Preset:
    """A rung of the ladder.

    Attributes:
        name: as users write it, with hyphens.
        hub_id: of trained weights; None where there are none to load.
        architecture: what `init=scratch` builds, and how many layers `init=teacher` copies.
        description: one line.
    """

    name: str
    hub_id: str | None
    architecture: Architecture
    description: str
