"""Training a tokenizer on a corpus: word pieces as BERT's, or bytes as GPT-2's."""

from collections import Counter
from collections.abc import Sequence

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from astrid.errors import InputError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""BERT's special tokens; `[PAD]` has id 0, as BERT's configuration expects."""

ENDS = ("<pad>", "</s>")
"""The special tokens of a byte-level tokenizer."""


def train_wordpiece(
    texts: Sequence[str], vocab_size: int, max_length: int, lowercase: bool = True
) -> PreTrainedTokenizerFast:
    """A BERT tokenizer whose vocabulary is learned from `texts`.

    The same texts give the same vocabulary in every process.

    Args:
        texts: what to learn from; at least one with a word in it.
        vocab_size: most entries of the vocabulary, special tokens included. At most a quarter of
            them are single signs: rarer signs become `[UNK]`.
        max_length: longest encoding, in tokens, special tokens included.
        lowercase: whether case (and accents with it) is ignored.

    Raises:
        InputError: the texts hold no words.

    >>> tokenizer = train_wordpiece(["a good film", "a bad film"], 100, 16)
    >>> tokenizer.tokenize("Good film!")
    ['good', 'film', '[UNK]']
    """
    learner = _bare(models.WordPiece(unk_token="[UNK]"), lowercase)
    alphabet = _alphabet(texts, learner, max(vocab_size // 4, 1))
    if not alphabet:
        raise InputError("the training texts hold no words to learn a vocabulary from")
    # The trainer numbers word-inner signs in the order of a randomly seeded hash map, and breaks
    # ties between merges by these numbers. Handed in as special tokens they have fixed ones.
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=[*SPECIAL, *(f"##{sign}" for sign in alphabet)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    vocabulary = learner.get_vocab()
    finished = _bare(models.WordPiece(vocabulary, unk_token="[UNK]"), lowercase)
    finished.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")],
    )
    return _wrapped(finished, max_length)


def train_byte_level(
    texts: Sequence[str], vocab_size: int, max_length: int
) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer as GPT-2's, trained on `texts`; it can read every text.

    The same texts give the same tokenizer, in every process. It adds no tokens to a text; `<pad>`
    is token 0 and `</s>` token 1.

    Args:
        texts: what to learn the tokens from.
        vocab_size: upper limit for the number of tokens, special ones included.
        max_length: tokens a text is cut to, where cutting is asked for.

    Raises:
        InputError: `vocab_size` is too small for the 256 bytes.

    >>> tokenizer = train_byte_level(["the rain, the rain"] * 2, 300, 64)
    >>> tokenizer.tokenize("the rain é")
    ['the', 'Ġrain', 'Ġ', 'Ã', '©']
    """
    smallest = 256 + len(ENDS)
    if vocab_size < smallest:
        raise InputError(f"vocab_size {vocab_size}: give at least {smallest}")
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(ENDS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=max_length,
        pad_token=ENDS[0],
        eos_token=ENDS[1],
        model_input_names=["input_ids", "attention_mask"],
    )


def _bare(model: models.WordPiece, lowercase: bool) -> Tokenizer:
    """BERT's way of cutting text into words, around `model`."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _alphabet(texts: Sequence[str], tokenizer: Tokenizer, limit: int) -> list[str]:
    """The `limit` most frequent signs of the normalised texts, sorted."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokenizer.normalizer.normalize_str(text))
    signs = (sign for sign in counts if not sign.isspace())
    return sorted(sorted(signs, key=lambda sign: (-counts[sign], sign))[:limit])


def _wrapped(tokenizer: Tokenizer, max_length: int) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
