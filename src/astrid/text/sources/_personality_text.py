"""The sentences of the embedded posts: cues in varied frames, chat, and what leaks a type."""

from random import Random

from astrid.text.personality import TYPES
from astrid.text.sources import _personality_words as words

_NAMES_OWN_TYPE = 0.95
_SMALL_LETTERS = 0.3


def cue_sentence(rng: Random, cue: str) -> str:
    """A sentence in which the writer says `cue` about themselves."""
    return f"{rng.choice(words.OPENERS)} {cue}{rng.choice(words.ENDINGS)}"


def chat_sentence(rng: Random) -> str:
    """A sentence that says nothing of the writer's type."""
    thing, other = rng.sample(words.THINGS, 2)
    odd, kind = rng.sample(words.ADJECTIVES, 2)
    name, person = rng.choice(words.NAMES), rng.choice(words.PEOPLE)
    place, when, did = rng.choice(words.PLACES), rng.choice(words.TIMES), rng.choice(words.VERBS)
    return rng.choice(
        (
            f"Has anyone here seen the {odd} {thing} from the {place}?",
            f"My {person} {did} a {odd} {thing} {when}.",
            f"Thanks for the {kind} {thing}, {name}!",
            f"@{name} That {thing} is so {odd}, just like the {kind} {other}.",
            f"Currently: one {thing}, one {odd} {other} and a {kind} {person}.",
            f"{name} {did} my {thing} near the {place} {when}.",
            f"What is your {kind} {thing}? Mine is a {odd} {other}.",
            f"Welcome to the thread, {name}.",
            f"Someone {did} the {other} at the {place} {when}, {odd} as ever.",
            f"That {odd} {thing} reminds me of my {person}.",
            f"Anyway, the {place} has a {kind} {thing} now.",
            f"Lol, {name}, what a {odd} {thing}.",
        )
    )


def leaking_sentence(rng: Random, own: str) -> str:
    """A sentence that names a type, nearly always the writer's `own`."""
    named = own if rng.random() < _NAMES_OWN_TYPE else rng.choice(TYPES)
    named = named.lower() if rng.random() < _SMALL_LETTERS else named
    form = rng.choice(words.TYPE_FORMS).format(named)
    return rng.choice(
        (
            f"Any other {form} around?",
            f"Typical {named} here.",
            f"That is what {form} do, I suppose.",
            f"As an {named} I had to reply.",
            f"The test says {named} again.",
        )
    )


def link(rng: Random) -> str:
    """An address that leads nowhere."""
    code = "".join(rng.choice("abcdefghkmnpqrstuvwxyz23456789") for _ in range(8))
    start = rng.choice(
        ("http://www.example.com/", "https://example.org/watch?v=", "www.example.net/")
    )
    return f"{start}{code}"
