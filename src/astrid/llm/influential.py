"""Words of the most influence over all explained texts of a model.

    influence of a word = Σ |score| over all its occurrences in all texts

A frequent word gathers influence by its number: `texts` says in how many it stands.
"""

from collections.abc import Mapping

import pandas as pd

from astrid.errors import InputError
from astrid.explain.records import Explanations

MOST = 20
"""Words that are listed."""


def influential_words(models: Mapping[str, Explanations], most: int = MOST) -> pd.DataFrame:
    """The `most` words of highest influence for each model, falling; capital letters don't matter.

    Columns: `model`, `word`, `influence`; `toward`, the sum of its positive scores, and `against`,
    the size of the sum of its negative ones, so that influence = toward + against; `texts` that
    have it. Scores are in the unit of the explained output.

    Args:
        models: explanations by the name that the plot `influential_tokens` shows.
        most: words a model, at least 1.

    Raises:
        InputError: no words at all in a model's texts, or `most` below 1.
    """
    if most < 1:
        raise InputError(f"influential words: {most} words can't be listed; give at least 1")
    parts, notes = [], []
    for model, explanations in models.items():
        words = _words(model, explanations)
        parts.append(words.head(most).assign(model=model))
        listed = f"the {most} of {len(words)}" if len(words) > most else f"all {len(words)}"
        notes.append(f"{model}: {listed} words, from {len(explanations)} explained texts.")
    if not parts:
        raise InputError("influential words: no explanations; explain at least one text")
    columns = ["model", "word", "influence", "toward", "against", "texts"]
    frame = pd.concat(parts, ignore_index=True)[columns]
    frame.attrs["notes"] = notes
    return frame


def _words(model: str, explanations: Explanations) -> pd.DataFrame:
    frame = explanations.to_frame()
    if frame.empty:
        raise InputError(
            f"influential words: the texts explained of {model} have no words; explain others"
        )
    frame = frame.assign(
        word=frame["word"].str.casefold(),
        influence=frame["score"].abs(),
        toward=frame["score"].clip(lower=0.0),
        against=-frame["score"].clip(upper=0.0),
    )
    groups = frame.groupby("word", sort=True)
    sums = groups[["influence", "toward", "against"]].sum()
    sums["texts"] = groups["text"].nunique()
    # Stable: words of equal influence stand in the order of the alphabet.
    return sums.sort_values("influence", ascending=False, kind="stable").reset_index()
