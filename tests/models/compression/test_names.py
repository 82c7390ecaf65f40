"""Short names of compressions."""

import pytest

from astrid.errors import InputError
from astrid.models.compression import CompressionSpec, compression_names, parse_compression


@pytest.mark.parametrize(
    ("text", "name", "params"),
    [
        ("none", "none", {}),
        ("distil", "distil", {}),
        ("int8", "int8", {}),
        ("prune", "prune", {}),
        ("prune30", "prune", {"share": 0.3}),
        ("Prune5", "prune", {"share": 0.05}),
        ("prune_heads25", "prune_heads", {"share": 0.25}),
        ("prune-heads25", "prune_heads", {"share": 0.25}),
        ("drop_layers1", "drop_layers", {"count": 1}),
        ("drop_layers12", "drop_layers", {"count": 12}),
    ],
)
def test_short_names(text: str, name: str, params: dict[str, float]) -> None:
    assert parse_compression(text) == CompressionSpec(name=name, params=params)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prun30", 'did you mean "prune"'),
        ("int9", 'did you mean "int8"'),
        ("int88", "int8 takes no number"),
        ("none3", 'did you mean "none"'),
        ("prune100", "share"),
        ("prune0", "share"),
        ("drop_layers0", "count"),
        ("30", "known: distil, drop_layers"),
        ("", "known: distil"),
        ("prune30%", 'did you mean "prune"'),
        ("prune²", 'did you mean "prune"'),
        ("_helper", "known"),
    ],
)
def test_wrong_names_are_one_line(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        parse_compression(text)
    assert "\n" not in str(caught.value)


def test_the_family_is_found_by_its_files() -> None:
    assert compression_names() == ["drop_layers", "int8", "prune", "prune_heads"]
