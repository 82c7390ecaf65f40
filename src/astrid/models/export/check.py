"""Does the exported graph answer as the model does?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from astrid.errors import InputError
from astrid.models.protocol import Batch, EncodedText
from astrid.models.text_model import TransformerClassifier
from astrid.progress import Advance, silent

LIMIT = 1e-4
"""Largest difference of logits that an export may have."""

LONGEST = 2048
"""Words of the longest text that is checked, where the model reads so many."""

TEXTS = (
    "won",
    "It's a good day for everyone!",
    "The court found no evidence that the tenant had paid the rent, and he was heard twice.",
    "Ça alors, l'été à Zürich: 37 °C – naïve façade?",
    "今天天气很好。 Это хорошо. 🙂👩‍👩‍👧 مرحبا",
    "UPPER lower 1,234.56 € e\u0301 \u200b http://example.org/?a=b&c=d",
)


@dataclass(frozen=True)
class Parity:
    """How far the graph is from the model.

    Attributes:
        largest_difference: of any logit, on any text, alone or in a batch.
        texts: how many were compared.
        longest: tokens of the longest one.
        padded: whether batches of several lengths were among them.
    """

    largest_difference: float
    texts: int
    longest: int
    padded: bool


def pad_id(model: TransformerClassifier) -> int | None:
    """The token that fills rows of a batch on the right; None where rows can't be filled."""
    settings = model.config.get_text_config()
    if model.decoder:
        # It reads the last token that isn't this one.
        found = getattr(settings, "pad_token_id", None)
        return None if found is None or found < 0 else int(found)
    if not model.pads:
        return None
    return model.token_ids.pad or 0


def check_graph(
    model: TransformerClassifier, file: Path, names: Sequence[str], advance: Advance = silent
) -> Parity:
    """Compare graph and model: texts alone, in batches, filled up, and as long as it reads.

    Each text is run as it is, and with every word drawn anew from the whole vocabulary.

    Args:
        model: what was exported.
        file: the graph.
        names: of its inputs.
        advance: told of each batch; there are `BATCHES` at most.

    Raises:
        InputError: they differ by more than `LIMIT`, or onnxruntime can't run the graph.
    """
    rows, filler = _rows(model), pad_id(model)
    expected_RK = np.concatenate([_plain(model, row) for row in rows])
    graph = _Graph(model.name, file, tuple(names), filler or 0)
    difference = 0.0
    for places in _batches([len(row) for row in rows], filler is not None):
        found_BK = graph.logits([rows[place] for place in places])
        difference = max(difference, _difference(model, found_BK, expected_RK[places]))
        advance()
    if difference > LIMIT:
        raise InputError(
            f"{model.name}: the exported graph's logits differ from the model's by "
            f"{difference:.1e}, more than {LIMIT:g}; nothing was written"
        )
    return Parity(difference, len(rows), max(map(len, rows)), filler is not None)


def _rows(model: TransformerClassifier) -> list[EncodedText]:
    """The texts, the longest last, and each again with other words."""
    texts = [*TEXTS, "court " * min(model.max_length, LONGEST)]
    encoded = [model.encode(text) for text in texts]
    added = {int(token) for text in encoded for token in text.ids[text.special]}
    # Ids that mean padding or an end would make another text of it.
    barred = [*added, pad_id(model) or 0]
    words = np.setdiff1d(np.arange(model.token_ids.vocabulary), barred)
    generator = np.random.default_rng(0)
    return [*encoded, *(_redrawn(text, words, generator) for text in encoded)]


def _redrawn(text: EncodedText, words: np.ndarray, generator: np.random.Generator) -> EncodedText:
    drawn = generator.choice(words, size=len(text)) if len(words) else text.ids
    return replace(text, ids=np.where(text.special, text.ids, drawn))


def _batches(lengths: Sequence[int], padded: bool) -> list[list[int]]:
    """Places of the rows that are run together."""
    alone = [[place] for place in range(len(lengths))]
    longest = int(np.argmax(lengths))
    twice = [[place] * 2 for place in (0, longest)]
    if not padded:
        return [*alone, *twice]
    short = [place for place, length in enumerate(lengths) if length < lengths[longest]]
    return [*alone, *twice, [0, longest], *([short, short[::-1]] if short else [])]


BATCHES = len(_batches([1] * (2 * len(TEXTS)) + [2, 2], padded=True))


def _plain(model: TransformerClassifier, row: EncodedText) -> np.ndarray:
    """Logits `[1, K]` of the model itself for one text alone."""
    ids, type_ids = (torch.as_tensor(part[None]) for part in (row.ids, row.type_ids))
    with torch.inference_mode():
        found = model.values(Batch(mask=torch.ones_like(ids), type_ids=type_ids, ids=ids))
    return found.numpy()


def _difference(model: TransformerClassifier, found: np.ndarray, expected: np.ndarray) -> float:
    """The largest one of any logit, and of a number as a share of it where it exceeds 1."""
    scale = np.ones_like(expected)
    for task in model.tasks:
        if task.kind == "number":
            columns = list(task.columns)
            scale[:, columns] = np.maximum(1, np.abs(expected[:, columns]))
    difference = float(np.max(np.abs(found - expected) / scale))
    return difference if np.isfinite(difference) else float("inf")


class _Graph:
    """A graph in onnxruntime, on the processor."""

    def __init__(self, name: str, file: Path, names: tuple[str, ...], filler: int) -> None:
        import onnxruntime

        self._name, self._names, self._filler = name, names, filler
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors alone
        with self._understood():
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )

    def logits(self, rows: Sequence[EncodedText]) -> np.ndarray:
        """`[B, K]` of the rows as one batch, filled up on the right."""
        longest = max(map(len, rows))
        inputs = {
            "input_ids": _filled([row.ids for row in rows], longest, self._filler),
            "attention_mask": _filled([np.ones_like(row.ids) for row in rows], longest, 0),
            "token_type_ids": _filled([row.type_ids for row in rows], longest, 0),
        }
        with self._understood():
            found = self._session.run(None, {name: inputs[name] for name in self._names})[0]
        return np.asarray(found)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Its errors have no class in common but this one.
            lines = str(error).splitlines() or [type(error).__name__]
            raise InputError(
                f"{self._name}: onnxruntime can't run the exported graph ({lines[0][:150]})"
            ) from error


def _filled(rows: Sequence[np.ndarray], length: int, filler: int) -> np.ndarray:
    """`[B, length]` of rows of any lengths."""
    return np.stack([np.pad(row, (0, length - len(row)), constant_values=filler) for row in rows])
