"""The embedded corpus: made-up case facts whose deciding evidence is known word by word."""

from dataclasses import dataclass
from random import Random
from typing import Any

from pydantic import Field

from astrid.spec import Spec
from astrid.text.document import Corpus, Document, Span
from astrid.text.sources import _verdicts_words as words
from astrid.text.sources._noise import labels_to_flip
from astrid.text.sources._verdicts_text import (
    Evidence,
    draw_evidence,
    evidence_sentence,
    filler_sentence,
    opening,
)

CLASSES = ("second party wins", "first party wins")

_SHORTCUT_AGREES = 0.95
_FILLERS = (0, 0, 1)  # irrelevant sentences beside several pieces of evidence
_PIECES = (1, 1, 1, 1, 1, 2, 2, 3)  # pieces of evidence in a case, as often as they stand here


class Params(Spec):
    """Which cases to make.

    Attributes:
        seed: every other setting equal, the same seed gives the same corpus.
        train: number of training cases; each split has a random stream of its own.
        validation: number of validation cases.
        test: number of test cases.
        label_noise: share of labels flipped, in every split; one minus it is the best accuracy.
        negation: share of clauses that are denied or taken back.
        shortcut: whether one town's name goes with the label in training, and only there.
    """

    seed: int = 0
    train: int = Field(default=3000, ge=1)
    validation: int = Field(default=400, ge=1)
    test: int = Field(default=400, ge=1)
    label_noise: float = Field(default=0.04, ge=0.0, le=0.5)
    negation: float = Field(default=0.25, ge=0.0, le=1.0)
    shortcut: bool = False


@dataclass(frozen=True)
class _Case:
    text: str
    rationale: tuple[Span, ...]


def load(params: Params) -> Corpus:
    """Make the corpus: task `label`, evidence as rationales, a split on every document.

    The verdict is the sign of the summed weights of the evidence, never zero; then
    `label_noise` of the labels are flipped, as many in either class.

    >>> corpus = load(Params(train=4, validation=2, test=2))
    >>> corpus.classes, [document.split for document in corpus][3:6]
    (('second party wins', 'first party wins'), ['train', 'validation', 'validation'])
    """
    documents: list[Document] = []
    best: dict[str, float] = {}
    for split, size in (
        ("train", params.train),
        ("validation", params.validation),
        ("test", params.test),
    ):
        made, flipped = _split(params, split, size)
        documents += made
        best[split] = 1 - flipped / size
    facts: dict[str, Any] = {
        "best_accuracy": 1 - params.label_noise,
        "best_accuracy_per_split": best,
        "shortcut_word": words.SHORTCUT if params.shortcut else None,
    }
    return Corpus("verdicts", tuple(documents), {"label": CLASSES}, facts)


def _split(params: Params, split: str, size: int) -> tuple[list[Document], int]:
    """The documents of a split, and how many of their labels are flipped."""
    rng = Random(f"verdicts/{params.seed}/{split}")
    noise = Random(f"verdicts/{params.seed}/{split}/noise")
    court = Random(f"verdicts/{params.seed}/{split}/court")
    verdicts = [number % 2 for number in range(size)]
    rng.shuffle(verdicts)
    flipped = labels_to_flip(noise, verdicts, params.label_noise)
    documents = []
    for number, verdict in enumerate(verdicts):
        label = 1 - verdict if number in flipped else verdict
        town = _town(court, params.shortcut, label if split == "train" else None)
        case = _case(rng, params.negation, verdict, town)
        documents.append(
            Document(f"{split}-{number}", case.text, {"label": label}, case.rationale, split)
        )
    return documents, len(flipped)


def _town(rng: Random, shortcut: bool, label: int | None) -> str:
    """The town of the court; with a shortcut, tied to `label`, or to a coin where that is None."""
    town, chance, coin = rng.choice(words.TOWNS), rng.random(), rng.random()
    if not shortcut:
        return town
    tied = coin < 0.5 if label is None else (chance < _SHORTCUT_AGREES) == bool(label)
    return words.SHORTCUT if tied else town


def _case(rng: Random, negation: float, verdict: int, town: str) -> _Case:
    """One case that ends in `verdict` (1: the first party wins)."""
    evidence = _decisive(rng, negation, verdict)
    fillers = rng.choice(_FILLERS) if len(evidence) > 1 else 1
    order: list[Evidence | None] = [*evidence, *[None] * fillers]
    rng.shuffle(order)
    text = ""
    rationale: list[Span] = []
    for place, piece in enumerate(order):
        opener = f"Before the court of {town}" if place == 0 else opening(rng)
        start = len(text) + bool(text)
        if piece is None:
            sentence = filler_sentence(rng, negation / 4, opener)
        else:
            sentence, (first, last) = evidence_sentence(rng, piece, opener)
            rationale.append((start + first, start + last))
        text = f"{text} {sentence}".lstrip()
    return _Case(text, tuple(rationale))


def _decisive(rng: Random, negation: float, verdict: int) -> list[Evidence]:
    """Pieces of evidence, clauses all different, whose weights sum to the side of `verdict`."""
    while True:
        pieces = [draw_evidence(rng, negation) for _ in range(rng.choice(_PIECES))]
        balance = sum(piece.weight for piece in pieces)
        different = len({piece.clause for piece in pieces}) == len(pieces)
        if balance and different and (balance > 0) == bool(verdict):
            return pieces
