"""Tiny random models of each architecture, for tests."""

from functools import cache

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from astrid.models.text_model import TransformerClassifier

SENTENCES = [
    "The court found no evidence that the tenant had paid the rent.",
    "A witness saw the driver leave before the rain began, and said so.",
    "It's a good day for everyone!",
    "He won. She lost, and the appeal was refused twice by the same judge.",
    "unbelievably longwinded antidisestablishmentarianism",
]
ENCODERS = ("bert", "distilbert", "roberta")
ARCHITECTURES = (*ENCODERS, "gpt2", "llama")
LABELS = {0: "lost", 1: "won", 2: "open"}


@cache
def wordpiece() -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, ends)
    # As in many published folders: fixed padding, which must not leak into results.
    tokenizer.enable_padding(length=64)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


@cache
def byte_level() -> PreTrainedTokenizerFast:
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
        cls_token="<s>",
        sep_token="</s>",
    )


@cache
def plain_bytes() -> PreTrainedTokenizerFast:
    """As GPT-2's: no special tokens are added, and there is no mask token."""
    tokenizer = Tokenizer.from_str(byte_level().backend_tokenizer.to_str())
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )


TOKENIZERS = {
    "bert": wordpiece,
    "distilbert": wordpiece,
    "roberta": byte_level,
    "gpt2": plain_bytes,
    "llama": plain_bytes,
}


def build(architecture: str, seed: int = 0):
    """A Hugging Face classifier of three classes with large random weights, and its tokenizer."""
    torch.manual_seed(seed)
    tokenizer = TOKENIZERS[architecture]()
    common = {
        "vocab_size": len(tokenizer),
        "num_labels": 3,
        "id2label": LABELS,
        "label2id": {name: index for index, name in LABELS.items()},
        "pad_token_id": tokenizer.pad_token_id,
    }
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    if architecture == "bert":
        config = BertConfig(**common, **size, intermediate_size=48, max_position_embeddings=64)
        model = BertForSequenceClassification(config)
    elif architecture == "distilbert":
        config = DistilBertConfig(
            **common, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=64
        )
        model = DistilBertForSequenceClassification(config)
    elif architecture == "gpt2":
        config = GPT2Config(**common, n_embd=32, n_layer=2, n_head=4, n_positions=64)
        model = GPT2ForSequenceClassification(config)
    elif architecture == "llama":
        config = LlamaConfig(
            **common,
            **size,
            num_key_value_heads=2,
            intermediate_size=48,
            max_position_embeddings=64,
        )
        model = LlamaForSequenceClassification(config)
    else:
        config = RobertaConfig(**common, **size, intermediate_size=48, max_position_embeddings=66)
        model = RobertaForSequenceClassification(config)
    with torch.no_grad():
        for weight in model.parameters():
            # Default weights are so small that every output is alike.
            if weight.ndim == 2:
                weight.mul_(5)
    return model.eval(), tokenizer


@cache
def classifier(architecture: str = "bert", seed: int = 0) -> TransformerClassifier:
    model, tokenizer = build(architecture, seed)
    return TransformerClassifier(model, tokenizer, name=f"tiny-{architecture}")
