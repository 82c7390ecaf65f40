"""The prompt around a text, and which tokens of the whole are the text's own."""

from dataclasses import dataclass

import numpy as np
from tokenizers import Encoding

from astrid.errors import InputError

PLACE = "{text}"


class LongPromptError(InputError):
    """The prompt leaves no room for a text."""


@dataclass(frozen=True)
class Prompt:
    """What stands before and after every text; it is never perturbed.

    >>> Prompt.of("Review: {text} Sentiment:")
    Prompt(before='Review: ', after=' Sentiment:')
    """

    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, pattern: str) -> "Prompt":
        """The prompt of a pattern with one `{text}`.

        Raises:
            InputError: the place of the text is missing, or there are several.
        """
        before, place, after = pattern.partition(PLACE)
        if not place or PLACE in after:
            raise InputError(f"prompt: write {PLACE} once, where the text is to stand")
        return cls(before, after)

    def around(self, text: str) -> str:
        return self.before + text + self.after


@dataclass(frozen=True, eq=False)
class Pieces:
    """Tokens of prompt and text; T tokens.

    Attributes:
        tokens: the pieces' names.
        ids: `[T]` vocabulary indices.
        own: `[T]` True for the text's tokens, False for the prompt's and the tokenizer's.
        offsets: `[T, 2]` character span in the text; (0, 0) for tokens of the prompt.
        truncated: whether the end of the text was cut off.
    """

    tokens: tuple[str, ...]
    ids: np.ndarray
    own: np.ndarray
    offsets: np.ndarray
    truncated: bool


def pieces(encoding: Encoding, prompt: Prompt, text: str, longest: int) -> Pieces:
    """The tokens of `prompt.around(text)`, shortened at the text's end to the `longest` allowed.

    A piece that reaches over the border belongs to the text if it holds a sign of it that is not
    white space: " good" after "Review:" is the text's.

    Raises:
        LongPromptError: the prompt alone fills the context.
    """
    last = len(encoding.ids)
    while last and encoding.special_tokens_mask[last - 1] and last > 1:
        # Tokenizers that end texts with a token of their own would end the prompt too.
        last -= 1
    special = np.asarray(encoding.special_tokens_mask[:last], dtype=bool)
    offsets = np.asarray(encoding.offsets[:last], dtype=np.int64).reshape(-1, 2)
    own = _own(offsets, prompt, text) & ~special
    kept = np.ones(last, dtype=bool)
    excess = last - longest
    if excess > 0:
        if own.sum() <= excess:
            raise LongPromptError(
                f"the prompt has {int((~own).sum())} tokens and the model reads {longest}; "
                "shorten the prompt so that a text fits in"
            )
        kept[np.flatnonzero(own)[-excess:]] = False
    relative = np.clip(offsets - len(prompt.before), 0, len(text))
    return Pieces(
        tokens=tuple(token for token, keep in zip(encoding.tokens, kept, strict=False) if keep),
        ids=np.asarray(encoding.ids[:last], dtype=np.int64)[kept],
        own=own[kept],
        offsets=np.where(own[:, None], relative, 0)[kept],
        truncated=excess > 0,
    )


def _own(offsets: np.ndarray, prompt: Prompt, text: str) -> np.ndarray:
    start = len(prompt.before)
    end = start + len(text)
    return np.array([_holds(text, a - start, b - start, end - start) for a, b in offsets], bool)


def _holds(text: str, start: int, end: int, length: int) -> bool:
    """Whether a piece at these places relative to the text is one of the text's."""
    if 0 <= start < length and end <= length:
        return True
    return bool(text[max(start, 0) : max(end, 0)].strip())
