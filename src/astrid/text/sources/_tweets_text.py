"""The sentences of the generated tweets: evidence in varied frames, and sentences without any."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from astrid.text.sources import _tweets_words as words

_STRENGTHS = (words.STRONG, words.WEAK)

WEIGHTS = {
    cue: weight
    for kind in (words.ADJECTIVES, words.VERBS, words.SHOUTS)
    for weight, cues in kind.items()
    for cue in cues
}
"""The signed strength of every cue: positive speaks for a positive tweet."""

_TURNS = tuple({*words.ADJECTIVE_TURNS, *words.VERB_TURNS})


@dataclass(frozen=True)
class Part:
    """One sentence of a tweet.

    Attributes:
        before: what stands before the evidence.
        evidence: the cue with what turns it round; empty in a sentence without evidence.
        after: what stands behind it.
        weight: signed strength after the turn; 0 without evidence.
    """

    before: str
    evidence: str = ""
    after: str = ""
    weight: int = 0


def cue_of(evidence: str) -> tuple[str, bool]:
    """The cue in a stretch of evidence, and whether something turns it round.

    >>> cue_of("no longer love")
    ('love', True)
    """
    cue = evidence.rsplit(" ", 1)[-1]
    return cue, evidence.removesuffix(cue).strip() in _TURNS


def weigh(evidence: str) -> int:
    """The signed weight of a stretch of evidence: turned round, a cue speaks for the other side.

    >>> weigh("awful"), weigh("not awful")
    (-2, 2)
    """
    cue, turned = cue_of(evidence)
    return -WEIGHTS[cue] if turned else WEIGHTS[cue]


def evidence_part(rng: Random, negation: float, side: int) -> Part:
    """A sentence that speaks for `side` (1 or -1), turned round with probability `negation`."""
    kind = rng.choice((_adjective, _adjective, _verb, _shout))
    return kind(rng, rng.random() < negation, side * rng.choice(_STRENGTHS))


def _adjective(rng: Random, turned: bool, weight: int) -> Part:
    cue = rng.choice(words.ADJECTIVES[-weight if turned else weight])
    verb = rng.choice(("is", "was", "looks", "seems"))
    before = f"{_thing(rng)} {verb} {_intensifier(rng, turned)}"
    return Part(before, _turned(rng, turned, words.ADJECTIVE_TURNS, cue), _when(rng), weight)


def _verb(rng: Random, turned: bool, weight: int) -> Part:
    cue = rng.choice(words.VERBS[-weight if turned else weight])
    evidence = _turned(rng, turned, words.VERB_TURNS, cue)
    return Part(f"i {_intensifier(rng, turned)}", evidence, f" {_thing(rng)}{_when(rng)}", weight)


def _shout(rng: Random, turned: bool, weight: int) -> Part:
    """Nothing turns an exclamation: `turned` has no part in it."""
    cue = rng.choice(words.SHOUTS[weight])
    return Part("", cue, f", {_thing(rng)} {rng.choice(words.FACTS)}", weight)


def plain_part(rng: Random, negation: float) -> Part:
    """A sentence that speaks for nothing, denied as often as evidence is."""
    if rng.random() < 0.5:
        facts = words.DENIED_FACTS if rng.random() < negation else words.FACTS
        return Part(f"{_thing(rng)} {rng.choice(facts)}{_when(rng)}")
    denied = "not " if rng.random() < negation else ""
    with_whom = f" with {rng.choice(words.PEOPLE)}" if rng.random() < 0.5 else ""
    doing = f"{rng.choice(words.ACTIONS)}{with_whom} {rng.choice(words.PLACES)}"
    return Part(f"{denied}{doing} {rng.choice(words.TIMES)}")


def opening(rng: Random) -> str:
    """How a tweet begins: with nothing, a name or a word."""
    return rng.choice(
        ("", "", f"@{rng.choice(words.PEOPLE).lower()} ", f"{rng.choice(words.OPENINGS)} ")
    )


def ending(rng: Random) -> str:
    """How a tweet ends."""
    tag = f" {rng.choice(words.TAGS)}" if rng.random() < 0.3 else ""
    return rng.choice(words.ENDS) + tag


def between(rng: Random) -> str:
    """What stands between two sentences."""
    return rng.choice((". ", "! ", "... ", ", and "))


def _turned(rng: Random, turned: bool, turns: Sequence[str], cue: str) -> str:
    return f"{rng.choice(turns)} {cue}" if turned else cue


def _thing(rng: Random) -> str:
    return f"{rng.choice(words.OWNERS)} {rng.choice(words.THINGS)}"


def _intensifier(rng: Random, turned: bool) -> str:
    """A word such as "really", which sits badly before a turn."""
    return f"{rng.choice(words.INTENSIFIERS)} " if not turned and rng.random() < 0.3 else ""


def _when(rng: Random) -> str:
    return f" {rng.choice(words.TIMES)}" if rng.random() < 0.4 else ""
