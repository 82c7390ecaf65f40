"""Words of a text, by character offsets, and their relation to any tokenizer's pieces."""

from collections.abc import Sequence

import numpy as np
import regex

from astrid.text.document import Span

_WORD = regex.compile(
    r"""
    [\p{Han}\p{Hiragana}\p{Katakana}]\p{M}*                # scripts without spaces: one sign a word
    | [[\p{L}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}]]   # a run of letters, digits and marks …
      [[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}]]*
      (?:['’][\p{L}\p{M}\p{N}_]+)*                         # … with apostrophes inside
    | (\p{P})\1+                                           # the same mark repeated: ..., !!!
    | (?=[^\p{Z}\p{C}\s])\X                                # any other sign, emoji as one
    """,
    regex.VERBOSE | regex.V1,
)


def find_words(text: str) -> list[Span]:
    """Character spans of the words of `text`, in order, disjoint.

    A word is a run of letters, digits and combining marks (apostrophes may stand inside), one
    ideograph or kana, or a run of one punctuation mark or symbol. White space and control
    characters belong to no word.

    >>> [("It's 5°, no?"[a:b]) for a, b in find_words("It's 5°, no?")]
    ["It's", '5', '°', ',', 'no', '?']
    """
    return [match.span() for match in _WORD.finditer(text)]


def without(text: str, spans: Sequence[Span], keep: np.ndarray, replacement: str) -> str:
    """`text` with `replacement` in the place of each span that `keep` `[W]` doesn't keep.

    What stands between the spans stays as it is.

    >>> without("no, not now", [(0, 2), (4, 7), (8, 11)], np.array([True, False, True]), "")
    'no,  now'
    """
    parts: list[str] = []
    end_before = 0
    for (start, end), kept in zip(spans, keep, strict=True):
        parts += [text[end_before:start], text[start:end] if kept else replacement]
        end_before = end
    return "".join([*parts, text[end_before:]])


def token_shares(words: Sequence[Span], offsets: np.ndarray, special: np.ndarray) -> np.ndarray:
    """How much of each token belongs to each word: `[W, T]`, columns sum to 1 or to 0.

    A token belongs to the words it overlaps, in proportion to the overlap. A token that overlaps
    none (a lone space piece) belongs to the next word, or to the last. Special tokens, and all
    tokens of a text without words, belong to none.

    Args:
        words: character spans, in order.
        offsets: `[T, 2]` character span of each token.
        special: `[T]` True for tokens that the tokenizer added.
    """
    shares = np.zeros((len(words), len(offsets)))
    if not words:
        return shares
    starts, ends = np.asarray(words).T
    for token in np.flatnonzero(~np.asarray(special, dtype=bool)):
        start, end = offsets[token]
        overlap = np.clip(np.minimum(ends, end) - np.maximum(starts, start), 0, None)
        if overlap.any():
            shares[:, token] = overlap / overlap.sum()
        else:
            later = int(np.searchsorted(starts, start))
            shares[min(later, len(words) - 1), token] = 1.0
    return shares
