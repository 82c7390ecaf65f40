"""Embedded tweets with their sentiment, whose evidence is known word by word: no download."""

import zlib
from dataclasses import dataclass
from random import Random
from typing import Any

from pydantic import Field

from astrid.spec import Spec
from astrid.text.document import Corpus, Document, Span
from astrid.text.sources._noise import labels_to_change
from astrid.text.sources._tweets_text import (
    Part,
    between,
    ending,
    evidence_part,
    opening,
    plain_part,
)

SENTIMENTS = ("negative", "neutral", "positive")

_MIXED = 0.3  # share of neutral tweets with evidence for both sides
_TWO_PIECES = 0.3  # share of the other tweets with two pieces of evidence
_SHARES = {"train": range(0, 6), "validation": range(6, 8), "test": range(8, 10)}


class Params(Spec):
    """Which tweets to make.

    Attributes:
        seed: every other setting equal, the same seed gives the same corpus.
        train: number of tweets to train on; each split has a random stream of its own.
        validation: number of tweets in the validation split.
        test: number of tweets in the test split.
        label_noise: share of labels that are changed, in every split; one minus it is the best
            accuracy.
        negation: share of cues that are turned round ("not awful").
    """

    seed: int = 0
    train: int = Field(default=3000, ge=3)
    validation: int = Field(default=500, ge=3)
    test: int = Field(default=1000, ge=3)
    label_noise: float = Field(default=0.04, ge=0.0, le=0.5)
    negation: float = Field(default=0.3, ge=0.0, le=1.0)


@dataclass(frozen=True)
class _Tweet:
    text: str
    rationale: tuple[Span, ...]


def load(params: Params) -> Corpus:
    """Make the corpus: task `label`, evidence as rationales, a split on every document.

    The sentiment is the sign of the summed weights of the evidence; a neutral tweet has none, or
    as much for either side. Then `label_noise` of the labels are changed. No text occurs twice,
    and which split a text may be in depends on the text alone: with no seed and no size does a
    text of one split come up in another.

    >>> corpus = load(Params(train=4, validation=3, test=3))
    >>> corpus.classes, [document.split for document in corpus][3:5]
    (('negative', 'neutral', 'positive'), ['train', 'validation'])
    """
    documents: list[Document] = []
    best: dict[str, float] = {}
    sizes = {"train": params.train, "validation": params.validation, "test": params.test}
    for split, size in sizes.items():
        made, changed = _split(params, split, size)
        documents += made
        best[split] = 1 - changed / size
    facts: dict[str, Any] = {
        "best_accuracy": 1 - params.label_noise,
        "best_accuracy_per_split": best,
    }
    return Corpus("tweets_generated", tuple(documents), {"label": SENTIMENTS}, facts)


def _split(params: Params, split: str, size: int) -> tuple[list[Document], int]:
    """The documents of a split, and how many of their labels are changed."""
    rng = Random(f"tweets_generated/{params.seed}/{split}")
    noise = Random(f"tweets_generated/{params.seed}/{split}/noise")
    sentiments = [number % 3 for number in range(size)]
    rng.shuffle(sentiments)
    changed = labels_to_change(noise, sentiments, 3, params.label_noise)
    documents = []
    seen: set[str] = set()
    for number, sentiment in enumerate(sentiments):
        tweet = _new_tweet(rng, params.negation, sentiment, split, seen)
        label = {"label": changed.get(number, sentiment)}
        documents.append(Document(f"{split}-{number}", tweet.text, label, tweet.rationale, split))
    return documents, len(changed)


def _new_tweet(rng: Random, negation: float, sentiment: int, split: str, seen: set[str]) -> _Tweet:
    """A tweet that isn't in `seen`, to which it is added, and whose text belongs to `split`."""
    while True:
        tweet = _tweet(rng, negation, sentiment)
        share = zlib.crc32(tweet.text.lower().encode()) % 10
        if share in _SHARES[split] and tweet.text.lower() not in seen:
            seen.add(tweet.text.lower())
            return tweet


def _tweet(rng: Random, negation: float, sentiment: int) -> _Tweet:
    """A tweet of one to three sentences."""
    parts = _decisive(rng, negation, sentiment - 1)
    # As many sentences, and as long, whatever the sentiment.
    wanted = max(rng.choice((2, 2, 3)), len(parts))
    parts += [plain_part(rng, negation) for _ in range(wanted - len(parts))]
    rng.shuffle(parts)
    text = opening(rng)
    rationale: list[Span] = []
    for place, part in enumerate(parts):
        text += (between(rng) if place else "") + part.before
        if part.evidence:
            rationale.append((len(text), len(text) + len(part.evidence)))
        text += part.evidence + part.after
    return _Tweet(text + ending(rng), tuple(rationale))


def _decisive(rng: Random, negation: float, side: int) -> list[Part]:
    """Sentences with evidence whose weights sum to `side`'s sign; none for most neutral tweets."""
    if side == 0 and rng.random() >= _MIXED:
        return []
    sides = (1, -1) if side == 0 else (side,) * (2 if rng.random() < _TWO_PIECES else 1)
    while True:
        parts = [evidence_part(rng, negation, each) for each in sides]
        balance = sum(part.weight for part in parts)
        different = len({part.evidence for part in parts}) == len(parts)
        if different and (balance > 0) - (balance < 0) == side:
            return parts
