"""What a configuration says of tasks is checked before anything is built of it."""

from typing import Any

import pytest

from astrid.errors import InputError
from astrid.models.task_heads import TaskHead, heads_of

GOOD: dict[str, Any] = TaskHead("ei", ("I", "E")).to_dict()


def test_what_was_written_is_read() -> None:
    assert heads_of([GOOD]) == [TaskHead("ei", ("I", "E"))]


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_what_is_missing_is_named(missing: str) -> None:
    rest = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(InputError, match=f"tasks.{missing}: this setting is required"):
        heads_of([rest])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("threshold", value) for value in (0, 1, 2, -1, float("nan"), True, "0.5", None)),
        *(("classes", value) for value in ("IE", ["I"], ["I", "I"], [None, "E"], {"I": 0, "E": 1})),
        *(("name", value) for value in ("", None, 5, ["ei"])),
        *(("head", value) for value in (None, "linear", {"name": 5})),
    ],
)
def test_what_makes_no_task_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match="task"):
        heads_of([{**GOOD, name: value}])


def test_no_task_and_two_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="there is none"):
        heads_of([])
    with pytest.raises(InputError, match='"ei" is there twice'):
        heads_of([GOOD, GOOD])
