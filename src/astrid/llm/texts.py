"""The texts of a run: to learn from, to choose the epoch by, to judge on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astrid import plugins
from astrid.errors import InputError
from astrid.llm.spec import LlmSpec
from astrid.text.document import Corpus
from astrid.text.load import SOURCES, DataSpec, load_corpus, load_splits
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
    splits = load_splits(_local(spec))
    return Texts(splits.train, splits.validation, splits.test)


def _local(spec: LlmSpec) -> DataSpec:
    if spec.dataset_name in plugins.names(SOURCES):
        return DataSpec(source=spec.dataset_name, fractions=_FRACTIONS, seed=spec.seed)
    params = {"path": spec.dataset_name, **_fields(spec)}
    return DataSpec(source="file", params=params, fractions=_FRACTIONS, seed=spec.seed)


def _fields(spec: LlmSpec) -> dict[str, object]:
    fields: dict[str, object] = {"text_field": spec.text_field, "label_field": spec.label_field}
    return fields if spec.label_space is None else {**fields, "labels": spec.label_space}


def _of_hub(spec: LlmSpec) -> Texts:
    def part(name: str) -> Corpus:
        params = {"name": spec.dataset_name, "split": name, **_fields(spec)}
        return load_corpus(DataSpec(source="hub", params=params))

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
