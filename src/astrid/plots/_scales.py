"""Colour scales of the studies' plots, for both kinds of figure."""

from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex

# Red for low and green for high, as readers expect. Who does not see red and green apart (one man
# in twelve) still sees which is higher: lightness rises all the way, from dark red to light green,
# as it does in a print in grey.
RED_GREEN = ("#7a0f1f", "#b23a2b", "#d77c35", "#dcb44f", "#c9dc7a", "#b9f0b4")

# Blue against, orange for, as in the coloured texts; nothing in the middle.
SIGNED = ("#2a6fba", "#8fb4dc", "#f6f3ee", "#f0b878", "#e07a10")

_DARK, _LIGHT = "#14171b", "#ffffff"


def plotly_scale(colours: tuple[str, ...]) -> list[list[float | str]]:
    """`colours` at even distances, as plotly takes them."""
    return [[number / (len(colours) - 1), colour] for number, colour in enumerate(colours)]


def paper_scale(colours: tuple[str, ...]) -> Colormap:
    """`colours` at even distances, as matplotlib takes them."""
    return LinearSegmentedColormap.from_list("astrid", list(colours))


def ink(colours: tuple[str, ...], place: float) -> str:
    """Colour of letters on the scale's colour at `place` (0 to 1): the one that stands out."""
    return ink_on(to_hex(paper_scale(colours)(min(1.0, max(0.0, place)))))


def ink_on(colour: str) -> str:
    """Black or white letters, whichever has the higher contrast on `#rrggbb`."""
    light = lightness(colour)
    on_dark = 1.05 / (light + 0.05)
    on_light = (light + 0.05) / (lightness(_DARK) + 0.05)
    return _LIGHT if on_dark > on_light else _DARK


def lightness(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 (black) to 1 (white).

    Source: Web Content Accessibility Guidelines 2.2.

    >>> lightness("#ffffff"), lightness("#000000")
    (1.0, 0.0)
    """
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
