"""Question 1: does a complex head compensate for a smaller encoder?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from astrid.analysis._study import (
    accuracy_of,
    enough_resamples,
    missing_models,
    model_name,
    points,
    right,
    spread,
)
from astrid.analysis.pareto import pareto_front
from astrid.analysis.questions._answer import Answer, Finding, Verdict
from astrid.analysis.questions._tests import corrected, difference_of_accuracies
from astrid.study.records import StudyRecords

QUESTION = "Does a complex head compensate for a smaller encoder?"

_NOTES = (
    "Documents are the unit: the answer is about these trained models, not about what another "
    "training would give.",
    "Not shown to be below is not the same as equal: the interval says how far below it may be.",
    "Intervals are of one comparison each; the p-values are corrected for all of them.",
)

_Keyed = tuple[str, str, str]
"""`gain` or `gap`, encoder, head."""


@dataclass(frozen=True)
class _Trial:
    """A smaller encoder with a complex head.

    Attributes:
        encoder: its name.
        head: its name.
        gain: accuracy less that of the same encoder with the linear head; None where that is
            missing.
        gap: accuracy less that of the large encoder with the linear head; None likewise.
        start: accuracy of the encoder with the linear head less that of the large one.
    """

    encoder: str
    head: str
    gain: Finding | None
    gap: Finding | None
    start: Finding | None

    @property
    def name(self) -> str:
        return model_name(self.encoder, self.head)

    @property
    def compensates(self) -> bool:
        return bool(self.gain and self.gain.above and self.gap and not self.gap.below)


def answer(records: StudyRecords) -> Answer:
    """Test every complex head on every smaller encoder.

    Two paired differences of accuracy each: against the linear head on the same encoder (does the
    head help?), and against the large encoder with the linear head (is the loss made up for?).
    Beside them, for each smaller encoder, what its linear head loses. Holm's correction over all.

    "Yes" where a head is shown to help and the result is not shown to be below the large encoder
    with the linear head. "No" where no head does so, and there is an encoder whose best complex
    head is shown to stay below while none is shown to help. Else "not shown".
    """
    frame = points(records, "encoder_params", "classifier_params", "total_params")
    trials = _trials(records, frame)
    verdict, sentence, headline = _decided(trials, records)
    return Answer(
        number=1,
        question=QUESTION,
        verdict=verdict,
        sentence=sentence,
        headline=headline,
        findings=tuple(_findings(trials)),
        table=_table(records, frame, trials),
        plot="pareto",
        notes=(*_NOTES, *_notes(records, trials)),
    )


def _trials(records: StudyRecords, frame: pd.DataFrame) -> list[_Trial]:
    right_NM = right(records)
    large = (records.reference.encoder, records.reference.classifier)
    there = {*zip(frame["encoder"], frame["classifier"], strict=True)}
    complex_heads = _complex_on_smaller(frame, *large)
    wanted: dict[_Keyed, tuple[tuple[str, str], tuple[str, str]]] = {}
    for encoder, head in complex_heads:
        linear = (encoder, large[1])
        wanted["gain", encoder, head] = ((encoder, head), linear)
        wanted["gap", encoder, head] = ((encoder, head), large)
        wanted["start", encoder, large[1]] = (linear, large)
    possible = {key: pair for key, pair in wanted.items() if {*pair} <= there}
    found = corrected(
        {
            key: difference_of_accuracies(
                right_NM,
                *pair,
                f"{model_name(*pair[0])} minus {model_name(*pair[1])}: accuracy",
                enough_resamples(len(possible)),
            )
            for key, pair in possible.items()
        }
    )
    return [
        _Trial(
            encoder,
            head,
            found.get(("gain", encoder, head)),
            found.get(("gap", encoder, head)),
            found.get(("start", encoder, large[1])),
        )
        for encoder, head in complex_heads
    ]


def _complex_on_smaller(frame: pd.DataFrame, encoder: str, head: str) -> list[tuple[str, str]]:
    """Heads with more parameters than the linear one, on encoders with fewer than the large one."""
    sizes = frame.set_index(["encoder", "classifier"])
    large = frame.loc[frame["encoder"] == encoder, "encoder_params"].max()
    linear = frame.loc[frame["classifier"] == head].set_index("encoder")["classifier_params"]
    return [
        (small, other)
        for small, other in sizes.index
        if sizes.at[(small, other), "encoder_params"] < large
        and sizes.at[(small, other), "classifier_params"] > linear.get(small, linear.max())
    ]


def _decided(
    trials: Sequence[_Trial], records: StudyRecords
) -> tuple[Verdict, str, Finding | None]:
    large = model_name(records.reference.encoder, records.reference.classifier)
    tested = [trial for trial in trials if trial.gap and trial.gap.estimate.defined]
    if not tested:
        reason = (
            f"no smaller encoder with a more complex head can be compared with {large}"
            if trials
            else "the study has no smaller encoder with a head more complex than the linear one"
        )
        return "not shown", f"Not shown: {reason}.", None
    winners = [trial for trial in tested if trial.compensates]
    if winners:
        best = _best(winners)
        return "yes", _yes(best, winners, large), best.gap
    stuck = [best for best in _best_of_each(tested) if _stays_below(best, tested)]
    if stuck:
        worst = min(stuck, key=lambda trial: _gap_of(trial).estimate.value)
        return "no", _no(worst, stuck, large), worst.gap
    best = _best(tested)
    return "not shown", _open(best, tested, large), best.gap


def _gap_of(trial: _Trial) -> Finding:
    assert trial.gap is not None
    return trial.gap


def _best(trials: Sequence[_Trial]) -> _Trial:
    return max(trials, key=lambda trial: _gap_of(trial).estimate.value)


def _best_of_each(trials: Sequence[_Trial]) -> list[_Trial]:
    encoders = dict.fromkeys(trial.encoder for trial in trials)
    return [_best([trial for trial in trials if trial.encoder == name]) for name in encoders]


def _stays_below(best: _Trial, trials: Sequence[_Trial]) -> bool:
    """Whether an encoder's best head is shown to stay below, and none is shown to help."""
    gains = [trial.gain for trial in trials if trial.encoder == best.encoder]
    helped = any(gain is not None and gain.above for gain in gains)
    return _gap_of(best).below and not helped and any(gain is not None for gain in gains)


