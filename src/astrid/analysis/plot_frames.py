"""The frames that the plots of a study read, made from its records."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from astrid.measures.statistics.bootstrap import Estimate, mean_with_interval
from astrid.models.compression import UNCOMPRESSED
from astrid.study.records import COMPRESSION, StudyRecords

ENCODERS_SHOWN = 40
"""In plots with a line, a row or a panel an encoder; the rest is named in a note."""

HEADS_SHOWN = 12
PANELS_SHOWN = 12
"""Encoders with a panel of their own."""

_MODEL = ["encoder", "classifier"]
_SIZES = ["encoder_params", "classifier_params", "total_params"]


def _pareto(records: StudyRecords) -> pd.DataFrame:
    frame = _models(records, ["accuracy"], every_compression=True)
    columns = [*_MODEL, COMPRESSION] if records.compresses else _MODEL
    chosen = [*columns, "reference", "total_params", *_ends("accuracy")]
    return _with_notes(frame[chosen], [_intervals(records)])


def _accuracy_stability(records: StudyRecords) -> pd.DataFrame:
    estimates = ["accuracy", "interpretation_stability"]
    frame = _models(records, estimates)
    chosen = [*_MODEL, "reference", *(end for name in estimates for end in _ends(name))]
    return _with_notes(frame[chosen], [_intervals(records), _uncompressed(records)])


def _stability(records: StudyRecords) -> pd.DataFrame:
    frame = _models(records, ["interpretation_stability"])
    chosen = [*_MODEL, "reference", *_ends("interpretation_stability")]
    return _with_notes(frame[chosen], [_intervals(records), _uncompressed(records)])


def _size_effect(records: StudyRecords) -> pd.DataFrame:
    frame, note = _some(records, _models(records, ["accuracy"]))
    chosen = [*_MODEL, "encoder_params", *_ends("accuracy")]
    return _with_notes(frame[chosen], [_intervals(records), note, _uncompressed(records)])


def _landscape(records: StudyRecords) -> pd.DataFrame:
    estimates = ["accuracy", "attribution_similarity"]
    frame, note = _some(records, _models(records, estimates))
    ends = [end for name in estimates for end in _ends(name)]
    chosen = [*_MODEL, "reference", "encoder_params", "classifier_params", *ends]
    how = _intervals(records, "thick lines")
    notes = [how, _like_with_like(records), note, _uncompressed(records)]
    return _with_notes(frame[chosen], notes)


def _similarity_heatmap(records: StudyRecords) -> pd.DataFrame:
    frame = _models(records, ["attribution_similarity"])
    every = pd.MultiIndex.from_product([records.encoders, records.heads], names=_MODEL)
    frame = frame.set_index(_MODEL).reindex(every).reset_index()
    frame["reference"] = frame["reference"].eq(True)
    frame, note = _some(records, frame)
    rows = _of_reference_method(records, _plain(records, records.similarities))
    lines = {
        "chance": _mean(_by_text(rows, "chance")),
        "ceiling": _mean(records.ceiling.get("similarity", pd.Series(dtype=float))),
    }
    for name, estimate in lines.items():
        frame[_ends(name)] = _numbers(estimate)
    ends = [end for name in ("attribution_similarity", *lines) for end in _ends(name)]
    notes = [_like_with_like(records), _brackets(records), note, _uncompressed(records)]
    return _with_notes(frame[[*_MODEL, "reference", *ends]], notes)


def _method_agreement(records: StudyRecords) -> pd.DataFrame:
    columns = ["encoder", "first", "second", "encoder_params", *_ends("correlation")]
    if records.correlations.empty:
        return pd.DataFrame(columns=columns)
    rows, note = _some(records, _plain(records, records.correlations), PANELS_SHOWN)
    sizes = records.results.groupby("encoder")["encoder_params"].first()
    found = [
        (*key, sizes.get(key[0], np.nan), *_numbers(_mean(_by_text(part, "correlation"))))
        for key, part in rows.groupby(["encoder", "first", "second"], sort=False)
    ]
    frame = pd.DataFrame(found, columns=columns).sort_values(
        "encoder_params", ascending=False, kind="stable", ignore_index=True
    )
    how = "Spearman's correlation of scores, mean over models; 95 % intervals over texts."
    return _with_notes(frame, [how, note, _uncompressed(records)])


def _learning_curves(records: StudyRecords) -> pd.DataFrame:
    values = ["accuracy", "val_loss"]
    if records.curves.empty:
        ends = [end for name in values for end in _ends(name)]
        return pd.DataFrame(columns=[*_MODEL, "epoch", *ends])
    rows, note = _some(records, _plain(records, records.curves), PANELS_SHOWN)
    rows = rows.assign(**{f"{name}{end}": np.nan for name in values for end in ("_low", "_high")})
    frame = _ordered(records, _over_seeds(rows, [*_MODEL, "epoch"], values))
    seeds = records.curves["seed"].nunique()
    how = f"Mean of up to {seeds} seeds; whiskers: lowest and highest seed." if seeds > 1 else ""
    return _with_notes(frame, [how, note, _uncompressed(records)])


def _cost_faithfulness(records: StudyRecords) -> pd.DataFrame:
    columns = ["method", *_ends("interpretation_cost"), *_ends("faithfulness")]
    if records.faithfulness.empty:
        return pd.DataFrame(columns=columns)
    costs = _plain(records, records.results)
    scores = _plain(records, records.faithfulness)
    scores = scores.assign(gain=scores["comprehensiveness"] - scores["random"])
    found = []
    for method in records.methods:
        cost = costs.loc[costs["interpretability"] == method, "interpretation_cost"]
        gain = _mean(_by_text(scores[scores["interpretability"] == method], "gain"))
        found.append((method, cost.mean(), cost.min(), cost.max(), *_numbers(gain)))
    how = "Means over the models. Upright: 95 % intervals over texts. Across: all models' range."
    return _with_notes(pd.DataFrame(found, columns=columns), [how, _uncompressed(records)])


def _models(
    records: StudyRecords, estimates: Sequence[str], every_compression: bool = False
) -> pd.DataFrame:
    """One row a model, means over its seeds, in the study's order.

    What belongs to the model comes from any of its methods; its similarity from the reference's.
    """
    results = records.results if every_compression else _plain(records, records.results)
    keys = [*_MODEL, COMPRESSION] if every_compression and records.compresses else _MODEL
    rows = results.groupby([*keys, "seed"], sort=False, as_index=False).first()
    if "attribution_similarity" in estimates:
        rows = _with_similarity(records, results, rows, keys)
    frame = _over_seeds(rows, keys, estimates)
    sizes = rows.groupby(keys, sort=False)[_SIZES].first().reset_index()
    frame = frame.merge(sizes, on=keys)
    reference = records.reference
    frame["reference"] = (frame["encoder"] == reference.encoder) & (
        frame["classifier"] == reference.classifier
    )
    if COMPRESSION in keys:
        frame["reference"] &= frame[COMPRESSION] == reference.compression
    return _ordered(records, frame)


def _with_similarity(
    records: StudyRecords, results: pd.DataFrame, rows: pd.DataFrame, keys: list[str]
) -> pd.DataFrame:
    """The similarity of the reference's method; without the reference's own 1 among other seeds."""
    columns = _ends("attribution_similarity")
    own = _of_reference_method(records, results)[[*keys, "seed", *columns]]
    reference = records.reference
    same = (own["encoder"] == reference.encoder) & (own["classifier"] == reference.classifier)
    if (same & (own["seed"] != reference.seed)).any():
        own.loc[same & (own["seed"] == reference.seed), columns] = np.nan
    return rows.drop(columns=columns).merge(own, on=[*keys, "seed"], how="left")


def _over_seeds(rows: pd.DataFrame, keys: list[str], columns: Sequence[str]) -> pd.DataFrame:
    """Means over seeds from lowest to highest; of a single seed its own interval."""
    groups = rows.groupby(keys, sort=False)
    found = {}
    for column in columns:
        several = groups[column].count() > 1
        found[column] = groups[column].mean()
        for end, ends in (("_low", groups[column].min()), ("_high", groups[column].max())):
            found[f"{column}{end}"] = ends.where(several, groups[f"{column}{end}"].first())
    return pd.DataFrame(found).reset_index()


def _ordered(records: StudyRecords, frame: pd.DataFrame) -> pd.DataFrame:
    places = {name: place for place, name in enumerate(records.encoders)}
    heads = {name: place for place, name in enumerate(records.heads)}
    order = pd.DataFrame(
        {"encoder": frame["encoder"].map(places), "head": frame["classifier"].map(heads)}
    )
    sorted_places = order.sort_values(["encoder", "head"], kind="stable").index
    return frame.loc[sorted_places].reset_index(drop=True)


def _some(
    records: StudyRecords, frame: pd.DataFrame, limit: int = ENCODERS_SHOWN
) -> tuple[pd.DataFrame, str]:
    """The rows of as many encoders and heads as a plot can show, and what was left out."""
    notes = []
    encoders = _spread(records, limit)
    if len(encoders) < len(records.encoders):
        total = len(records.encoders)
        notes.append(f"{len(encoders)} of {total} encoders, evenly spread over their sizes.")
    heads = records.heads[:HEADS_SHOWN]
    if len(heads) < len(records.heads):
        notes.append(f"The first {len(heads)} of {len(records.heads)} heads.")
    kept = frame[frame["encoder"].isin(encoders) & frame["classifier"].isin(heads)]
    return kept.reset_index(drop=True), " ".join(notes)


def _spread(records: StudyRecords, limit: int) -> list[str]:
    """Up to `limit` encoders: the reference's, and others evenly spread from large to small."""
    if len(records.encoders) <= limit:
        return list(records.encoders)
    sizes = records.results.groupby("encoder")["encoder_params"].first()
    others = [name for name in records.encoders if name != records.reference.encoder]
    others.sort(key=lambda name: -float(sizes.get(name, 0)))
    places = np.linspace(0, len(others) - 1, limit - 1).round().astype(int)
    return [records.reference.encoder, *(others[place] for place in places)]


