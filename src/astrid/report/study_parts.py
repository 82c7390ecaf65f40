"""What a study's report reads off the records: counts, gaps, limits, how it was made."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from astrid.analysis.family import LIMITS
from astrid.report.frame_table import TableView, table_view
from astrid.study.records import StudyRecords

FEW_TEXTS = 50
"""Below this many explained texts the limits say that they are few."""

_REASONS_SHOWN = 200


@dataclass(frozen=True)
class Missing:
    """What the study lacks: a sentence, and a row a missing cell or value."""

    sentence: str
    table: TableView


@dataclass(frozen=True)
class Made:
    """How the study was made: the command, its specification as YAML, and facts by name."""

    command: str
    spec: str
    facts: tuple[tuple[str, str], ...]


def counts(records: StudyRecords) -> str:
    """How many cells, models and texts there are, in a sentence."""
    models = len(records.results[records.model_columns].drop_duplicates())
    documents = records.answers["document"].nunique() if len(records.answers) else 0
    parts = [
        _many(len(records.encoders), "encoder"),
        _many(len(records.heads), "head"),
        _many(len(records.methods), "method"),
        _many(records.results["seed"].nunique(), "seed"),
    ]
    return (
        f"{_many(len(records.results), 'cell')} ({', '.join(parts)}), {_many(models, 'model')}; "
        f"accuracy over {_many(documents, f'{_split(records)}document')}, reasons over "
        f"{_many(_texts(records), 'text')}."
    )


def _many(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def _split(records: StudyRecords) -> str:
    """Which documents models were measured on, with a space behind; empty where not known."""
    split = _plain(records.made.get("data", {})).get("split")
    return f"{split} " if split else ""


def _texts(records: StudyRecords) -> int:
    return int(records.similarities["text"].nunique()) if len(records.similarities) else 0


def missing(records: StudyRecords) -> Missing:
    """The gaps as a table; the sentence counts them."""
    gaps = records.gaps
    impossible = int(records.made.get("left_out") or 0)
    apart = (
        f" {_many(impossible, 'combination')} of a model with a method that can't explain it "
        "don't count."
        if impossible
        else ""
    )
    if gaps.empty:
        sentence = f"Nothing: every cell of the study is there.{apart}"
        return Missing(sentence, table_view(pd.DataFrame()))
    whole = gaps["column"].fillna("") == ""
    shown = gaps.assign(column=gaps["column"].where(~whole, "the whole cell"))
    sentence = (
        f"{_many(int(whole.sum()), 'cell')} and {_many(int((~whole).sum()), 'single value')} are "
        f"missing; averages and tests leave them out.{apart}"
    )
    return Missing(sentence, table_view(shown, _REASONS_SHOWN))


def training(records: StudyRecords) -> TableView:
    """What went wrong in training, a row a model and finding; no rows where nothing did."""
    frame = records.diagnosis
    if not frame.empty and frame["seed"].nunique() == 1 == records.results["seed"].nunique():
        frame = frame.drop(columns="seed")
    headings = {"classifier": "head", "because": "what shows it", "advice": "what to change"}
    return table_view(frame, headings=headings)


def limits(records: StudyRecords) -> tuple[str, ...]:
    """What the study can't show: the limits of any comparison, and this study's own."""
    own = []
    if records.results["seed"].nunique() == 1:
        own.append(
            "Every model was trained with one seed: intervals cover the choice of texts, not the "
            "chance of training. Another seed can change the order of models that lie close."
        )
    if _split(records) == "validation ":
        own.append(
            "Models were measured on validation documents, which also chose each model's best "
            "epoch: on documents that training never saw they may do worse. The setting "
            "explaining.split=test measures on such."
        )
    if 0 < _texts(records) < FEW_TEXTS:
        own.append(
            f"Only {_many(_texts(records), 'text')} were explained: intervals of similarity, "
            "agreement and stability are rough."
        )
    corpus = _plain(records.made.get("data", {})).get("name")
    own.append(
        f"All figures are from one corpus{f' ({corpus})' if corpus else ''}; nothing here says how "
        "the models do on other texts."
    )
    own.append(
        "Many models were compared: the best figure of many is partly luck. Tests are corrected "
        "within each question, not over the whole report."
    )
    if records.ceiling.empty:
        own.append(
            "The reference was trained only once: how alike its own retraining would be (the "
            "ceiling of similarity) is not known."
        )
    own.append(
        "Times were measured on one machine and depend on it, and on what else it was doing: their "
        "intervals cover the choice of texts alone."
    )
    return (*LIMITS, *own)


def made(records: StudyRecords, folder: str) -> Made:
    """Command, specification and facts; what is not known is left out."""
    parts = {name: _plain(records.made.get(name, {})) for name in ("data", "versions", "hardware")}
    seeds = ", ".join(str(seed) for seed in sorted(records.results["seed"].unique()))
    facts = [
        *((f"data: {_words(name)}", _shown(value)) for name, value in parts["data"].items()),
        ("seeds", seeds),
        ("reference", reference_name(records)),
        ("versions", ", ".join(f"{name} {value}" for name, value in parts["versions"].items())),
        *(
            (f"hardware: {_words(name)}", _shown(value))
            for name, value in parts["hardware"].items()
        ),
        (
            "intervals",
            "95 %; means: BCa bootstrap over texts; shares and accuracy of one seed: Wilson",
        ),
    ]
    spec = _plain(records.made.get("spec", {}))
    return Made(
        command=f"astrid study run spec.yaml --out {folder}",
        spec=yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=96),
        facts=tuple((name, text) for name, text in facts if text),
    )


def reference_name(records: StudyRecords) -> str:
    """The reference cell in words."""
    it = records.reference
    return f"{it.encoder} + {it.classifier}, {it.interpretability}, seed {it.seed}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Mapping[str, Any]:
    """As plain JSON values, whatever the spec is made of."""
    plain = json.loads(json.dumps(value, default=str))
    return plain if isinstance(plain, dict) else {"value": plain}
