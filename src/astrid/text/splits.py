"""Dividing a corpus into training, validation and test documents."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astrid.errors import InputError
from astrid.text.document import Corpus, Document
from astrid.text.words import find_words

NAMES = ("train", "validation", "test")

Fractions = tuple[float, float, float]
_Class = tuple[tuple[str, int], ...]
_Unit = tuple[str, str]

COPY_WORDS = 5
"""Words of the shortest text that joins the groups that hold it.

"Welcome!" and "double post" are what anybody says. They are no copies, and would join most people
of a large forum to one another.
"""


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
    a distinct text. Texts of fewer than `COPY_WORDS` words join no groups. The fractions are those
    of units. Every split has a document, and every class where it has three units; a unit with
    groups counts for its commonest class. The division depends on the documents, the fractions
    and the seed, not on the process or the order of the documents.

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
    classes: dict[_Class, list[_Unit]] = defaultdict(list)
    for unit in sorted(units):
        classes[_stratum(units[unit])].append(unit)
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
    drawn: dict[_Unit, int] = {}
    filled = np.zeros(len(shares))
    for name in sorted(classes):
        drawing = [classes[name][place] for place in generator.permutation(len(classes[name]))]
        counts = _counts(len(drawing), shares, filled)
        filled += counts
        drawn.update(zip(drawing, np.repeat(np.arange(len(counts)), counts).tolist(), strict=True))
    _fill_empty(drawn, parts)
    return {document.id: drawn[name] for name, unit in units.items() for document in unit}


def without_case(text: str) -> str:
    """What texts have in common that count as one.

    >>> without_case("What  a\\nDay")
    'what a day'
    """
    return " ".join(text.casefold().split())


def _units(documents: Sequence[Document]) -> dict[_Unit, list[Document]]:
    """The documents that move together, by the first of their texts in the alphabet."""
    texts = [without_case(document.text) for document in documents]
    marks = ["" if document.group is None else f"={document.group}" for document in documents]
    names = [
        (text, mark) if not mark else ("", mark) for text, mark in zip(texts, marks, strict=True)
    ]
    joined = _joined(names, texts)
    parts: dict[_Unit, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        parts[joined.get(name, name)].append(place)
    return {
        min((texts[place], marks[place]) for place in part): [documents[place] for place in part]
        for part in parts.values()
    }


def _joined(names: Sequence[_Unit], texts: Sequence[str]) -> dict[_Unit, _Unit]:
    """For each group, and each text that groups hold a copy of, one name of its whole unit."""
    if not any(mark for _, mark in names):
        return {}
    from scipy.cluster.hierarchy import DisjointSet

    joined: DisjointSet[_Unit] = DisjointSet(names)
    often = (text for text, count in Counter(texts).items() if count > 1)
    copies = {text for text in often if len(find_words(text)) >= COPY_WORDS}
    for (_, mark), text in zip(names, texts, strict=True):
        if mark and text in copies:
            joined.add((text, ""))
            joined.merge((text, ""), ("", mark))
    return {name: joined[name] for name in names}


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


def _counts(units: int, fractions: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """How many of a class' units each split gets: by largest remainder, and one each if it can.

    With too few for one each, train comes first, then the split that is furthest behind.
    """
    share = fractions * units
    counts = np.floor(share).astype(int)
    for place in np.argsort(counts - share, kind="stable")[: units - counts.sum()]:
        counts[place] += 1
    behind = np.where(fractions > 0, filled / np.where(fractions > 0, fractions, 1), np.inf)
    behind[0] = -1
    for place in np.argsort(behind, kind="stable")[: min(units, int((fractions > 0).sum()))]:
        if counts[place] == 0:
            counts[counts.argmax()] -= 1
            counts[place] += 1
    return counts


def _fill_empty(drawn: dict[_Unit, int], parts: Sequence[int]) -> None:
    """Give each empty split a unit of the fullest one: only when every class is that small."""
    for place in parts:
        sizes = Counter(drawn.values())
        if not sizes[place]:
            fullest = max(parts, key=lambda part: sizes[part])
            drawn[max(unit for unit, part in drawn.items() if part == fullest)] = place
