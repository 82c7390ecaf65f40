"""Labels that are numbers, and the words that the data themselves have for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from astrid.text.document import Corpus
from astrid.text.sources._corpus import label_name
from astrid.text.sources._table import COMPANION


def label_words(rows: Iterable[Mapping[str, Any]], field: str) -> dict[str, str]:
    """The word of each number in the column `field`, from the column `<field>_text`.

    Empty where the two columns are not one number to one word, throughout.

    >>> rows = [{"label": 2, "label_text": "good"}, {"label": 0, "label_text": "bad"}]
    >>> label_words(rows, "label")
    {'0': 'bad', '2': 'good'}
    >>> label_words([*rows, {"label": 1, "label_text": "good"}], "label")
    {}
    """
    pairs: set[tuple[str | None, str | None]] = set()
    for row in rows:
        if field + COMPANION not in row:
            return {}
        try:
            pairs.add((label_name(row[field]), label_name(row[field + COMPANION])))
        except ValueError:
            return {}
    words = {number: word for number, word in pairs if number is not None and word is not None}
    labelled = {pair for pair in pairs if pair[0] is not None}
    if len(words) < len(labelled) or len(set(words.values())) < len(words):
        return {}
    if not all(map(_is_whole, words)) or any(map(_is_whole, words.values())):
        return {}
    return {number: words[number] for number in sorted(words, key=int)}


def named(label: Any, words: Mapping[str, str]) -> Any:
    """The word for a label that is one of the numbers; any other label as it is."""
    try:
        return words.get(label_name(label) or "", label)
    except ValueError:
        return label


def names_of(labels: Sequence[str] | None, words: Mapping[str, str]) -> list[str] | None:
    """The classes that `labels` mean, by word or by number; None for all."""
    return None if labels is None else [words.get(label, label) for label in labels]


def with_numbers(corpus: Corpus, words: Mapping[str, str]) -> Corpus:
    """The corpus with the data's own numbers of its classes among its facts."""
    if not words:
        return corpus
    return replace(corpus, facts={**corpus.facts, "label_numbers": dict(words)})


def _is_whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal()
