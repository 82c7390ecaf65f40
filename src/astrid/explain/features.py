"""Units that perturbations leave out as one: words or single tokens, special tokens never."""

from typing import Literal

import numpy as np

from astrid.models.protocol import EncodedText
from astrid.text.words import find_words, token_shares

Unit = Literal["word", "token"]


def unit_of_tokens(text: EncodedText, unit: Unit) -> np.ndarray:
    """The unit `[T]` of each token, numbered from 0 in the order of the text; −1 for none.

    A token that reaches over several words counts to the one it covers most.
    """
    if unit == "token":
        numbers = np.cumsum(~text.special) - 1
        return np.where(text.special, -1, numbers)
    shares_WT = token_shares(find_words(text.text), text.offsets, text.special)
    if not len(shares_WT):
        # Nothing in the text counts as a word (control characters): its pieces stand alone.
        return unit_of_tokens(text, "token")
    word_T = np.where(text.special, -1, shares_WT.argmax(axis=0))
    # Words without a token (cut off, or dropped by the tokenizer) take no number.
    present = np.unique(word_T[word_T >= 0])
    return np.where(word_T >= 0, np.searchsorted(present, word_T), -1)


def token_keep(kept_RU: np.ndarray, units_T: np.ndarray) -> np.ndarray:
    """Rows `[R, T]` of tokens from rows `[R, U]` of units; tokens of no unit are kept."""
    keep_RT = np.ones((len(kept_RU), len(units_T)), dtype=bool)
    inside = units_T >= 0
    keep_RT[:, inside] = kept_RU[:, units_T[inside]]
    return keep_RT
