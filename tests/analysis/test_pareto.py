import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astrid.analysis.pareto import pareto_front
from astrid.errors import InputError

NAN = float("nan")
_NUMBERS = st.sampled_from([0.0, 1.0, 2.0, 3.0, NAN])


def _brute_force(rows: list[list[float]], higher: int) -> list[bool]:
    def as_good(one: list[float], other: list[float]) -> bool:
        pairs = list(zip(one, other, strict=True))
        return all(a >= b for a, b in pairs[:higher]) and all(a <= b for a, b in pairs[higher:])

    known = [row for row in rows if not any(np.isnan(row))]
    return [
        row in known and not any(as_good(other, row) and other != row for other in known)
        for row in rows
    ]


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.integers(0, n), st.lists(st.lists(_NUMBERS, min_size=n, max_size=n), max_size=12)
        )
    )
)
@settings(max_examples=300, deadline=None)
def test_the_front_is_that_of_comparing_every_pair(drawn: tuple[int, list[list[float]]]) -> None:
    higher, rows = drawn
    width = len(rows[0]) if rows else 2
    names = [f"c{number}" for number in range(width)]
    frame = pd.DataFrame(np.array(rows).reshape(-1, width), columns=names)
    higher = min(higher, width)
    front = pareto_front(frame, names[:higher], names[higher:])
    assert front.tolist() == _brute_force(rows, higher)


def test_equal_rows_stay_together_and_unknown_ones_never_stay() -> None:
    frame = pd.DataFrame({"accuracy": [0.9, 0.9, 0.9, NAN], "params": [5, 5, 6, 1]}, index=[7] * 4)
    front = pareto_front(frame, ["accuracy"], ["params"])
    assert front.tolist() == [True, True, False, False]
    assert frame[front].shape == (2, 2)


def test_nothing_has_no_front() -> None:
    frame = pd.DataFrame({"a": [], "b": [], "c": []})
    assert pareto_front(frame, ["a"], ["b"]).tolist() == []
    assert pareto_front(frame, ["a"], ["b", "c"]).tolist() == []


@pytest.mark.parametrize("columns", [2, 4])
def test_two_thousand_rows_have_a_front(columns: int) -> None:
    values = np.random.default_rng(0).random((2000, columns))
    frame = pd.DataFrame(values, columns=list("abcd")[:columns])
    front = pareto_front(frame, ["a"], list("bcd")[: columns - 1])
    assert 0 < front.sum() < 2000


def test_wrong_columns_are_named() -> None:
    with pytest.raises(InputError, match="no column 'b'"):
        pareto_front(pd.DataFrame({"a": [1]}), ["a"], ["b"])
    with pytest.raises(InputError, match="no column"):
        pareto_front(pd.DataFrame({"a": [1]}), [], [])
