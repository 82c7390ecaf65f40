"""Tiny random models of each architecture, for tests."""

import re
import warnings
from collections import Counter
from functools import cache

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

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


def _pieces(count: int) -> list[str]:
    """Every letter of the sentences, at the start of a word and inside, then common pairs."""
    found: Counter[str] = Counter()
    for word in re.findall(r"\w+|[^\w\s]", " ".join(SENTENCES).lower()):
        for size in (1, 2):
            for start in range(len(word) - size + 1):
                found[("##" if start else "") + word[start : start + size]] += 1
    letters = sorted(piece for piece in found if len(piece.removeprefix("##")) == 1)
    pairs = sorted(set(found) - set(letters), key=lambda piece: (-found[piece], piece))
    return [*letters, *pairs][:count]


@cache
def wordpiece() -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    # Not trained: the trainer of word pieces gives another vocabulary in every process.
    vocabulary = [*special, *_pieces(120 - len(special))]
    places = {piece: place for place, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(places, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
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


WORDPIECE = ("bert", "distilbert", "albert", "electra", "convbert", "nystromformer", "fnet")
BYTE_LEVEL = (
    *("roberta", "mpnet", "xlm-roberta", "camembert", "modernbert", "big_bird", "longformer"),
    *("esm", "bart", "t5"),
)
DECODERS = (
    *("gpt2", "llama", "gpt_neo", "opt", "mistral", "qwen2", "qwen3", "gemma", "gemma2"),
    *("gemma3_text", "gpt_neox", "bloom", "falcon", "phi", "ctrl"),
)
TOKENIZERS = {
    **dict.fromkeys((*WORDPIECE, "deberta-v2"), wordpiece),
    **dict.fromkeys(BYTE_LEVEL, byte_level),
    **dict.fromkeys(DECODERS, plain_bytes),
}


SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
}
GROUPED = {**SIZES, "num_key_value_heads": 2, "head_dim": 8}
BART = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
CONFIGS: dict[str, dict] = {
    "bert": SIZES,
    "distilbert": {
        **{"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
        "max_position_embeddings": 64,
    },
    "roberta": {**SIZES, "max_position_embeddings": 66},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "llama": {**SIZES, "num_key_value_heads": 2},
    "albert": {**SIZES, "embedding_size": 16},
    "electra": {**SIZES, "embedding_size": 16},
    "deberta-v2": {
        **{
            "relative_attention": True,
            "pos_att_type": ["c2p", "p2c"],
            "position_biased_input": False,
        },
        **SIZES,
        **{"type_vocab_size": 0, "max_relative_positions": 16, "pooler_hidden_size": 32},
    },
    "mpnet": {**SIZES, "max_position_embeddings": 66},
    "xlm-roberta": {**SIZES, "max_position_embeddings": 66},
    "camembert": {**SIZES, "max_position_embeddings": 66},
    "modernbert": {**SIZES, "global_attn_every_n_layers": 2, "local_attention": 8},
    "big_bird": {**SIZES, "attention_type": "original_full"},
    "longformer": {**SIZES, "max_position_embeddings": 82, "attention_window": 8},
    "nystromformer": {**SIZES, "num_landmarks": 8, "segment_means_seq_len": 8},
    "convbert": {**SIZES, "embedding_size": 32},
    "fnet": SIZES,
    "esm": {**SIZES, "max_position_embeddings": 66, "mask_token_id": 4, "token_dropout": True},
    "gpt_neo": {
        **{"hidden_size": 32, "num_layers": 2, "num_heads": 4, "intermediate_size": 48},
        **{"max_position_embeddings": 64, "attention_types": [[["global", "local"], 1]]},
        "window_size": 8,
    },
    "opt": {**SIZES, "ffn_dim": 48, "word_embed_proj_dim": 16},
    "mistral": GROUPED,
    "qwen2": {**SIZES, "num_key_value_heads": 2},
    "qwen3": GROUPED,
    "gemma": GROUPED,
    "gemma2": GROUPED,
    "gemma3_text": GROUPED,
    "gpt_neox": SIZES,
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "falcon": {**SIZES, "alibi": False},
    "phi": SIZES,
    "ctrl": {"n_embd": 32, "dff": 48, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "bart": BART,
    "t5": {**T5, "decoder_start_token_id": 1},
}


def build(
    architecture: str,
    seed: int = 0,
    labels: dict[int, str] = LABELS,
    problem_type: str | None = None,
):
    """A Hugging Face classifier with large random weights, by default of three classes.

    Its tokenizer comes with it.
    """
    torch.manual_seed(seed)
    tokenizer = TOKENIZERS[architecture]()
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = AutoConfig.for_model(
        architecture,
        vocab_size=len(tokenizer),
        id2label=labels,
        label2id={name: index for index, name in labels.items()},
        pad_token_id=tokenizer.pad_token_id,
        problem_type=problem_type,
        **{name: token for name, token in ends.items() if token is not None},
        **CONFIGS[architecture],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for weight in model.parameters():
            # Default weights are so small that every output is alike.
            if weight.ndim == 2 and architecture != "t5":
                weight.mul_(5)
    return model.eval(), tokenizer


@cache
def classifier(architecture: str = "bert", seed: int = 0) -> TransformerClassifier:
    model, tokenizer = build(architecture, seed)
    return TransformerClassifier(model, tokenizer, name=f"tiny-{architecture}")
