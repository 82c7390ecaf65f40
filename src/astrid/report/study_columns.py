"""How every column of a study's record is defined, for the pages that show them."""

from dataclasses import dataclass
from typing import Literal

from astrid.study.records import COMPRESSION, StudyRecords


@dataclass(frozen=True)
class Definition:
    """One column: what it says, its unit (empty: none), and which end of it is the better one."""

    column: str
    what: str
    unit: str = ""
    better: Literal["higher", "lower", ""] = ""


_ALWAYS = (
    Definition("encoder", "the encoder"),
    Definition("classifier", "the head on the encoder"),
    Definition("interpretability", "the method that explains the model"),
    Definition("seed", "the seed the model was trained with"),
    Definition("accuracy", "share of right answers over the evaluation documents", "", "higher"),
    Definition("f1_score", "mean of the classes' F1 over the evaluation documents", "", "higher"),
    Definition("inference_time", "time of one prediction", "s a text", "lower"),
    Definition("encoder_params", "parameters of the encoder", "count", "lower"),
    Definition("classifier_params", "parameters of the head", "count", "lower"),
    Definition("total_params", "encoder_params + classifier_params", "count", "lower"),
    Definition(
        "compression_ratio",
        "parameters of the reference's model / total_params",
        "times",
        "higher",
    ),
    Definition(
        "attribution_similarity",
        "cosine of the word scores with those of the reference cell, mean over the explained texts",
        "in [−1, 1]",
        "higher",
    ),
    Definition(
        "method_agreement",
        "mean pairwise Spearman correlation of the methods' word scores, mean over the explained "
        "texts; the same for all cells of a model",
        "in [−1, 1]",
        "higher",
    ),
    Definition(
        "interpretation_stability",
        "standard deviation across methods of the normalised word scores, mean over the explained "
        "texts; the same for all cells of a model",
        "",
        "lower",
    ),
    Definition("interpretation_cost", "time of one explanation", "s a text", "lower"),
    Definition("accuracy_per_param", "accuracy / total_params", "a parameter", "higher"),
    Definition("accuracy_per_second", "accuracy / inference_time", "a second", "higher"),
    Definition("prediction_confidence", "highest probability, mean over the evaluation documents"),
    Definition("attribution_magnitude", "|word score|, mean over the explained texts"),
)
_COMPRESSION = Definition(COMPRESSION, "how the trained model was made smaller; none: not at all")
_DISK = Definition("disk_bytes", "size of the saved model", "bytes", "lower")


def definitions(records: StudyRecords) -> tuple[Definition, ...]:
    """The columns of this study's records, in their order; intervals are not listed."""
    if not records.compresses:
        return _ALWAYS
    return (*_ALWAYS[:4], _COMPRESSION, *_ALWAYS[4:], _DISK)
