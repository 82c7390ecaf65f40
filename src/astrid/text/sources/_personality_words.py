"""The vocabulary of the embedded posts: what speaks for a side of an axis, and what for none.

The two sides of an axis have as many cues, of about the same length. No cue is a part of another,
and no filler holds one.
"""

from collections.abc import Mapping


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ei": {
        "I": (
            "I need a quiet evening alone",
            "I slip away from gatherings early",
            "a ringing phone makes me hide",
            "small talk drains my battery",
            "an empty weekend feels like a gift",
            "I rehearse sentences before speaking",
        ),
        "E": (
            "I feel alive in a loud crowd",
            "I never turn down an invitation",
            "meeting strangers wakes me up",
            "I think out loud in company",
            "a silent house makes me restless",
            "I chat with everyone in the queue",
        ),
    },
    "sn": {
        "S": (
            "I trust what I can touch",
            "I remember every tiny detail",
            "plain facts settle it for me",
            "I want step by step directions",
            "proven recipes are good enough",
            "I notice crumbs on any surface",
        ),
        "N": (
            "I drift off into what could be",
            "hidden patterns jump out at me",
            "I collect theories about everything",
            "metaphors explain life to me",
            "I wonder about distant futures",
            "the big picture is all I see",
        ),
    },
    "tf": {
        "F": (
            "I follow my heart first",
            "I cry whenever friends cry",
            "harmony at the table matters most",
            "I hold back to spare feelings",
            "I hug anyone who looks sad",
            "kind words win me over",
        ),
        "T": (
            "I weigh the logic first",
            "a sound argument convinces me",
            "I point out errors straight away",
            "fair rules matter more than moods",
            "I decide with a cool head",
            "debating is my sport",
        ),
    },
    "jp": {
        "P": (
            "I start everything the night before",
            "I lose every list that I write",
            "I pack on the way out",
            "sudden changes of plan delight me",
            "my desk is a happy mess",
            "I keep my options open",
        ),
        "J": (
            "I finish well before the deadline",
            "my lists have their own lists",
            "I pack my bags a week ahead",
            "last minute surprises upset me",
            "every drawer here has a label",
            "I book tickets months early",
        ),
    },
}
"""What people of a letter say about themselves, by axis and letter."""

OPENERS = (
    "Honestly,",
    "As for me,",
    "To be fair,",
    "Not sure why, but",
    "You know how it is,",
    "Same here,",
    "Oh well,",
    "For what it's worth,",
    "Looking back,",
    "My sister laughs that",
    "Funny enough,",
    "It took me years to admit that",
    "Yeah,",
    "Truth be told,",
    "At work and at home,",
    "People keep telling me that",
)
ENDINGS = (
    ".",
    ".",
    ".",
    "!",
    "...",
    " :)",
    ", haha.",
    ", always have.",
    " and that's fine.",
    ", lol",
)

NAMES = _split(
    """Alette bluefox Cosmo dandelion79 Ember Fenwick gardenia Harlan Iris jaybird Koda lantern
    Marlow nightowl Opal pebble Quill rainboots Sable thistle Umber Vesper willow zephyr"""
)
THINGS = _split(
    """album anime audiobook backpack bicycle blanket blog bookshop bracelet burrito cactus camera
    candle cartoon cereal chess coffee comic concert cookie documentary episode fountain game
    garden guitar hoodie jacket kettle keyboard lamp magazine movie museum novel painting pancake
    piano pizza playlist podcast poem poster puzzle quiz radio sandwich scarf sketchbook skateboard
    soup sweater tattoo tea teapot trailer trilogy ukulele umbrella video wallpaper"""
)
ADJECTIVES = _split(
    """bizarre blue boring brilliant cheap classic clever cosy creepy cute decent
    dreadful famous fancy favourite foreign free fresh gorgeous green huge hilarious local
    lovely mediocre mysterious new popular pretty purple random red sad scary
    short silly simple sleepy strange sweet vintage weird yellow"""
)
PLACES = _split(
    """airport attic bakery balcony basement beach bus café campus cinema garage gym hallway kitchen
    lake library mall office park porch restaurant school station supermarket theatre train
    university village zoo"""
)
TIMES = (
    "yesterday",
    "last night",
    "this morning",
    "on Tuesday",
    "over the summer",
    "after dinner",
    "two years ago",
    "in ninth grade",
    "back in March",
    "during the holidays",
)
VERBS = _split(
    """borrowed bought broke deleted discovered dropped finished found forgot hated liked lost
    missed painted recommended rewatched saw shared skipped sold stole tried wanted"""
)
PEOPLE = _split(
    """aunt boss brother cat cousin dog father flatmate grandmother mother neighbour nephew niece
    roommate teacher uncle"""
)
TYPE_FORMS = ("{}", "{}", "{}", "{}s", "{}'s")
"""How posts that leak write a type."""
