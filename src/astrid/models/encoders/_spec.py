"""Which encoder a model has: light to import, as whoever only reads settings needs it."""

from typing import Literal

from pydantic import Field, field_validator

from astrid.spec import Spec

Init = Literal["pretrained", "scratch", "teacher"]


class EncoderSpec(Spec):
    """Which encoder, and where its first weights and its tokenizer come from.

    Attributes:
        preset: a rung of the ladder, such as `bert-base`; None to say everything below.
        init: `pretrained` loads `source`, or the preset's hub id; `scratch` draws weights at
            random; `teacher` copies the embeddings and evenly spaced layers of `teacher`.
        source: a hub id or a folder, for `pretrained`.
        teacher: a trained model's folder (or a hub id), for `teacher`.
        tokenizer: whose tokenizer to use. By default the source's or teacher's; for `scratch` one
            is trained on the training texts.
        layers: instead of the preset's; for `scratch` and `teacher`.
        hidden_size: instead of the preset's; for `scratch`.
        attention_heads: instead of the preset's; for `scratch`.
        intermediate_size: instead of the preset's; for `scratch`.
        vocab_size: most entries of a trained vocabulary.
        lowercase: whether a trained tokenizer ignores case.
        max_length: longest text in tokens; the rest is cut off.
    """

    preset: str | None = None
    init: Init = "pretrained"
    source: str | None = None
    teacher: str | None = None
    tokenizer: str | None = None
    layers: int | None = Field(default=None, ge=1)
    hidden_size: int | None = Field(default=None, ge=1)
    attention_heads: int | None = Field(default=None, ge=1)
    intermediate_size: int | None = Field(default=None, ge=1)
    vocab_size: int | None = Field(default=None, ge=32)
    lowercase: bool = True
    max_length: int = Field(default=256, ge=8)

    @field_validator("preset")
    @classmethod
    def _with_hyphens(cls, name: str | None) -> str | None:
        return name.replace("_", "-") if name else None
