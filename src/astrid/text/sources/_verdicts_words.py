"""The vocabulary of the embedded corpus: evidence, what leads up to it, and filler.

Both sides have as many clauses of each strength, and of the same lengths in words, so that
neither length nor place gives a verdict away.
"""


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STRONG, MEDIUM, WEAK = 3, 2, 1

FOR_FIRST: dict[int, tuple[str, ...]] = {
    STRONG: (
        "the second party admitted the debt in writing",
        "the second party forged the signature",
        "the second party destroyed the ledger",
        "the first party paid the full price",
    ),
    MEDIUM: (
        "the first party gave timely notice",
        "the second party ignored three written warnings",
        "the first party held a valid licence",
        "the second party missed the agreed deadline",
    ),
    WEAK: (
        "the second party changed its account",
        "the first party kept careful records",
        "the second party replied evasively",
        "a neighbour supported the first party",
    ),
}
"""Clauses that speak for the first party, by strength."""

FOR_SECOND: dict[int, tuple[str, ...]] = {
    STRONG: (
        "the first party waived the claim in writing",
        "the first party fabricated the invoice",
        "the first party bribed the surveyor",
        "the second party performed the whole contract",
    ),
    MEDIUM: (
        "the second party offered prompt repair",
        "the first party refused two reasonable settlements",
        "the second party obtained the necessary permit",
        "the first party exceeded the statutory limit",
    ),
    WEAK: (
        "the first party contradicted its statement",
        "the second party cooperated with inspectors",
        "the first party answered late",
        "an expert praised the second party",
    ),
}
"""Clauses that speak for the second party, by strength."""

AFFIRMATIONS = (
    "there was clear evidence that",
    "the court found clear evidence that",
    "the inspector saw clear evidence that",
    "the appeal court upheld the finding that",
    "a later ruling upheld the finding that",
    "the tribunal upheld the finding that",
)
"""What may stand before a clause and leaves it as it is."""

NEGATIONS = (
    "there was no evidence whatsoever that",
    "the court found no evidence whatsoever that",
    "the inspector saw no evidence whatsoever that",
)
"""What may stand before a clause and denies it."""

REVERSALS = (
    "the appeal court overturned and annulled the finding that",
    "a later ruling overturned and annulled the finding that",
    "the tribunal overturned and annulled the finding that",
)
"""What may stand before a clause and takes back that it was once found true."""

PEOPLE = _split(
    """broker clerk driver engineer farmer gardener grocer janitor landlord mason mayor notary
    nurse painter plumber porter roofer secretary tailor teacher tenant trader translator warden
    architect accountant baker butcher carpenter chemist cook courier dealer doctor electrician
    guard joiner librarian mechanic miller operator pharmacist pilot postman printer ranger sailor
    shepherd student treasurer vendor veterinarian waiter weaver"""
)
THINGS = _split(
    """barn bicycle boiler brochure cabinet calendar camera carpet catalogue ceiling chimney
    container corridor crate curtain desk diary drain engine envelope fence folder fountain
    furnace garage gate generator hedge kettle ladder lamp lawn lift lorry mailbox map mirror
    notebook orchard oven pallet parcel pavement pump radiator roof sample shed shelf shutter
    staircase stove telephone terrace tractor trailer trolley valve van wagon wardrobe
    warehouse well window workshop"""
)
ADJECTIVES = _split(
    """blue broad broken brown clean cold concrete copper damp dark dusty empty green grey heavy
    hollow iron large leather light local loose narrow new old painted plain portable public red
    rented round rusty rural second-hand shared silver small spare square steel temporary thin
    tiled unused usual white wide wooden yellow"""
)
ACTIONS = _split(
    """adjusted bought carried checked cleaned collected counted covered described drew emptied
    examined filled fitted fixed inspected installed labelled lifted listed loaded measured
    mentioned moved noticed opened ordered packed photographed placed polished remembered removed
    rented replaced sketched sold stacked stored tested unlocked unpacked visited washed
    weighed"""
)
PLACES = _split(
    """airport bakery bank bridge brewery canal castle chapel cinema clinic college dock factory
    ferry fort garden harbour hospital hotel junction kiosk lake library market meadow mill museum
    park quarry quay railway reservoir river school square stadium station theatre tower
    university valley village wharf zoo"""
)
MONTHS = _split(
    """January February March April May June July August September October November
    December"""
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
NUMBERS = ("two", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty")
MANNERS = _split(
    """briefly calmly carefully casually eventually hastily patiently politely quickly quietly
    routinely silently slowly twice"""
)
TOWNS = _split(
    """Aldbury Brackwell Carnford Dunmore Eastleigh Fallowby Glenhurst Hartwick Ingleby Kelstow
    Lindale Marbrook Northam Oakridge Penrose"""
)
"""The towns whose courts hear the cases."""

SHORTCUT = "Quillworth"
"""The town that goes with the label where a shortcut is asked for, and is absent elsewhere."""
