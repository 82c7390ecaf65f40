"""Embedded forum posts of made-up people, whose personality type shows in known phrases.

Four binary tasks, a document a post, in the convention of `astrid.text.personality`. The axes are
independent of one another, and as unequal as in the real data.
"""

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from pydantic import Field, model_validator

from astrid.spec import Spec
from astrid.text.cleaning import clean
from astrid.text.cues import spans_of
from astrid.text.document import Corpus, Document
from astrid.text.personality import AXES, letters
from astrid.text.sources._noise import labels_to_flip
from astrid.text.sources._personality_text import (
    chat_sentence,
    cue_sentence,
    leaking_sentence,
    link,
)
from astrid.text.sources._personality_words import CUES

SHARES = {"ei": 0.23, "sn": 0.86, "tf": 0.46, "jp": 0.40}
"""Share of class 1 (E, N, T, J) among people."""

_CUES_AN_AXIS = 3
_CHAT_BESIDE_CUES = (0, 0, 1)  # sentences, as often as they stand here
_CHAT_ALONE = (1, 1, 2)
_LEAKS = 0.6  # share of posts that name a type, where posts leak
_LINKS = 0.2  # share of posts with a link, where posts leak
_PHRASES = tuple(cue for sides in CUES.values() for side in sides.values() for cue in side)


class Params(Spec):
    """Which people to make.

    Attributes:
        seed: every other setting equal, the same seed gives the same corpus.
        train: number of people to train on; each split has a random stream of its own.
        validation: number of people in the validation split.
        test: number of people in the test split.
        fewest_posts: of a person.
        most_posts: of a person.
        label_noise: share of people whose class is flipped, axis by axis, in every split, as
            many of either class; one minus it is the best accuracy that the cues of all of a
            person's posts allow. With more than 0.12 the cues of a rare class would mean nothing.
        leak: whether posts also name types, nearly always the one that the labels say, and links.
        clean_links: take out links.
        clean_types: take out the names of types.
    """

    seed: int = 0
    train: int = Field(default=600, ge=8)
    validation: int = Field(default=100, ge=8)
    test: int = Field(default=100, ge=8)
    fewest_posts: int = Field(default=6, ge=3)
    most_posts: int = Field(default=10, ge=3)
    label_noise: float = Field(default=0.04, ge=0.0, le=0.12)
    leak: bool = False
    clean_links: bool = True
    clean_types: bool = True

    @model_validator(mode="after")
    def _posts_in_order(self) -> "Params":
        if self.fewest_posts > self.most_posts:
            raise ValueError("fewest_posts is above most_posts; give no more than most_posts")
        return self


@dataclass(frozen=True)
class _Streams:
    """Random streams of a split: one for each matter, so that none shifts another."""

    text: Random
    axes: Random
    noise: Random
    leak: Random


def load(params: Params) -> Corpus:
    """Make the corpus: cues as rationales, a split on every document, the person as its group.

    Each person says three cues of their side of every axis, spread over their posts so that a few
    posts in a row have every axis; some posts have none. `facts["cues"]` lists the cues by axis
    and letter (`evidence_for` of `astrid.text.cues` picks an axis), `facts["best_accuracy"]` is by
    axis and for judging all posts of a person together.

    >>> corpus = load(Params(train=8, validation=8, test=8))
    >>> list(corpus.label_names), corpus.documents[0].id, corpus.documents[0].group
    (['ei', 'sn', 'tf', 'jp'], 'train-0-1', 'train-0')
    """
    documents: list[Document] = []
    best: dict[str, dict[str, float]] = {}
    sizes = {"train": params.train, "validation": params.validation, "test": params.test}
    for split, size in sizes.items():
        made, best[split] = _split(params, split, size)
        documents += made
    facts: dict[str, Any] = {
        "best_accuracy": dict.fromkeys(AXES, 1 - params.label_noise),
        "best_accuracy_per_split": best,
        "cues": {axis: {side: list(cues) for side, cues in CUES[axis].items()} for axis in AXES},
        "leak": params.leak,
    }
    return Corpus("personality", tuple(documents), AXES, facts)


def _split(params: Params, split: str, size: int) -> tuple[list[Document], dict[str, float]]:
    """The documents of a split, and the best accuracy on each axis."""
    streams = _Streams(
        *(Random(f"personality/{params.seed}/{split}/{name}") for name in _Streams.__annotations__)
    )
    true = {axis: _drawn(streams.axes, size, SHARES[axis]) for axis in AXES}
    wrong = {axis: labels_to_flip(streams.noise, true[axis], params.label_noise) for axis in AXES}
    documents: list[Document] = []
    for number in range(size):
        sides = {axis: true[axis][number] for axis in AXES}
        labels = {axis: side ^ (number in wrong[axis]) for axis, side in sides.items()}
        person = f"{split}-{number}"
        for place, text in enumerate(_posts(params, streams, sides, labels), 1):
            spans = spans_of(text, _PHRASES)
            documents.append(Document(f"{person}-{place}", text, labels, spans, split, person))
    return documents, {axis: 1 - len(wrong[axis]) / size for axis in AXES}


def _drawn(rng: Random, size: int, share: float) -> list[int]:
    """Classes in random order, class 1 as often as `share` says, and either at least once."""
    ones = min(max(round(share * size), 1), size - 1)
    classes = [1] * ones + [0] * (size - ones)
    rng.shuffle(classes)
    return classes


def _posts(
    params: Params, streams: _Streams, sides: dict[str, int], labels: dict[str, int]
) -> list[str]:
    """The cleaned posts of a person whose cues are of `sides` and whose type is of `labels`."""
    rng = streams.text
    posts = []
    for cues in _spread(rng, rng.randint(params.fewest_posts, params.most_posts), sides):
        chat = rng.choice(_CHAT_BESIDE_CUES if cues else _CHAT_ALONE)
        sentences = [cue_sentence(rng, cue) for cue in cues]
        sentences += [chat_sentence(rng) for _ in range(chat)]
        rng.shuffle(sentences)
        if params.leak:
            _leak(streams.leak, sentences, letters(labels))
        posts.append(clean(" ".join(sentences), params.clean_links, params.clean_types))
    return posts


def _spread(rng: Random, posts: int, sides: dict[str, int]) -> list[list[str]]:
    """The cues of each of `posts` posts: about a quarter of them has none."""
    chosen = [
        rng.sample(CUES[axis][AXES[axis][side]], _CUES_AN_AXIS) for axis, side in sides.items()
    ]
    # In rounds of one cue an axis, so that no part of the posts lacks an axis for long.
    cues = [cue for turn in zip(*chosen, strict=True) for cue in rng.sample(turn, len(turn))]
    telling = posts - max(1, posts // 4)
    bounds = [round(place * len(cues) / telling) for place in range(telling + 1)]
    spread = [cues[start:end] for start, end in pairwise(bounds)]
    for _ in range(posts - telling):
        spread.insert(rng.randint(0, len(spread)), [])
    return spread


def _leak(rng: Random, sentences: list[str], own: str) -> None:
    """Add to a post's sentences what gives a type away, and links, here and there."""
    if rng.random() < _LEAKS:
        sentences.insert(rng.randint(0, len(sentences)), leaking_sentence(rng, own))
    if rng.random() < _LINKS:
        sentences.insert(rng.randint(0, len(sentences)), link(rng))
