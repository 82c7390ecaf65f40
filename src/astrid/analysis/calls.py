"""Short questions to a study, each answered by a table; uncompressed models only.

An estimate is three columns, `x`, `x_low` and `x_high`.
"""

import numpy as np
import pandas as pd

from astrid.analysis._method_board import method_leaderboard
from astrid.analysis._study import mean_with_t_interval, models, points, spread, uncompressed
from astrid.analysis.pareto import pareto_front
from astrid.errors import InputError
from astrid.spec import nearest
from astrid.study.records import MODEL, StudyRecords

__all__ = [
    "best_by_size",
    "head_effects",
    "method_correlations",
    "method_leaderboard",
    "most_interpretable",
    "pareto_optimal",
]

_SHOWN = ("accuracy", "attribution_similarity", "method_agreement", "inference_time")

_EFFECTS = [
    "classifier",
    "encoders",
    *(f"accuracy_effect{end}" for end in ("", "_low", "_high")),
    "similarity_encoders",
    *(f"similarity_effect{end}" for end in ("", "_low", "_high")),
]


def best_by_size(records: StudyRecords) -> pd.DataFrame:
    """The most accurate model of each encoder, the smallest encoder first.

    Of equally accurate ones that with fewer parameters. It is the best of several on the same
    documents, so that its accuracy flatters it a little.
    """
    frame = models(records).dropna(subset=["accuracy"])
    ranked = frame.sort_values(["accuracy", "total_params"], ascending=[False, True], kind="stable")
    best = ranked.drop_duplicates("encoder")
    return _columns(best.sort_values("encoder_params", kind="stable"))


def most_interpretable(records: StudyRecords, top: int = 10) -> pd.DataFrame:
    """The models whose methods agree most (`method_agreement`), best first.

    Raises:
        InputError: `top` below 1.
    """
    if top < 1:
        raise InputError(f"most interpretable: top must be 1 or more, not {top}")
    frame = models(records).dropna(subset=["method_agreement"])
    ranked = frame.sort_values("method_agreement", ascending=False, kind="stable")
    return _columns(ranked.head(top))


def pareto_optimal(records: StudyRecords) -> pd.DataFrame:
    """Models with more accuracy or similarity, or fewer parameters, than any that match the rest.

    The smallest first. The reference has a similarity of 1 by construction and is always among
    them where it has an accuracy.
    """
    frame = models(records)
    front = pareto_front(frame, ["accuracy", "attribution_similarity"], ["total_params"])
    return _columns(frame[front].sort_values("total_params", kind="stable"))


def _columns(frame: pd.DataFrame) -> pd.DataFrame:
    sizes = ["encoder_params", "classifier_params", "total_params"]
    estimates = [f"{name}{end}" for name in _SHOWN for end in ("", "_low", "_high")]
    return frame[[*MODEL, *sizes, *estimates]].reset_index(drop=True)


def head_effects(records: StudyRecords) -> pd.DataFrame:
    """By how much each head lies above or below the mean of all heads on the same encoder.

    An encoder counts once, its seeds averaged, and only where it has all heads: the mean is over
    encoders, with Student's t interval over them. It says how sure the effect is on encoders like
    these; with two or three of them it is wide. For similarity the reference's encoder is left
    out, as one of its heads has a similarity of 1 by construction.

    Returns:
        A row a head: `classifier`, `encoders` and `similarity_encoders` (how many count),
        `accuracy_effect` and `similarity_effect` with their ends.
    """
    frame = points(records, "accuracy", "attribution_similarity")
    smaller = frame[frame["encoder"] != records.reference.encoder]
    accuracy = _above_mean(frame, "accuracy")
    similarity = _above_mean(smaller, "attribution_similarity")
    rows = [
        {
            "classifier": head,
            "encoders": len(accuracy),
            **spread("accuracy_effect", mean_with_t_interval(_column(accuracy, head))),
            "similarity_encoders": len(similarity),
            **spread("similarity_effect", mean_with_t_interval(_column(similarity, head))),
        }
        for head in records.heads
        if head in set(frame["classifier"])
    ]
    return pd.DataFrame(rows, columns=_EFFECTS)


def _above_mean(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """`[encoder, head]` each value less the encoder's mean; encoders with all heads only."""
    wide = frame.pivot_table(index="encoder", columns="classifier", values=column, dropna=False)
    whole = wide.dropna()
    return whole.sub(whole.mean(axis=1), axis=0)


def _column(frame: pd.DataFrame, head: str) -> np.ndarray:
    return frame[head].to_numpy(dtype=float) if head in frame else np.array([])


def method_correlations(records: StudyRecords, encoder: str | None = None) -> pd.DataFrame:
    """Mean rank correlation of every two methods over models and texts, a square table.

    Args:
        records: of the study.
        encoder: whose models count; all by default.

    Returns:
        Methods by methods in the study's order: 1 on the diagonal, NaN where no text has both.

    Raises:
        InputError: an encoder that the study doesn't have.
    """
    if encoder is not None and encoder not in records.encoders:
        hint = nearest(encoder, records.encoders)
        raise InputError(f"method correlations: the study has no encoder {encoder!r}; {hint}")
    names = list(records.methods)
    table = pd.DataFrame(np.nan, index=names, columns=names)
    for name in names:
        table.loc[name, name] = 1.0
    if records.correlations.empty:
        return table
    frame = uncompressed(records.correlations)
    if encoder is not None:
        frame = frame[frame["encoder"] == encoder]
    means = frame.groupby(["first", "second"])["correlation"].mean()
    for first, second, value in means.reset_index().itertuples(index=False):
        table.loc[first, second] = table.loc[second, first] = value
    return table
