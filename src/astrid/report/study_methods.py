"""The methods of a study and its kinds of compression, as its report shows them."""

from dataclasses import dataclass

import pandas as pd

from astrid.analysis._method_board import method_leaderboard
from astrid.analysis.compression import compression_effects
from astrid.analysis.questions._answer import LEVEL
from astrid.report import numbers
from astrid.report.frame_table import TableView, table_view
from astrid.study.records import StudyRecords


@dataclass(frozen=True)
class MethodsView:
    """The leaderboard of methods: what it shows in a sentence, the table, how to read it."""

    sentence: str
    table: TableView
    note: str


@dataclass(frozen=True)
class CompressionView:
    """What compression did, in a sentence and a table."""

    sentence: str
    table: TableView


_NOTE = (
    "Faithfulness above random: by how much more the explained output falls when the words with "
    "the highest scores are left out than when words drawn at random are; each text counts once, "
    "with its mean over the models. p: paired permutation test over texts, corrected by Holm over "
    "the methods. Correlation: Spearman's with the other methods. Similarity: what smaller models "
    "keep of the reference's explanation by the same method; compare methods by how far that lies "
    "above chance."
)
_METHOD_HEADINGS = {
    "interpretability": "method",
    "faithfulness": "faithfulness above random",
    "cost": "time an explanation",
    "correlation": "correlation with others",
    "similarity": "similarity kept",
    "above_chance": "… above chance",
    "faithfulness_p_adjusted": "p (Holm)",
}


def methods_view(records: StudyRecords) -> MethodsView:
    """The methods, the most faithful first."""
    found = method_leaderboard(records)
    return MethodsView(_sentence(found), table_view(found, headings=_METHOD_HEADINGS), _NOTE)


def _sentence(methods: pd.DataFrame) -> str:
    if methods["faithfulness"].isna().all():
        return "This study does not measure faithfulness: the methods are described, not ranked."
    shown = (methods["faithfulness_p_adjusted"] < LEVEL) & (methods["faithfulness"] > 0)
    best, rivals = methods[shown], len(methods)
    if best.empty:
        return f"None of the {rivals} methods was shown to be more faithful than random scores."
    first = best.iloc[0]
    ends = ", ".join(numbers.plain(first[f"faithfulness_{end}"]) for end in ("low", "high"))
    return (
        f"{len(best)} of {rivals} methods were shown to be more faithful than random scores; "
        f"{first['interpretability']} lies furthest above them "
        f"({numbers.plain(first['faithfulness'])} [{ends}])."
    )


def compression_view(records: StudyRecords) -> CompressionView | None:
    """What compression did; None where the study does not compress."""
    table = compression_effects(records)
    if table.empty:
        return None
    return CompressionView(
        _compression_sentence(table), table_view(table, headings=_COMPRESSION_HEADINGS)
    )


_COMPRESSION_HEADINGS = {
    "accuracy_change": "change of accuracy",
    "similarity_change": "change of similarity",
    "time_ratio": "time, compressed / before",
    "disk_ratio": "size on disk, compressed / before (lowest and highest model)",
    "accuracy_p_adjusted": "p of accuracy (Holm)",
    "similarity_p_adjusted": "p of similarity (Holm)",
}


def _compression_sentence(table: pd.DataFrame) -> str:
    costs = []
    for name, what in (("accuracy", "accuracy"), ("similarity", "similarity to the reference")):
        shown = (table[f"{name}_p_adjusted"] < LEVEL) & (table[f"{name}_change"] < 0)
        if kinds := " and ".join(table.loc[shown, "compression"]):
            costs.append(f"{what}: {kinds}")
    if not costs:
        return "No kind of compression is shown to cost accuracy or similarity to the reference."
    return f"Shown to cost {'; '.join(costs)}."
