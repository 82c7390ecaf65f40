"""Which word stands for a label in a language model's answer, found in its own vocabulary.

K labels.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from scipy.optimize import linear_sum_assignment
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.models.causal.candidates import first_token

_SPACES = " \n▁ĠĊ"
"""Spaces and line ends as they are, and as tokenizers write them."""

_SHOWN = 3
"""Of labels that clash, so many are named."""

_IMPOSSIBLE = 1_000.0
"""The cost of a token that no spelling of a label begins with."""


@dataclass(frozen=True)
class Verbaliser:
    """The word of each label; all begin with different tokens.

    Attributes:
        labels: K names.
        words: K texts as they follow the prompt, with the space before them where there is one.
        tokens: K ids of the words' first tokens.
        alike: whether all words are spelled in one manner. Where they aren't, a model that likes
            capitals or spaces likes one label more than another.
    """

    labels: tuple[str, ...]
    words: tuple[str, ...]
    tokens: tuple[int, ...]
    alike: bool = True

    @property
    def texts(self) -> dict[str, str]:
        """Label → word, as `CausalModel` takes them."""
        return dict(zip(self.labels, self.words, strict=True))

    @property
    def token_ids(self) -> dict[str, int]:
        """Label → token, as training takes them."""
        return dict(zip(self.labels, self.tokens, strict=True))


def find_words(
    labels: Sequence[str], tokenizer: Tokenizer, end: str, *, letters: bool = False
) -> Verbaliser:
    """A word for each label, such that all first tokens differ after a prompt that ends with `end`.

    Tried are the label itself, in lower case, capitalised and in capitals, each with a space
    before it and without: first one spelling for all labels, then any that tells them apart with
    the least change. After white space or a special token, as chats end, words have no space.

    Args:
        labels: two names or more.
        tokenizer: that of the model.
        end: how the prompt ends.
        letters: answer with A, B, C … in the order of the labels.

    Raises:
        InputError: fewer than two labels, one that is empty or given twice, more labels than
            letters, or labels that no spelling tells apart.

    >>> from tokenizers import models, pre_tokenizers
    >>> words = Tokenizer(models.WordLevel({"good": 0, "bad": 1, "?": 2}, unk_token="?"))
    >>> words.pre_tokenizer = pre_tokenizers.Whitespace()
    >>> find_words(["Bad", "Good"], words, "Mood:").token_ids
    {'Bad': 1, 'Good': 0}
    """
    names = _checked(labels, letters)
    stems = ascii_uppercase[: len(names)] if letters else names
    spelled = [_spellings(stem, _after_space(tokenizer, end), letters) for stem in stems]
    tokens = [[_token(tokenizer, word, end) for word in words] for words in spelled]
    for manner in range(len(spelled[0])):
        column = [row[manner] for row in tokens]
        if None not in column and len(set(column)) == len(column):
            return _chosen(names, spelled, tokens, [manner] * len(names))
    return _chosen(names, spelled, tokens, _least_change(names, spelled, tokens, tokenizer))


def _checked(labels: Sequence[str], letters: bool) -> tuple[str, ...]:
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise InputError('labels: give a list of texts, such as ["negative", "positive"]')
    names = tuple(labels)
    if len(names) < 2:
        raise InputError(f"labels: there are {len(names)}; a classifier needs two or more")
    if not all(name.strip() for name in names):
        raise InputError("labels: one is empty; give each a word to be answered")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'labels: "{name}" is given more than once; give each once')
    if letters and len(names) > len(ascii_uppercase):
        raise InputError(f"labels: {len(names)} are more than there are letters; answer with words")
    return names


def _after_space(tokenizer: Tokenizer, end: str) -> bool:
    added = tokenizer.get_added_tokens_decoder().values()
    return not end or end[-1].isspace() or any(end.endswith(token.content) for token in added)


def _spellings(stem: str, after_space: bool, letters: bool) -> list[str]:
    """The same manners for every label, the likeliest first."""
    word = stem.strip()
    cases = [word] if letters else [word, word.lower(), word.capitalize(), word.upper()]
    spaces = ("", " ") if after_space else (" ", "")
    return [space + case for space in spaces for case in cases]


def _token(tokenizer: Tokenizer, word: str, end: str) -> int | None:
    """The first token of `word`; None where the vocabulary lacks it, or it is but a space."""
    try:
        token = first_token(tokenizer, word, end, word)
    except InputError:
        return None
    piece = str(tokenizer.id_to_token(token))
    unknown = piece == getattr(tokenizer.model, "unk_token", None)
    return None if unknown or not (piece or "").strip(_SPACES) else token


def _least_change(
    names: tuple[str, ...],
    spelled: list[list[str]],
    tokens: list[list[int | None]],
    tokenizer: Tokenizer,
) -> list[int]:
    """The manner of each label such that all tokens differ, by the fewest steps down the list."""
    columns = {token: place for place, token in enumerate(sorted(_all(tokens)))}
    if len(columns) < len(names):
        raise _clash(names, spelled, tokens, tokenizer)
    cost = np.full((len(names), len(columns)), _IMPOSSIBLE)
    for row, found in enumerate(tokens):
        for manner, token in reversed(list(enumerate(found))):
            if token is not None:
                cost[row, columns[token]] = manner
    chosen = linear_sum_assignment(cost)
    if (cost[chosen] >= _IMPOSSIBLE).any():
        raise _clash(names, spelled, tokens, tokenizer)
    return [int(manner) for manner in cost[chosen]]


def _all(tokens: list[list[int | None]]) -> set[int]:
    return {token for row in tokens for token in row if token is not None}


def _clash(
    names: tuple[str, ...],
    spelled: list[list[str]],
    tokens: list[list[int | None]],
    tokenizer: Tokenizer,
) -> InputError:
    """What stands in the way, of labels that can't be told apart."""
    enough = len(names) <= len(ascii_uppercase)
    letters = ", or answer with letters (template.letters=true)" if enough else ""
    for name, row in zip(names, tokens, strict=True):
        if set(row) == {None}:
            return InputError(
                f'label "{name}": the vocabulary has no token that it begins with; choose another '
                f"word{letters}"
            )
    users: dict[int, list[int]] = defaultdict(list)
    for manner in range(len(spelled[0])):
        for label, row in enumerate(tokens):
            token = row[manner]
            if token is not None and label not in users[token]:
                users[token].append(label)
    token, clashing = max(users.items(), key=lambda item: len(item[1]))
    shown = " and ".join(f'"{names[label]}"' for label in clashing[:_SHOWN])
    if len(clashing) > _SHOWN:
        shown += f" and {len(clashing) - _SHOWN} more"
    return InputError(
        f'labels {shown} begin with the same token "{tokenizer.id_to_token(token)}", and no '
        f"capitals or spaces tell all labels apart; choose other words{letters}"
    )


def _chosen(
    names: tuple[str, ...],
    spelled: list[list[str]],
    tokens: list[list[int | None]],
    manners: list[int],
) -> Verbaliser:
    found = [row[manner] for row, manner in zip(tokens, manners, strict=True)]
    return Verbaliser(
        names,
        tuple(row[manner] for row, manner in zip(spelled, manners, strict=True)),
        tuple(token for token in found if token is not None),
        len(set(manners)) == 1,
    )
