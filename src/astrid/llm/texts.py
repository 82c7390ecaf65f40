"""The texts of a run: to learn from, to choose the epoch by, to judge on."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from astrid import plugins
from astrid.errors import InputError
from astrid.llm.spec import LlmSpec
from astrid.spec import checked, nearest
from astrid.text.document import Corpus
from astrid.text.load import SOURCES, DataSpec, load_corpus
from astrid.text.sources import folder, hub
from astrid.text.sources._parts import SPLITS
from astrid.text.splits import split, without_case

_FRACTIONS = (0.6, 0.1, 0.3)
"""Of data that come as one piece: to learn from, to choose the epoch by, to judge on."""

_CHOOSING = 0.1
"""Share of the texts to learn from that choose the epoch, where the data come in two pieces."""

_LEARNT_FOR_ONE, _FEWEST = 5, 50
"""One text at most chooses the epoch for so many that are learnt from; never fewer than these."""


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


def load_texts(spec: LlmSpec, token: str | None = None) -> Texts:
    """The data that `spec` names, cut to its subsets.

    A file, also one that is alone in a folder, and a source by name is divided in three, and so is
    one split that is named twice; of a folder and of a hub's data set the two splits are taken, and
    a tenth of what is learnt from chooses the epoch. Texts of both splits, whatever their case and
    white space, are judged and not learnt from.

    Args:
        spec: which data.
        token: for gated data sets of the hub; never written anywhere.

    Raises:
        InputError: no such data, column or split, fewer than two labels, or too few texts.
    """
    if spec.dataset_name in plugins.names(SOURCES) or _path(spec).is_file():
        whole = _in_one_piece(spec)
    else:
        whole = _in_splits(spec, token)
    learnt = subset(whole.train, spec.train_subset, spec.seed)
    # More would cost more than they tell: they are read again after every epoch.
    checking = max(_FEWEST, len(learnt) // _LEARNT_FOR_ONE)
    return Texts(
        learnt,
        subset(whole.validation, checking, spec.seed),
        subset(whole.evaluation, spec.eval_subset, spec.seed),
    )


def _path(spec: LlmSpec) -> Path:
    return Path(spec.dataset_name).expanduser()


def _in_one_piece(spec: LlmSpec) -> Texts:
    return _divided(kept(load_corpus(_local(spec)), spec.label_space), spec.seed)


def _divided(corpus: Corpus, seed: int) -> Texts:
    splits = split(corpus, _FRACTIONS, seed)
    return Texts(splits.train, splits.validation, splits.test)


def kept(corpus: Corpus, labels: tuple[str, ...] | None) -> Corpus:
    """The documents with one of `labels`, which are names or numbers.

    Numbers are those that the data have for their labels; where they have none, those of the
    names in sorted order.

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
    numbers = corpus.facts.get("label_numbers") or dict(zip(map(str, count()), names, strict=False))
    found = set()
    for label in labels:
        name = label if label in names else numbers.get(label)
        if name is None:
            raise InputError(
                f'--label-space: {corpus.name} has no label "{label}"; {nearest(label, names)}'
            )
        found.add(name)
    return found


def _local(spec: LlmSpec) -> DataSpec:
    if spec.dataset_name in plugins.names(SOURCES):
        return DataSpec(source=spec.dataset_name, fractions=_FRACTIONS, seed=spec.seed)
    params = {"path": spec.dataset_name, **_fields(spec)}
    return DataSpec(source="file", params=params, fractions=_FRACTIONS, seed=spec.seed)


def _fields(spec: LlmSpec) -> dict[str, object]:
    return {"text_field": spec.text_field, "label_field": spec.label_field}


def _in_splits(spec: LlmSpec, token: str | None) -> Texts:
    whole = spec.eval_split if spec.train_split == spec.eval_split else _only_file(spec)
    if whole is not None:
        return _divided(kept(_part(spec, whole, token), spec.label_space), spec.seed)
    learning, judging = (
        kept(_part(spec, name, token), spec.label_space)
        for name in (spec.train_split, spec.eval_split)
    )
    if learning.classes != judging.classes:
        raise InputError(
            f"{spec.dataset_name}: the splits {spec.train_split} ({', '.join(learning.classes)}) "
            f"and {spec.eval_split} ({', '.join(judging.classes)}) have different labels; name "
            "those that both have with --label-space"
        )
    judged = {without_case(text) for text in judging.texts}
    apart = learning.with_documents(d for d in learning if without_case(d.text) not in judged)
    rest = 1 - 2 * _CHOOSING
    divided = split(apart, (rest, _CHOOSING, _CHOOSING), spec.seed)
    train = apart.with_documents([*divided.train, *divided.test])
    return Texts(train, divided.validation, judging)


def _only_file(spec: LlmSpec) -> str | None:
    """Of a folder with one file, whose name is that of no split, this name."""
    names = list(folder.split_files(_path(spec))) if _path(spec).is_dir() else []
    return names[0] if len(names) == 1 and names[0] not in SPLITS else None


def _part(spec: LlmSpec, name: str, token: str | None) -> Corpus:
    wanted = {"split": name, **_fields(spec)}
    if _path(spec).is_dir():
        params = {"path": spec.dataset_name, **wanted}
        return load_corpus(DataSpec(source="folder", params=params))
    if not _may_be_on_hub(spec.dataset_name):
        raise InputError(
            f"{spec.dataset_name}: no such file or folder; give one, a hub id (owner/name) or a "
            f"source ({', '.join(plugins.names(SOURCES))})"
        )
    # Not as settings of a source: those are written down, and a token never is.
    return hub.load(checked(hub.Params, {"name": spec.dataset_name, **wanted}, "data"), token)


def _may_be_on_hub(name: str) -> bool:
    path = Path(name)
    return (
        not path.is_absolute()
        and not name.startswith((".", "~"))
        and name.count("/") <= 1
        and path.suffix.lower() not in folder.KINDS
    )


def subset(corpus: Corpus, count: int | None, seed: int) -> Corpus:
    """At most `count` documents, drawn without replacement and kept in their order."""
    if count is None or count >= len(corpus):
        return corpus
    places = np.sort(np.random.default_rng(seed).permutation(len(corpus))[:count])
    return corpus.with_documents(corpus.documents[place] for place in places)
