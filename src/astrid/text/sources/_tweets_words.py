"""The vocabulary of the generated tweets: evidence, what turns it round, and what says nothing.

Both sides have as many words of each kind and strength, so that neither gives a sentiment away.
"""


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STRONG, WEAK = 2, 1

ADJECTIVES: dict[int, tuple[str, ...]] = {
    STRONG: _split("brilliant wonderful amazing fantastic gorgeous perfect"),
    WEAK: _split("nice pleasant decent tidy comfy sweet"),
    -WEAK: _split("bland messy dull clumsy shabby stale"),
    -STRONG: _split("awful horrible dreadful disgusting terrible rotten"),
}
"""What things are called, by signed strength: positive speaks for a positive tweet."""

VERBS: dict[int, tuple[str, ...]] = {
    STRONG: _split("love adore treasure worship"),
    WEAK: _split("like enjoy fancy admire"),
    -WEAK: _split("dislike resent doubt regret"),
    -STRONG: _split("hate despise loathe detest"),
}
"""What one does with things, by signed strength."""

SHOUTS: dict[int, tuple[str, ...]] = {
    STRONG: _split("hooray woohoo"),
    WEAK: _split("yay phew"),
    -WEAK: _split("meh sigh"),
    -STRONG: _split("ugh argh"),
}
"""Exclamations, by signed strength; nothing turns them round."""

ADJECTIVE_TURNS = ("not", "never", "hardly", "no longer", "anything but", "far from")
VERB_TURNS = ("don't", "never", "no longer", "hardly", "can't really", "stopped pretending to")

INTENSIFIERS = ("so", "really", "totally", "honestly", "quite")

THINGS = _split(
    "phone coffee breakfast movie song album concert bus train class teacher garden kitchen jacket "
    "haircut keyboard laptop sandwich pizza soup cake beach hotel holiday party game match gym "
    "playlist podcast bike car sofa balcony bookshop library museum theatre office market"
)
OWNERS = ("my", "the", "our", "this", "that new", "the old")
PEOPLE = _split("Sam Maya Leo Nina Omar Ruth Ivan Lucy Noah Tara Hugo Elsa mum dad grandma")
ACTIONS = _split(
    "waiting sitting walking reading packing cooking shopping working studying talking"
)
PLACES = (
    *("at the station", "at the airport", "in the kitchen", "near the river", "at the office"),
    *("in the garden", "on the train", "at the library", "by the window", "in the queue"),
    *("behind the school", "at the market"),
)
TIMES = (
    *("this morning", "tonight", "at noon", "all afternoon", "since Monday", "until six"),
    *("after lunch", "before work", "on Friday", "every Tuesday", "this week", "right now"),
)
FACTS = (
    *("is parked outside", "starts at nine", "costs twelve dollars", "opens on Sunday"),
    *("has two doors", "moved to another street", "comes in green", "ends after ten"),
    *("is next to the bank", "runs until midnight", "arrived by post", "is on page five"),
)
DENIED_FACTS = (
    *("is not on the list", "never opens on Sunday", "no longer stands there", "hardly fits in"),
    *("is not parked outside", "never starts at nine"),
)
OPENINGS = ("ok", "well", "just so you know,", "fyi", "hmm", "so", "lol", "anyway")
ENDS = (".", "!", "...", "", " :o", "!!")
TAGS = ("#today", "#update", "#random", "#life", "#notes", "#weekday")
