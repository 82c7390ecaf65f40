"""Dividing a corpus into training, validation and test documents."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astrid.errors import InputError
from astrid.text.document import Corpus, Document

NAMES = ("train", "validation", "test")

Fractions = tuple[float, float, float]
_Class = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Splits:
    """Three corpora without a document in common, each in the order of the whole."""

    train: Corpus
    validation: Corpus
    test: Corpus


def split(corpus: Corpus, fractions: Fractions = (0.8, 0.1, 0.1), seed: int = 0) -> Splits:
    """Divide `corpus`, class by class, so that no text and no group is in two splits.

    Texts that differ only in case or white space count as one. Documents that are joined by a
    text or by a group, also through others, move together as one unit: without groups a unit is
    a distinct text. The fractions are those of units. Every split has a document, and every
    class where it has three units; a unit that groups join counts for its commonest class. The
    division depends on the documents, the fractions and the seed, not on the process or the order
    of the documents.

    Where the source assigns a split to every document, that is kept as it is; a split that the
    source leaves empty is taken from its training documents.

    Args:
        corpus: what to divide.
        fractions: of the train, validation and test split; above 0, sum 1.
        seed: of the draw.

    Raises:
        InputError: fractions that make no division, a corpus of one class, too few texts or
            groups, or a group that the source assigns to two splits.

    >>> names = {"label": ("lost", "won")}
    >>> whole = Corpus("tiny", tuple(Document(str(i), f"{i}", {"label": i % 2}) for i in range(20)),
    ...     names)
    >>> parts = split(whole)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (16, 2, 2)
    >>> sorted(parts.test.labels)
    [0, 1]
    """
    _check_fractions(fractions)
    _check_classes(corpus)
    if all(document.split in NAMES for document in corpus):
        places = _assigned(corpus, fractions, seed)
    else:
        places = _draw(corpus, corpus.documents, fractions, seed)
    parts = (
        corpus.with_documents(document for document in corpus if places[document.id] == place)
        for place in range(len(NAMES))
    )
    return Splits(*parts)


def _check_fractions(fractions: Sequence[float]) -> None:
    if len(fractions) != len(NAMES) or min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-6:
        raise InputError(
            f"fractions {tuple(fractions)}: give three numbers above 0 whose sum is 1"
            " (train, validation, test)"
        )


def _check_classes(corpus: Corpus) -> None:
    for task, names in corpus.label_names.items():
        present = {document.labels[task] for document in corpus if task in document.labels}
        if len(present) < 2:
            have = f'only the class "{names[present.pop()]}"' if present else "no labels"
            raise InputError(
                f"{corpus.name}: the documents have {have} for the task {task};"
                " a classifier needs at least two classes"
            )


def _assigned(corpus: Corpus, fractions: Fractions, seed: int) -> dict[str, int]:
    """The source's own splits, the empty ones filled from its training documents."""
    places = {document.id: NAMES.index(str(document.split)) for document in corpus}
    _check_groups(corpus, places)
    there = set(places.values())
    if there == {0, 1, 2}:
        return places
    if 0 not in there:
        raise InputError(f"{corpus.name}: the source assigns no document to the train split")
    train = [document for document in corpus if places[document.id] == 0]
    wanted = [
        fraction if place == 0 or place not in there else 0.0
        for place, fraction in enumerate(fractions)
    ]
    return places | _draw(corpus, train, wanted, seed)


def _check_groups(corpus: Corpus, places: Mapping[str, int]) -> None:
    first: dict[str, int] = {}
    for document in corpus:
        if document.group is None:
            continue
        place = places[document.id]
        before = first.setdefault(document.group, place)
        if place != before:
            raise InputError(
                f'{corpus.name}: the source assigns the group "{document.group[:40]}" to the'
                f" {NAMES[before]} and the {NAMES[place]} split; assign all documents of a group"
                " to one split"
            )


