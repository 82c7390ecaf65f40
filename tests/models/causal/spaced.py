"""A tokenizer as Llama 2 has it: every text gets a space before it."""

from functools import cache

from tokenizers import Tokenizer, decoders, models, normalizers

PIECES = ["g", "o", "d", "▁", "w", "a", "s", ":", "▁g", "▁go", "▁goo", "▁good", "▁w", "▁wa", "▁was"]


@cache
def spaced() -> Tokenizer:
    merges = [("▁", "g"), ("▁g", "o"), ("▁go", "o"), ("▁goo", "d")]
    merges += [("▁", "w"), ("▁w", "a"), ("▁wa", "s")]
    tokenizer = Tokenizer(models.BPE({piece: place for place, piece in enumerate(PIECES)}, merges))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer
