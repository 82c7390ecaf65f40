"""Finished explanations, as data."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

import numpy as np
import pandas as pd

from astrid.errors import InputError
from astrid.files import without_surrogates, write_atomic
from astrid.text.document import Span

TargetKind = Literal["probability", "logit", "logit_difference", "value"]


@dataclass(frozen=True)
class TargetValue:
    """Which number was explained: the `kind` of output of class `index`, and its `value`."""

    index: int
    label: str
    value: float
    kind: TargetKind


@dataclass(frozen=True)
class Prediction:
    """What the model answers on the plain text, to the question that the target belongs to.

    `probability` is None for a regression; `probabilities` has all K columns, and the numbers of
    regressions as they are.
    """

    index: int
    label: str
    probability: float | None
    probabilities: tuple[float, ...]

    @property
    def value(self) -> float:
        """The probability of this answer, of two answers in one column too; or the number."""
        return self.probabilities[self.index] if self.probability is None else self.probability


@dataclass(frozen=True, eq=False)
class Explanation:
    """Scores of one text's T tokens and W words by one method.

    Attributes:
        text: the text.
        method: the method's name.
        target: the output that the scores explain.
        prediction: the model's answer on the plain text.
        tokens: names of the pieces, special tokens included.
        token_scores: `[T]` signed contribution of each piece.
        words: the words of the text that the model saw.
        word_scores: `[W]` sum of the scores of each word's pieces.
        offsets: character span of each word.
        completeness_gap: how far the scores miss f(x) − f(baseline), absolute; None where the
            method makes no such promise.
        evaluations: rows that the model ran.
        truncated: whether the model saw only the text's beginning.
        converged: whether an adaptive method reached its tolerance before its limit; None where
            there was no tolerance.
        special_share: share of Σ|score| that lies on tokens belonging to no word, in [0, 1].
        precision: what the model's weights were held in.
        standard_errors: `[T]` of the token scores, where they come from a sample that tells; those
            of one word's pieces add up to the word's.
    """

    text: str
    method: str
    target: TargetValue
    prediction: Prediction
    tokens: tuple[str, ...]
    token_scores: np.ndarray
    words: tuple[str, ...]
    word_scores: np.ndarray
    offsets: tuple[Span, ...]
    completeness_gap: float | None
    evaluations: int
    truncated: bool
    special_share: float
    converged: bool | None = None
    precision: str = "float32"
    standard_errors: np.ndarray | None = None

    def to_dict(self) -> dict[str, object]:
        """The object that `astrid explain --json` prints, plain values only."""
        return {
            "text": self.text,
            "method": self.method,
            "target": {
                "index": self.target.index,
                "label": self.target.label,
                "value": self.target.value,
                "kind": self.target.kind,
            },
            "prediction": {
                "label": self.prediction.label,
                "probability": self.prediction.probability,
            },
            "tokens": list(self.tokens),
            "token_scores": [float(score) for score in self.token_scores],
            "words": list(self.words),
            "word_scores": [float(score) for score in self.word_scores],
            "offsets": [list(span) for span in self.offsets],
            "completeness_gap": self.completeness_gap,
            "converged": self.converged,
            "evaluations": self.evaluations,
            "truncated": self.truncated,
            "special_share": self.special_share,
            "precision": self.precision,
            "standard_errors": None
            if self.standard_errors is None
            else [float(error) for error in self.standard_errors],
        }


class Explanations(Sequence[Explanation]):
    """Explanations of several texts, in the order of the texts."""

    def __init__(self, items: Sequence[Explanation]) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> Explanation: ...
    @overload
    def __getitem__(self, index: slice) -> "Explanations": ...
    def __getitem__(self, index: int | slice) -> "Explanation | Explanations":
        return Explanations(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self._items)

    def save(self, path: str | Path) -> None:
        """Write one record a text: JSON lines to `….jsonl`, a table to `….parquet`.

        Halves of surrogate pairs, which black boxes may be asked about, are escapes in the JSON
        (`\\ud800`), which every reader turns back; Parquet can't hold them: there U+FFFD stands for
        each.

        Raises:
            InputError: another ending, or the place can't be written; nothing is left half-written.
        """
        path = Path(path)
        rows = [item.to_dict() for item in self._items]
        if path.suffix == ".jsonl":
            lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows]
            text = "".join(f"{line}\n" for line in lines)
            # Only surrogates can't be encoded; Python's escape of them is also JSON's.
            write_atomic(path, text.encode("utf-8", "backslashreplace"))
        elif path.suffix == ".parquet":
            buffer = io.BytesIO()
            # Through JSON, which holds all their values exactly, all strings are mended at once.
            rows = json.loads(without_surrogates(json.dumps(rows, ensure_ascii=False)))
            pd.DataFrame(rows).to_parquet(buffer, index=False)
            write_atomic(path, buffer.getvalue())
        else:
            raise InputError(f"{path}: call the file something.jsonl or something.parquet")

    def to_frame(self) -> pd.DataFrame:
        """One row a word: text number, word, span, score, and the explanation's target."""
        rows = [
            (number, item.method, item.target.label, word, start, end, float(score))
            for number, item in enumerate(self._items)
            for word, (start, end), score in zip(
                item.words, item.offsets, item.word_scores, strict=True
            )
        ]
        columns = ["text", "method", "target", "word", "start", "end", "score"]
        return pd.DataFrame(rows, columns=columns)
