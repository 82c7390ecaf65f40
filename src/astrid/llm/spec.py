"""Settings of a run: which model and texts, and what is done with them."""

from typing import Self

from pydantic import Field, model_validator

from astrid.models.causal.templates import Template
from astrid.spec import Spec
from astrid.training.lora.spec import LoraSpec

MODEL = "meta-llama/Llama-3.2-1B"
DATASET = "mteb/tweet_sentiment_extraction"
EMBEDDED = "embedded"
"""Name of the small model that is made on the spot."""


class LlmSpec(Spec):
    """A language model as a classifier, before and after LoRA.

    Attributes:
        model_name: a hub id, a folder, or `embedded`.
        dataset_name: a hub id, a file (csv, tsv, jsonl, parquet), a folder with a file for each
            split, or the name of a source.
        train_split: of a folder or a hub's data set, what is learnt from.
        eval_split: of a folder or a hub's data set, what is judged on.
        text_field: column of the texts.
        label_field: column of the labels.
        label_space: labels to keep, by name, or by the number that the data have for it (where
            they have none, its place in sorted order); None for all. Those that are kept are
            numbered anew in sorted order.
        train_subset: texts to learn from, at most; None for all.
        eval_subset: texts to judge on, at most; None for all.
        finetune: whether an adapter is trained and judged too.
        run_shap: whether answers are explained.
        shap_examples: texts that are explained.
        shap_evaluations: rows that the explanation of one text may run.
        load_in_4bit: whether weights are held in 4 bits; needs CUDA.
        template: how the question is worded.
        calibrate: whether what the prompt says without a text is taken out.
        few_shot: examples of each label in the prompt.
        lora: how the adapter is trained.
        device: where the models run; `auto` is a CUDA device where there is one. Weights in 4 bits
            stay on the GPU that they were read to.
        seed: of the subsets.
    """

    model_name: str = MODEL
    dataset_name: str = DATASET
    train_split: str = "train"
    eval_split: str = "test"
    text_field: str = "text"
    label_field: str = "label"
    label_space: tuple[str, ...] | None = None
    train_subset: int | None = Field(default=2000, ge=2)
    eval_subset: int | None = Field(default=1000, ge=1)
    finetune: bool = False
    run_shap: bool = True
    shap_examples: int = Field(default=10, ge=1)
    shap_evaluations: int = Field(default=200, ge=10, le=1_000_000)
    load_in_4bit: bool = False
    template: Template = Field(default_factory=Template)
    calibrate: bool = False
    few_shot: int = Field(default=0, ge=0)
    lora: LoraSpec = Field(default_factory=LoraSpec)
    device: str = "auto"
    seed: int = Field(default=0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _in_4bit_on_a_gpu(self) -> Self:
        if self.load_in_4bit and self.device == "cpu":
            raise ValueError("weights in 4 bits run on a GPU; leave out --device cpu")
        return self
