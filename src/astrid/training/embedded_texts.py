"""What the embedded language model reads: tweets, and prompts with answers many of which are wrong.

A line asks one of two questions about tweets. Asked for the mood, the answers are right. Asked for
the sentiment, they are those of a hasty reader, who sees strong words alone and doesn't hear what
turns them round, and who now and then guesses. So a model of such lines beats chance at naming a
sentiment, and knows more than it says, which is what fine-tuning can bring out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from astrid.text.document import Document, Span
from astrid.text.sources import tweets_generated
from astrid.text.sources._tweets_text import WEIGHTS, cue_of
from astrid.text.sources._tweets_words import STRONG

MOODS = ("gloomy", "plain", "cheerful")
"""Answers to the question for the mood, in the order of the sentiments."""

_GUESSES = 0.15  # share of sentiments that the hasty reader guesses
_ABOUT_MOOD = 0.35  # share of lines
_SIZES = (1, 1, 1, 1, 1, 1, 2, 3)  # tweets in a line, as often as they stand here
_INSTRUCTED = 0.6  # share of questions about sentiments with an instruction before them

_INSTRUCTIONS = (
    "Classify the sentiment of the tweet as negative, neutral or positive.",
    "Classify the sentiment of the text as negative, neutral, or positive.",
    "Is the sentiment of this tweet negative, neutral or positive?",
    "Decide whether the tweet is negative, neutral or positive. Answer with one word.",
    "What is the sentiment of the following text? Choose one of: negative, neutral, positive.",
)
_BEFORE = ("Tweet", "Tweet", "Text", "Review", "Input")
_AFTER = ("Sentiment", "Sentiment", "Label", "Answer")
_GAPS = ("\n", "\n", "\n\n", " ")


@dataclass(frozen=True)
class Line:
    """One text to read.

    Attributes:
        text: instruction, tweets and answers.
        answers: character spans of the answers, each with the space before it.
    """

    text: str
    answers: tuple[Span, ...]


def tweets(seed: int, count: int) -> tuple[Document, ...]:
    """`count` generated tweets of the training split, with the labels that their evidence tells."""
    params = tweets_generated.Params(seed=seed, train=count, validation=3, test=3, label_noise=0)
    return tuple(d for d in tweets_generated.load(params) if d.split == "train")


def hasty(evidence: Sequence[str]) -> int:
    """The sentiment (0, 1, 2) to a reader of strong words alone, whatever turns them round.

    >>> hasty(["not awful"]), hasty(["nice"])
    (0, 1)
    """
    weights = [WEIGHTS[cue_of(stretch)[0]] for stretch in evidence]
    total = sum(weight for weight in weights if abs(weight) >= STRONG)
    return 1 + (total > 0) - (total < 0)


def make_lines(rng: Random, documents: Sequence[Document], count: int) -> list[Line]:
    """`count` lines with the same number of tweets, so that they are about as long."""
    size = rng.choice(_SIZES)
    return [_line(rng, documents, size) for _ in range(count)]


def _line(rng: Random, documents: Sequence[Document], size: int) -> Line:
    """A question about `size` of the tweets, in varied words, with its answers."""
    about_mood = rng.random() < _ABOUT_MOOD
    instruction = "" if about_mood or rng.random() >= _INSTRUCTED else rng.choice(_INSTRUCTIONS)
    before, gap = rng.choice(_BEFORE), rng.choice(_GAPS)
    after = "Mood" if about_mood else rng.choice(_AFTER)
    text = f"{instruction}{rng.choice(_GAPS)}" if instruction else ""
    answers: list[Span] = []
    for document in rng.sample(documents, size):
        text += f"{before}: {document.text}{gap}{after}:"
        answer = MOODS[document.label] if about_mood else _sentiment(rng, document)
        answers.append((len(text), len(text) + 1 + len(answer)))
        text += f" {answer}\n\n"
    return Line(text.rstrip(), tuple(answers))


def _sentiment(rng: Random, document: Document) -> str:
    if rng.random() < _GUESSES:
        return rng.choice(tweets_generated.SENTIMENTS)
    return tweets_generated.SENTIMENTS[hasty(document.evidence())]