def _yes(best: _Trial, winners: Sequence[_Trial], large: str) -> str:
    assert best.gain is not None
    others = [trial.name for trial in winners if trial is not best]
    more = f" So do {', '.join(others)}." if len(others) > 1 else ""
    more = f" So does {others[0]}." if len(others) == 1 else more
    return (
        f"Yes: on {best.encoder} the {best.head} head gains {best.gain.estimate} in accuracy over "
        f"the linear one, and is not shown to be below {large} (difference "
        f"{_gap_of(best).estimate}).{more}"
    )


def _no(worst: _Trial, stuck: Sequence[_Trial], large: str) -> str:
    others = [trial.encoder for trial in stuck if trial is not worst]
    more = f" The same holds for {', '.join(others)}." if others else ""
    return (
        f"No: {worst.name}, the best complex head there, stays below {large} (difference in "
        f"accuracy {_gap_of(worst).estimate}), and no complex head is shown to help "
        f"{worst.encoder}.{more}"
    )


def _open(best: _Trial, tested: Sequence[_Trial], large: str) -> str:
    helped = [trial for trial in tested if trial.gain and trial.gain.above]
    if helped:
        one = _best(helped)
        assert one.gain is not None
        return (
            f"Not shown: {one.name} gains {one.gain.estimate} in accuracy over the linear head, "
            f"but stays below {large} (difference {_gap_of(one).estimate})."
        )
    return (
        "Not shown: no complex head is shown to improve a smaller encoder; the best, "
        f"{best.name}, differs from {large} by {_gap_of(best).estimate} in accuracy."
    )


def _findings(trials: Sequence[_Trial]) -> Iterator[Finding]:
    for trial in trials:
        yield from (finding for finding in (trial.gap, trial.gain) if finding)
    starts = {trial.encoder: trial.start for trial in trials}
    yield from (finding for finding in starts.values() if finding)


def _table(records: StudyRecords, frame: pd.DataFrame, trials: Sequence[_Trial]) -> pd.DataFrame:
    right_NM = right(records)
    pairs = list(zip(frame["encoder"], frame["classifier"], strict=True))
    accuracies = [accuracy_of(right_NM, *pair) for pair in pairs]
    spreads = pd.DataFrame(
        [spread("accuracy", each) for each in accuracies],
        columns=["accuracy", "accuracy_low", "accuracy_high"],
    )
    table = pd.concat([frame[["encoder", "classifier", "total_params"]], spreads], axis=1)
    table["on_front"] = pareto_front(table, ["accuracy"], ["total_params"])
    by_pair = {(trial.encoder, trial.head): trial for trial in trials}
    for kind in ("gain", "gap"):
        found = [getattr(by_pair.get(pair), kind, None) for pair in pairs]
        for end, name in (("value", kind), ("low", f"{kind}_low"), ("high", f"{kind}_high")):
            table[name] = [getattr(f.estimate, end) if f else float("nan") for f in found]
        p_values = [f.p_adjusted if f else None for f in found]
        table[f"{kind}_p_adjusted"] = pd.Series(p_values, index=table.index, dtype=float)
    return table


def _notes(records: StudyRecords, trials: Sequence[_Trial]) -> Iterator[str]:
    winners = [trial for trial in trials if trial.compensates]
    lossless = [trial.encoder for trial in winners if not (trial.start and trial.start.below)]
    if lossless:
        names = ", ".join(dict.fromkeys(lossless))
        yield f"With the linear head no loss is shown for {names}: there was little to make up for."
    if missing := missing_models(records):
        yield f"Without a record: {', '.join(missing)}."
