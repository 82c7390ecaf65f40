"""A labelled text, and a named collection of them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from astrid.errors import InputError

Span = tuple[int, int]
"""A half-open range of character positions in a text."""


@dataclass(frozen=True)
class Document:
    """One text with its labels and, where known, the evidence for them.

    Attributes:
        id: unique within a corpus.
        text: what a model reads.
        labels: the class of each task, by index into the corpus' label names; single-task
            corpora use the task name `label`.
        rationale: character spans of the evidence, sorted and disjoint; empty where there is no
            evidence, None where it is not known.
        split: the split its source assigns: `train`, `validation` or `test`; None where it
            assigns none.
        group: what the text belongs to besides, such as the person who wrote it: documents of one
            group never fall in two splits, and are judged together; None for no group.

    >>> Document("1", "He paid.", {"label": 1}, ((3, 7),)).evidence()
    ['paid']
    """

    id: str
    text: str
    labels: Mapping[str, int] = field(default_factory=dict)
    rationale: tuple[Span, ...] | None = None
    split: str | None = None
    group: str | None = None

    @property
    def label(self) -> int:
        """The class index of the task `label`; KeyError where the document has none."""
        return self.labels["label"]

    def evidence(self) -> list[str]:
        """The stretches of text that the rationale covers."""
        return [self.text[start:end] for start, end in self.rationale or ()]


@dataclass(frozen=True)
class Corpus:
    """Documents in a fixed order, with the names of each task's classes.

    Attributes:
        name: of the source.
        documents: at least one.
        label_names: the classes of each task, in the order of their indices.
        facts: what the source knows about the corpus (best possible accuracy, skipped rows, …).
    """

    name: str
    documents: tuple[Document, ...]
    label_names: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.documents)

    def __iter__(self) -> Iterator[Document]:
        return iter(self.documents)

    @property
    def several(self) -> bool:
        """Whether its documents have named tasks, and not the one task `label`."""
        return bool(self.label_names) and set(self.label_names) != {"label"}

    @property
    def texts(self) -> list[str]:
        return [document.text for document in self.documents]

    @property
    def labels(self) -> list[int]:
        """Class indices of the task `label`."""
        self._require_one_task()
        return [document.label for document in self.documents]

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of the task `label`."""
        self._require_one_task()
        return self.label_names["label"]

    def _require_one_task(self) -> None:
        if "label" not in self.label_names and self.label_names:
            raise InputError(
                f"{self.name}: its documents have the tasks {', '.join(self.label_names)}, and "
                "this works with one label a document; choose one of them as the label"
            )

    def with_documents(self, documents: Iterable[Document]) -> "Corpus":
        """The same corpus with other documents."""
        return Corpus(self.name, tuple(documents), self.label_names, self.facts)

    def fingerprint(self) -> str:
        """16 hex digits that change when any id, text, label, group or class name does."""
        hashed = hashlib.sha256(repr(sorted(self.label_names.items())).encode())
        for document in self.documents:
            row: tuple[object, ...] = (
                document.id,
                document.text,
                sorted(document.labels.items()),
            )
            # Only where it is set: a corpus without groups keeps the fingerprint it always had.
            if document.group is not None:
                row = (*row, document.group)
            hashed.update(repr(row).encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()[:16]
