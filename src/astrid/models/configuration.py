"""What `config.json` of an Astrid model says."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from transformers.configuration_utils import PretrainedConfig

Int8 = Literal["linear", "linear+embeddings"]
"""Which layers of a model are int8: all linear ones, or the table of word embeddings too."""


class AstridConfig(PretrainedConfig):
    """An encoder of any kind, and a head.

    Attributes:
        encoder_config: the encoder's own configuration, as a dictionary with its `model_type`.
        head: name of the head.
        head_params: settings of the head.
        tasks: where the model answers several questions, each one's name, classes, head and
            threshold (`TaskHead.to_dict`), and `head` counts for nothing; else None.
        join_groups: whether it was trained on the texts of a group joined, and is to judge them
            together.
        max_sequence_length: longest text in tokens, special tokens included.
        heads_left: attention heads in each layer, where some were taken out; else None.
        int8: `linear`: the linear layers are int8; `linear+embeddings`: the table of word
            embeddings too; None: all weights are floating-point numbers.
        int8_by_row: whether each row of an int8 weight has its own scale.
    """

    model_type = "astrid"

    def __init__(
        self,
        encoder_config: Mapping[str, Any] | None = None,
        head: str = "linear",
        head_params: Mapping[str, Any] | None = None,
        max_sequence_length: int = 512,
        heads_left: int | None = None,
        int8: Int8 | None = None,
        int8_by_row: bool = True,
        tasks: Sequence[Mapping[str, Any]] | None = None,
        join_groups: bool = False,
        **base: Any,
    ) -> None:
        self.encoder_config = dict(encoder_config or {})
        self.head = head
        self.head_params = dict(head_params or {})
        self.max_sequence_length = max_sequence_length
        self.heads_left = heads_left
        self.int8 = int8
        self.int8_by_row = int8_by_row
        self.join_groups = join_groups
        self.tasks = None if tasks is None else [dict(task) for task in tasks]
        super().__init__(**base)
