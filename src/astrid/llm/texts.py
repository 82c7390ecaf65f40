"""The texts of a run: to learn from, to choose the epoch by, to judge on."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from astrid import plugins
from astrid.errors import InputError
from astrid.llm.spec import LlmSpec
from astrid.spec import nearest
from astrid.text.document import Corpus
from astrid.text.load import SOURCES, DataSpec, load_corpus
from astrid.text.splits import split

_FRACTIONS = (0.6, 0.1, 0.3)
"""Of data that come as one piece: to learn from, to choose the epoch by, to judge on."""

_CHOOSING = 0.1
"""Share of the texts to learn from that choose the epoch, where the data come in two pieces."""


@dataclass(frozen=True)
class Texts:
    """Three corpora without a text in common, with the same classes in sorted order."""

    train: Corpus
    validation: Corpus
    evaluation: Corpus

    @property
    def mapping(self) -> dict[str, int]:
        """Each label's index."""
        return {label: index for index, label in enumerate(self.evaluation.classes)}


def load_texts(spec: LlmSpec) -> Texts:
    """The data that `spec` names, cut to its subsets.

    A file, and a source by name, is divided in three; of a hub's data set the two splits are
    taken, and a tenth of what is learnt from chooses the epoch.

    Raises:
        InputError: no such data, column or split, fewer than two labels, or too few texts.
    """
    whole = _of_hub(spec) if _is_on_hub(spec.dataset_name) else _in_one_piece(spec)
    subsets = (spec.train_subset, None, spec.eval_subset)
    parts = [
        _subset(corpus, count, spec.seed)
        for corpus, count in zip(
            (whole.train, whole.validation, whole.evaluation), subsets, strict=True
        )
    ]
    return Texts(*parts)


def _is_on_hub(name: str) -> bool:
    return name not in plugins.names(SOURCES) and not Path(name).expanduser().exists()


def _in_one_piece(spec: LlmSpec) -> Texts:
    corpus = kept(load_corpus(_local(spec)), spec.label_space)
    splits = split(corpus, _FRACTIONS, spec.seed)
    return Texts(splits.train, splits.validation, splits.test)


def kept(corpus: Corpus, labels: tuple[str, ...] | None) -> Corpus:
    """The documents with one of `labels`, which are names or numbers in sorted order.

    Raises:
        InputError: a label that the corpus has not, or fewer than two.

    >>> from astrid.text.document import Document
    >>> names = {"label": ("bad", "calm", "good")}
    >>> documents = [Document(str(n), "text", {"label": n}) for n in range(3)]
    >>> kept(Corpus("tiny", tuple(documents), names), ("0", "2")).classes
    ('bad', 'good')
    """
    names = tuple(sorted(corpus.classes, key=_sorting(corpus.classes)))
    if labels is None:
        chosen = names
    else:
        chosen = tuple(name for name in names if name in _asked(corpus, labels, names))
        if len(chosen) < 2:
            raise InputError(
                f"--label-space: {len(chosen)} label is left; a classifier needs at least two "
                f"classes (there are {', '.join(names)})"
            )
    numbers = {corpus.classes.index(name): number for number, name in enumerate(chosen)}
    documents = [
        replace(document, labels={"label": numbers[document.label]})
        for document in corpus
        if "label" in document.labels and document.label in numbers
    ]
    return Corpus(corpus.name, tuple(documents), {"label": chosen}, corpus.facts)


def _sorting(names: tuple[str, ...]) -> Callable[[str], tuple[float, str]]:
    """Numbers by their value, where all names are numbers; else by the alphabet."""
    try:
        values = {name: float(name) for name in names}
    except ValueError:
        values = {}
    if not all(math.isfinite(value) for value in values.values()):
        values = {}  # a word such as "nan" or "infinity" is no number among numbers
    return lambda name: (values.get(name, 0.0), name)


def _asked(corpus: Corpus, labels: tuple[str, ...], names: tuple[str, ...]) -> set[str]:
    found = set()
    for label in labels:
        if label in names:
            found.add(label)
        elif label.isdecimal() and int(label) < len(names):
            found.add(names[int(label)])
        else:
            raise InputError(
                f'--label-space: {corpus.name} has no label "{label}"; {nearest(label, names)}'
            )
    return found


def _local(spec: LlmSpec) -> DataSpec:
    if spec.dataset_name in plugins.names(SOURCES):
        return DataSpec(source=spec.dataset_name, fractions=_FRACTIONS, seed=spec.seed)
    params = {"path": spec.dataset_name, **_fields(spec)}
    return DataSpec(source="file", params=params, fractions=_FRACTIONS, seed=spec.seed)


def _fields(spec: LlmSpec) -> dict[str, object]:
    return {"text_field": spec.text_field, "label_field": spec.label_field}


def _of_hub(spec: LlmSpec) -> Texts:
    def part(name: str) -> Corpus:
        params = {"name": spec.dataset_name, "split": name, **_fields(spec)}
        corpus = load_corpus(DataSpec(source="hub", params=params))
        return kept(corpus, spec.label_space)

    learning, judging = part(spec.train_split), part(spec.eval_split)
    if learning.classes != judging.classes:
        raise InputError(
            f"{spec.dataset_name}: the splits {spec.train_split} and {spec.eval_split} have "
            "different labels; name those that both have with --label-space"
        )
    rest = 1 - 2 * _CHOOSING
    divided = split(learning, (rest, _CHOOSING, _CHOOSING), spec.seed)
    train = learning.with_documents([*divided.train, *divided.test])
    return Texts(train, divided.validation, judging)


def _subset(corpus: Corpus, count: int | None, seed: int) -> Corpus:
    """At most `count` documents, drawn without replacement and kept in their order."""
    if count is None or count >= len(corpus):
        return corpus
    places = np.sort(np.random.default_rng(seed).permutation(len(corpus))[:count])
    return corpus.with_documents(corpus.documents[place] for place in places)