def _draw(
    corpus: Corpus, documents: Sequence[Document], fractions: Sequence[float], seed: int
) -> dict[str, int]:
    """The split of each document id, drawn by class over units."""
    units = _units(documents)
    classes: dict[_Class, list[str]] = defaultdict(list)
    for text in sorted(units):
        classes[_stratum(units[text])].append(text)
    parts = [place for place, fraction in enumerate(fractions) if fraction > 0]
    tasks = [len({d.labels.get(task) for d in documents}) for task in corpus.label_names]
    needed = max(tasks, default=1) + len(parts) - 1
    if len(units) < needed:
        what = "groups of documents" if _grouped(documents) else "distinct texts"
        raise InputError(
            f"{corpus.name}: {len(units)} {what} are too few to divide into"
            f" {len(parts)} splits; give at least {needed}"
        )
    shares = np.asarray(fractions, dtype=float) / sum(fractions)
    generator = np.random.default_rng(seed)
    drawn: dict[str, int] = {}
    filled = np.zeros(len(shares))
    for name in sorted(classes):
        texts = [classes[name][place] for place in generator.permutation(len(classes[name]))]
        counts = _counts(len(texts), shares, filled)
        filled += counts
        drawn.update(zip(texts, np.repeat(np.arange(len(counts)), counts).tolist(), strict=True))
    _fill_empty(drawn, parts)
    return {document.id: drawn[text] for text, unit in units.items() for document in unit}


def _units(documents: Sequence[Document]) -> dict[str, list[Document]]:
    """The documents that move together, by the first of their texts in the alphabet."""
    texts = [" ".join(document.text.casefold().split()) for document in documents]
    unit_of = _joined(documents, texts)
    units: dict[str, list[Document]] = defaultdict(list)
    for document, text in zip(documents, texts, strict=True):
        units[unit_of.get(text, text)].append(document)
    return units


def _joined(documents: Sequence[Document], texts: Sequence[str]) -> dict[str, str]:
    """The unit of each text that stands in a group."""
    if not _grouped(documents):
        return {}
    from scipy.cluster.hierarchy import DisjointSet

    joined: DisjointSet[tuple[str, ...]] = DisjointSet()
    for document, text in zip(documents, texts, strict=True):
        if document.group is not None:
            # A tuple of two is a group: no text is taken for one.
            joined.add((text,))
            joined.add(("group", document.group))
            joined.merge((text,), ("group", document.group))
    units: dict[str, str] = {}
    for subset in joined.subsets():
        members = [node[0] for node in subset if len(node) == 1]
        units |= dict.fromkeys(members, min(members))
    return units


def _grouped(documents: Iterable[Document]) -> bool:
    return any(document.group is not None for document in documents)


def _class(document: Document) -> _Class:
    return tuple(sorted(document.labels.items()))


def _stratum(unit: Sequence[Document]) -> _Class:
    """The class that a unit counts for: of like texts the first, of groups the commonest."""
    if not _grouped(unit):
        return min(map(_class, unit))
    counts = Counter(map(_class, unit))
    return min(counts, key=lambda name: (-counts[name], name))


def _counts(texts: int, fractions: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """How many of a class' texts each split gets: by largest remainder, and one each if it can.

    With too few for one each, train comes first, then the split that is furthest behind.
    """
    share = fractions * texts
    counts = np.floor(share).astype(int)
    for place in np.argsort(counts - share, kind="stable")[: texts - counts.sum()]:
        counts[place] += 1
    behind = np.where(fractions > 0, filled / np.where(fractions > 0, fractions, 1), np.inf)
    behind[0] = -1
    for place in np.argsort(behind, kind="stable")[: min(texts, int((fractions > 0).sum()))]:
        if counts[place] == 0:
            counts[counts.argmax()] -= 1
            counts[place] += 1
    return counts


def _fill_empty(drawn: dict[str, int], parts: Sequence[int]) -> None:
    """Give each empty split a text of the fullest one: only when every class is that small."""
    for place in parts:
        sizes = Counter(drawn.values())
        if not sizes[place]:
            fullest = max(parts, key=lambda part: sizes[part])
            drawn[max(text for text, part in drawn.items() if part == fullest)] = place