def _plain(records: StudyRecords, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of models that are not compressed."""
    if not records.compresses or COMPRESSION not in frame:
        return frame
    return frame[frame[COMPRESSION] == UNCOMPRESSED]


def _of_reference_method(records: StudyRecords, frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        return frame
    return frame[frame["interpretability"] == records.reference.interpretability].copy()


def _by_text(rows: pd.DataFrame, column: str) -> np.ndarray:
    """`[N]` the mean of each text over the models, so that the text stays the unit."""
    if rows.empty:
        return np.array([], dtype=float)
    return rows.groupby("text")[column].mean().to_numpy(dtype=float)


def _mean(values: np.ndarray | pd.Series) -> Estimate:
    return mean_with_interval(np.asarray(values, dtype=float))


def _numbers(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def _ends(column: str) -> list[str]:
    return [column, f"{column}_low", f"{column}_high"]


def _intervals(records: StudyRecords, sign: str = "whiskers") -> str:
    seeds = records.results["seed"].nunique()
    if seeds > 1:
        return f"Means of up to {seeds} seeds; {sign}: lowest and highest seed."
    return f"{sign.capitalize()}: 95 % intervals over texts."


def _brackets(records: StudyRecords) -> str:
    own = "The reference is 1 by definition."
    if records.results["seed"].nunique() > 1:
        own = "The reference's own 1 is not among its seeds."
    return f"{_intervals(records, 'brackets')} {own}"


def _like_with_like(records: StudyRecords) -> str:
    return (
        f"Similarity: cosine to the reference ({records.reference.encoder} + "
        f"{records.reference.classifier}), both explained by {records.reference.interpretability}."
    )


def _uncompressed(records: StudyRecords) -> str:
    return "Models that are not compressed any further." if records.compresses else ""


def _with_notes(frame: pd.DataFrame, notes: Sequence[str]) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    frame.attrs["notes"] = [note for note in notes if note]
    return frame


FRAMES: Mapping[str, Callable[[StudyRecords], pd.DataFrame]] = {
    "landscape": _landscape,
    "similarity_heatmap": _similarity_heatmap,
    "method_agreement": _method_agreement,
    "pareto": _pareto,
    "stability": _stability,
    "accuracy_stability": _accuracy_stability,
    "size_effect": _size_effect,
    "learning_curves": _learning_curves,
    "cost_faithfulness": _cost_faithfulness,
}
"""By plot: the frame that it reads. Notes in `attrs["notes"]` say what was averaged or left out."""
