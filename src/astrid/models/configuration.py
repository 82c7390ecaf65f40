"""What `config.json` of an Astrid model says."""

from collections.abc import Mapping
from typing import Any

from transformers.configuration_utils import PretrainedConfig


class AstridConfig(PretrainedConfig):
    """An encoder of any kind, and a head.

    Attributes:
        encoder_config: the encoder's own configuration, as a dictionary with its `model_type`.
        head: name of the head.
        head_params: settings of the head.
        max_sequence_length: longest text in tokens, special tokens included.
    """

    model_type = "astrid"

    def __init__(
        self,
        encoder_config: Mapping[str, Any] | None = None,
        head: str = "linear",
        head_params: Mapping[str, Any] | None = None,
        max_sequence_length: int = 512,
        **base: Any,
    ) -> None:
        self.encoder_config = dict(encoder_config or {})
        self.head = head
        self.head_params = dict(head_params or {})
        self.max_sequence_length = max_sequence_length
        super().__init__(**base)
