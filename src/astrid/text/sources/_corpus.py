"""From the rows of a source to a corpus: which rows count, what the classes are."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Row:
    """What a source knows about one text; `text`, `label`, `rationale` as they stand in it."""

    text: Any
    label: Any
    rationale: Any = None
    id: Any = None
    split: str | None = None


def make_corpus(
    name: str,
    where: str,
    rows: Iterable[Row],
    *,
    labels: Sequence[str] | None = None,
    limit: int | None = None,
    rename: Mapping[str, str] | None = None,
) -> Corpus:
    """The corpus of the usable rows, in their order.

    Rows without a text or a label, and with a label that `labels` leaves out, are counted in
    `facts["skipped"]`, by reason.

    Args:
        name: of the source.
        where: the file or data set, for messages.
        rows: all rows.
        labels: the classes to keep, in the order of their indices; None for all, sorted.
        limit: at most so many documents, the first ones.
        rename: the classes' names by the labels in the rows, which may be no others.

    Raises:
        InputError: a row can't be used as it is, a class has no row, or no row is left.
    """
    skipped: Counter[str] = Counter()
    numbered = [
        (number, row, _label(where, number, row, rename)) for number, row in enumerate(rows, 1)
    ]
    classes = _classes(where, [label for _, _, label in numbered if label], labels, rename)
    documents: dict[str, Document] = {}
    for number, row, label in numbered:
        reason = _reason_to_skip(row, label, classes)
        if reason:
            skipped[reason] += 1
            continue
        document = _document(where, number, row, classes.index(str(label)))
        if document.id in documents:
            raise InputError(f'{where}: row {number}: the id "{document.id}" is there twice')
        documents[document.id] = document
        if len(documents) == limit:
            break
    if not documents:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        raise InputError(f"{where}: no row is left to use (left out: {reasons or 'none'})")
    return Corpus(name, tuple(documents.values()), {"label": classes}, {"skipped": dict(skipped)})


def _label(where: str, number: int, row: Row, rename: Mapping[str, str] | None) -> str | None:
    label = _in_row(where, number, lambda: label_name(row.label))
    if label is None or rename is None:
        return label
    if label.lower() not in rename:
        raise InputError(f'{where}: row {number}: the label "{label}" is none of {list(rename)}')
    return rename[label.lower()]


def _classes(
    where: str,
    found: Sequence[str],
    labels: Sequence[str] | None,
    rename: Mapping[str, str] | None,
) -> tuple[str, ...]:
    known = list(dict.fromkeys(rename.values())) if rename else sorted(set(found), key=_order)
    if labels is None:
        return tuple(known)
    if len(set(labels)) < len(labels):
        raise InputError(f"labels {list(labels)}: a class is there twice")
    for label in labels:
        if label not in known:
            shown = ", ".join(known[:20])
            raise InputError(f'{where}: no row has the label "{label}"; the labels are: {shown}')
    return tuple(labels)


def _order(label: str) -> tuple[bool, float, str]:
    """Numbers first, by their value; then words, by the alphabet."""
    try:
        number = float(label)
    except ValueError:
        return True, 0.0, label
    return number != number, 0.0 if number != number else number, label


def _reason_to_skip(row: Row, label: str | None, classes: Sequence[str]) -> str | None:
    if is_blank(row.text):
        return "without text"
    if label is None:
        return "without label"
    return None if label in classes else "with another label"


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


def _document(where: str, number: int, row: Row, label: int) -> Document:
    text = text_of(where, number, row.text)
    identity = str(number) if row.id is None else str(row.id)
    spans: tuple[Span, ...] | None = _in_row(
        where, number, lambda: find_rationale(row.rationale, text)
    )
    return Document(identity, text, {"label": label}, spans, row.split)


def _in_row(where: str, number: int, act: Callable[[], T]) -> T:
    """What `act` returns, its ValueError told with the row."""
    try:
        return act()
    except ValueError as error:
        raise InputError(f"{where}: row {number}: {error}") from None
