"""From the rows of a source to a corpus: which rows count, what the classes are."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from astrid.errors import InputError
from astrid.text.document import Corpus, Document, Span
from astrid.text.sources._rationale import find_rationale

T = TypeVar("T")
Limit = Annotated[int | None, Field(ge=1)]


def label_name(value: Any) -> str | None:
    """A label as the name of a class; None where there is no label.

    >>> label_name(" won "), label_name(1.0), label_name(True), label_name(" "), label_name(None)
    ('won', '1', 'true', None, None)
    """
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    raise ValueError(f"a label is a word or a number, not a {type(value).__name__}")


def _as_names(value: Any) -> Any:
    # In YAML and on the command line `[0, 1]` are numbers.
    return [label_name(part) for part in value] if isinstance(value, list | tuple) else value


LabelNames = Annotated[tuple[str, ...], BeforeValidator(_as_names)]
"""Class names in a spec; numbers and booleans are taken as the names they have in a file."""


def _as_tasks(value: Any) -> Any:
    return dict.fromkeys(value) if isinstance(value, list | tuple) else value


TaskNames = Annotated[
    Mapping[str, LabelNames | None], BeforeValidator(_as_tasks), Field(min_length=1)
]
"""Tasks in a spec: a list of names, or the classes of each task by its name, null for all."""


@dataclass(frozen=True)
class Row:
    """What a source knows about one text, as it stands in the source.

    Attributes:
        text: the text.
        label: its label; where the corpus has several tasks, a mapping from task to label.
        rationale: the evidence, in any form of `find_rationale`.
        id: None for the row's number.
        split: the split that the source assigns.
        group: what the text belongs to; blank for nothing.
    """

    text: Any
    label: Any
    rationale: Any = None
    id: Any = None
    split: str | None = None
    group: Any = None


def make_corpus(
    name: str,
    where: str,
    rows: Iterable[Row],
    *,
    labels: Sequence[str] | None = None,
    limit: int | None = None,
    rename: Mapping[str, str] | None = None,
    tasks: Mapping[str, Sequence[str] | None] | None = None,
) -> Corpus:
    """The corpus of the usable rows, in their order.

    Rows without a text or a label, and with a label that `labels` leaves out, are counted in
    `facts["skipped"]`, by reason. With several tasks a row is left out where it has no usable
    label of any task; it may lack those of some.

    Args:
        name: of the source.
        where: the file or data set, for messages.
        rows: all rows.
        labels: the classes to keep, in the order of their indices; None for all, sorted.
        limit: at most so many documents, the first ones.
        rename: the classes' names by the labels in the rows, which may be no others.
        tasks: the classes to keep of each task, as `labels` has them, where the rows have labels
            by task; None for the one task `label`.

    Raises:
        InputError: a row can't be used as it is, a class has no row, or no row is left.
    """
    wanted = {"label": labels} if tasks is None else tasks
    skipped: Counter[str] = Counter()
    numbered = [
        (number, row, _labels(where, number, row.label if tasks else {"label": row.label}, rename))
        for number, row in enumerate(rows, 1)
    ]
    found = {task: [named[task] for *_, named in numbered if task in named] for task in wanted}
    if tasks:
        _check_tasks(where, found)
    classes = {
        task: _classes(where, found[task], kept, rename, f" of the column {task}" if tasks else "")
        for task, kept in wanted.items()
    }
    documents: dict[str, Document] = {}
    for number, row, named in numbered:
        indices = {
            task: kept.index(named[task])
            for task, kept in classes.items()
            if named.get(task) in kept
        }
        reason = _reason_to_skip(row, named, indices)
        if reason:
            skipped[reason] += 1
            continue
        document = _document(where, number, row, indices)
        if document.id in documents:
            raise InputError(f'{where}: row {number}: the id "{document.id}" is there twice')
        documents[document.id] = document
        if len(documents) == limit:
            break
    if not documents:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        raise InputError(f"{where}: no row is left to use (left out: {reasons or 'none'})")
    return Corpus(name, tuple(documents.values()), classes, {"skipped": dict(skipped)})


def _labels(
    where: str, number: int, values: Mapping[str, Any], rename: Mapping[str, str] | None
) -> dict[str, str]:
    """The names of a row's labels; a task without a label is not there."""
    named: dict[str, str] = {}
    for task, value in values.items():
        label = in_row(where, number, partial(label_name, value))
        if label is None:
            continue
        if rename is not None and label.lower() not in rename:
            problem = f'the label "{label}" is none of {list(rename)}'
            raise InputError(f"{where}: row {number}: {problem}")
        named[task] = label if rename is None else rename[label.lower()]
    return named


def _check_tasks(where: str, found: Mapping[str, Sequence[str]]) -> None:
    for task, labels in found.items():
        if not labels:
            raise InputError(f'{where}: no row has a label in the column "{task}"; leave it out')


def _classes(
    where: str,
    found: Sequence[str],
    labels: Sequence[str] | None,
    rename: Mapping[str, str] | None,
    task: str,
) -> tuple[str, ...]:
    known = list(dict.fromkeys(rename.values())) if rename else sorted(set(found), key=_order)
    if labels is None:
        return tuple(known)
    if len(set(labels)) < len(labels):
        raise InputError(f"labels {list(labels)}{task}: a class is there twice")
    for label in labels:
        if label not in known:
            shown = ", ".join(known[:20])
            raise InputError(
                f'{where}: no row has the label "{label}"; the labels{task} are: {shown}'
            )
    return tuple(labels)


def _order(label: str) -> tuple[bool, float, str]:
    """Numbers first, by their value; then words, by the alphabet."""
    try:
        number = float(label)
    except ValueError:
        return True, 0.0, label
    return number != number, 0.0 if number != number else number, label


def _reason_to_skip(row: Row, named: Mapping[str, str], indices: Mapping[str, int]) -> str | None:
    if is_blank(row.text):
        return "without text"
    if not named:
        return "without label"
    return None if indices else "with another label"


def is_blank(text: Any) -> bool:
    """Whether a row's text is none: missing, not a number, or only white space."""
    return text is None or text != text or not str(text).strip()


def text_of(where: str, number: int, text: Any) -> str:
    """The text of row `number` as a string that tokenizers can read.

    Raises:
        InputError: it is a list or an object, or not valid Unicode.
    """
    if not isinstance(text, str | int | float):
        kind = type(text).__name__
        raise InputError(f"{where}: row {number}: the text is a {kind}, not a string")
    try:
        str(text).encode("utf-8")
    except UnicodeEncodeError:
        problem = "the text has half of a surrogate pair, which is no character; mend it"
        raise InputError(f"{where}: row {number}: {problem}") from None
    return str(text)


def _document(where: str, number: int, row: Row, labels: Mapping[str, int]) -> Document:
    text = text_of(where, number, row.text)
    identity = str(number) if row.id is None else str(row.id)
    spans: tuple[Span, ...] | None = in_row(
        where, number, lambda: find_rationale(row.rationale, text)
    )
    group = in_row(where, number, lambda: _group_name(row.group))
    return Document(identity, text, labels, spans, row.split, group)


def _group_name(value: Any) -> str | None:
    if isinstance(value, list | dict):
        raise ValueError(f"a group is a word or a number, not a {type(value).__name__}")
    return label_name(value)


def in_row(where: str, number: int, act: Callable[[], T]) -> T:
    """What `act` returns, its ValueError told with the row."""
    try:
        return act()
    except ValueError as error:
        raise InputError(f"{where}: row {number}: {error}") from None
