import numpy as np
import pandas as pd
import pytest

from astrid.plots._axes import log_ticks, number, seconds, short, sized
from astrid.plots._looks import NAMED, groups, look
from astrid.plots._paper import plain
from astrid.plots._scales import RED_GREEN, SIGNED, ink_on, lightness


def test_red_to_green_grows_lighter_all_the_way() -> None:
    steps = np.diff([lightness(colour) for colour in RED_GREEN])
    assert (steps > 0.03).all()
    red, green = RED_GREEN[0], RED_GREEN[-1]
    assert int(red[1:3], 16) > 2 * int(red[3:5], 16)
    assert int(green[3:5], 16) > max(int(green[1:3], 16), int(green[5:7], 16))


def test_letters_stand_out_on_every_colour() -> None:
    for colour in (*RED_GREEN, *SIGNED):
        light = sorted([lightness(colour), lightness(ink_on(colour))])
        assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5


def test_groups_differ_in_colour_and_shape_and_the_rest_is_one() -> None:
    looks = [look(place, str(place)) for place in range(NAMED)]
    assert len({(one.colour, one.symbol) for one in looks}) == NAMED
    assert len({one.marker for one in looks[:6]}) == 6
    frame = pd.DataFrame({"head": [f"head {place}" for place in range(20)]})
    found = list(groups(frame, "head"))
    assert len(found) == NAMED
    assert found[-1][0].name == "9 others"
    assert sum(len(rows) for _, rows in found) == 20


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([11e6, 110e6], ["5 M", "10 M", "20 M", "50 M", "100 M", "200 M"]),
        ([1e6], ["500 k", "1 M", "2 M"]),
        ([], []),
        ([float("nan"), 0.0], []),
    ],
)
def test_ticks_say_their_whole_number(values: list[float], labels: list[str]) -> None:
    assert log_ticks(values)[1] == labels


def test_a_wide_axis_has_few_ticks() -> None:
    for low in (1e-6, 3.0, 1e3):
        for decades in range(1, 14):
            assert 2 <= len(log_ticks([low, low * 10**decades])[0]) <= 13


def test_numbers_and_names() -> None:
    assert [sized(value) for value in (109_482_240, 14e3, 7)] == ["109 M", "14 k", "7"]
    assert [seconds(value) for value in (2.5, 0.03)] == ["2.5 s", "30 ms"]
    assert [number(value) for value in (-0.001, -0.5, np.nan)] == ["0.00", "−0.50", "–"]
    assert len(short("x" * 100)) == 26
    assert short("short") == "short"
    assert plain("a$b\x00\n") == r"a\$b  "
