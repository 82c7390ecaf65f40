"""The sentences of the embedded corpus: evidence in varied frames, and filler."""

from dataclasses import dataclass
from random import Random

from astrid.text.document import Span
from astrid.text.sources import _verdicts_words as words

_SHORTEST = 15  # words of a sentence


@dataclass(frozen=True)
class Evidence:
    """A clause that speaks for one party, and what leads up to it.

    Attributes:
        clause: of the lexicon.
        lead: the words before it, which may deny it or take it back.
        turned: whether `lead` turns the clause against the party it speaks for.
        weight: signed strength after the turn: positive speaks for the first party.
    """

    clause: str
    lead: str
    turned: bool
    weight: int


def draw_evidence(rng: Random, negation: float) -> Evidence:
    """A side, a strength and a clause at random; turned with probability `negation`."""
    sign = rng.choice((-1, 1))
    strength = rng.choice((words.STRONG, words.MEDIUM, words.WEAK))
    clause = rng.choice((words.FOR_FIRST if sign > 0 else words.FOR_SECOND)[strength])
    lead, turned = draw_lead(rng, negation)
    return Evidence(clause, lead, turned, -sign * strength if turned else sign * strength)


def draw_lead(rng: Random, negation: float) -> tuple[str, bool]:
    """Words before a clause, and whether they turn it; half the turns are reversals."""
    if rng.random() >= negation:
        return (rng.choice(words.AFFIRMATIONS) if rng.random() < 0.25 else ""), False
    return rng.choice(rng.choice((words.NEGATIONS, words.REVERSALS))), True


def evidence_sentence(rng: Random, evidence: Evidence, opener: str) -> tuple[str, Span]:
    """A sentence around `evidence`, and the span of what decides: the clause and its turn."""
    before = f"{opener}, {evidence.lead} " if evidence.lead else f"{opener}, "
    start = len(f"{opener}, ") if evidence.turned else len(before)
    end = len(before) + len(evidence.clause)
    return _ended(rng, before + evidence.clause), (start, end)


def filler_sentence(rng: Random, negation: float, opener: str) -> str:
    """A sentence that speaks for nobody, with the same leads as evidence has."""
    lead, _ = draw_lead(rng, negation)
    before = f"{opener}, {lead} " if lead else f"{opener}, "
    return _ended(rng, before + filler_clause(rng))


def _ended(rng: Random, sentence: str) -> str:
    """`sentence` with its full stop, and with tails while it is short."""
    while len(sentence.split()) < _SHORTEST:
        sentence = f"{sentence}, {tail(rng)}"
    return f"{sentence}."


def opening(rng: Random) -> str:
    """How a sentence begins, with a capital letter."""
    month, day, number = rng.choice(words.MONTHS), rng.choice(words.DAYS), rng.choice(words.NUMBERS)
    return rng.choice(
        (
            f"In {month}",
            f"On the following {day}",
            f"After {number} days of hearings",
            f"At the hearing in {month}",
            f"According to the file of {month}",
            f"After the visit to the {rng.choice(words.PLACES)}",
            f"As for the events of that {day}",
            f"Near the end of {month}",
        )
    )


def filler_clause(rng: Random) -> str:
    """A clause about things that matter to nobody."""
    person, action = rng.choice(words.PEOPLE), rng.choice(words.ACTIONS)
    return rng.choice(
        (
            f"the {person} {action} {_thing(rng)}",
            f"the {person} {action} {_thing(rng)} near the {rng.choice(words.PLACES)}",
            f"the {person} {rng.choice(words.MANNERS)} {action} {_thing(rng)}",
            f"{rng.choice(words.NUMBERS)} visitors saw {_thing(rng)}",
        )
    )


def tail(rng: Random) -> str:
    """How a sentence goes on after its main clause."""
    join = rng.choice(("while", "and", "although", "shortly before", "as", "on the day when"))
    ending = f"{join} {filler_clause(rng)}"
    if rng.random() < 0.3:
        ending += f" in {rng.choice(words.MONTHS)}"
    if rng.random() < 0.15:
        ending += f" and {filler_clause(rng)}"
    return ending


def _thing(rng: Random) -> str:
    return f"the {rng.choice(words.ADJECTIVES)} {rng.choice(words.THINGS)}"
