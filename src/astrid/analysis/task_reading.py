"""What a model of several tasks answers to the documents of a corpus, read as it was trained to."""

from collections.abc import Sequence
from itertools import count

import numpy as np

from astrid.analysis.important_words import ImportantWords, WordSettings, important_words
from astrid.analysis.task_baselines import LabelledTexts
from astrid.explain.run import explain, predict
from astrid.explain.targets import Target
from astrid.models.text_model import TransformerClassifier
from astrid.progress import Advance, silent
from astrid.text.document import Corpus
from astrid.training.joined import joined

_METHOD = "integrated_gradients"
_PARAMS = {"steps": 16}
"""Means over many texts need fewer points than the scores of a single one: on most texts these lie
within a cosine of 0.998 of the converged ones."""


def joins_groups(model: TransformerClassifier) -> bool:
    """Whether the model reads the texts of a group joined, and judges them together."""
    return bool(getattr(model.config, "join_groups", False))


def as_trained(model: TransformerClassifier, corpus: Corpus) -> Corpus:
    """The documents as the model reads them: those of a group joined, where it learnt them so.

    Raises:
        InputError: documents of one group have different labels.
    """
    if not joins_groups(model):
        return corpus
    return joined(corpus, model.whole_tokenizer(), model.max_length)


def labelled(model: TransformerClassifier, corpus: Corpus) -> LabelledTexts:
    """The documents with their labels, and groups only where the model judges these together.

    So a baseline that is made from them answers to the same units as the model.

    Raises:
        InputError: the corpus has not the model's tasks, or a class that the model has not.
    """
    texts = LabelledTexts.of(corpus, model.tasks)
    return texts if joins_groups(model) else LabelledTexts(texts.texts, texts.labels)


def read(
    model: TransformerClassifier, corpus: Corpus, advance: Advance = silent
) -> tuple[LabelledTexts, np.ndarray]:
    """The texts as the model reads them, with their labels, and its probabilities `[N, K]`.

    Raises:
        InputError: the corpus has not the model's tasks, or a class that the model has not.
    """
    texts = labelled(model, as_trained(model, corpus))
    return texts, predict(model, texts.texts, advance=advance)


def spread(groups: Sequence[str | None], limit: int) -> list[int]:
    """Places of up to `limit` texts that come from as many groups as possible, in order.

    Args:
        groups: of each text; a text with None is a group of its own.
        limit: of the texts.

    >>> spread(["ann", "ann", "ann", "bob", "bob"], 3)
    [0, 1, 3]
    """
    seen: dict[str, count[int]] = {}
    turns = [0 if group is None else next(seen.setdefault(group, count())) for group in groups]
    return sorted(sorted(range(len(groups)), key=turns.__getitem__)[:limit])


def important_words_of(
    model: TransformerClassifier,
    texts: LabelledTexts,
    limit: int,
    settings: WordSettings | None = None,
    advance: Advance = silent,
) -> list[ImportantWords]:
    """Which words speak for and against each task's classes, by explaining some of the texts.

    Of each group (person) the first text, then of each the second, and so on: the first texts alone
    may all be of one group, and a word must occur in several to be listed.

    The logit of each column is explained by integrated gradients: of two classes that of the
    second, of more each one's.

    Args:
        model: whose answers are explained.
        texts: as `read` gives them.
        limit: texts that are explained for each task.
        settings: of the lists; defaults as in `WordSettings`.
        advance: told of each text and task that is done.

    Raises:
        InputError: a model without gradients.
        TooFewTextsError: no word is in enough of the texts' groups for a list.
    """
    places = spread(texts.groups or [None] * len(texts.texts), limit)
    chosen = [texts.texts[place] for place in places]
    groups = None if texts.groups is None else [texts.groups[place] for place in places]
    found = []
    for task in model.tasks:
        for column in task.columns:
            target = Target("logit", index=column)
            explained = explain(
                model, chosen, _METHOD, target=target, params=_PARAMS, advance=advance
            )
            found.append(important_words(task, explained, groups, settings))
    return found
