"""Made-up studies with known answers, of any size."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from astrid.study.records import COLUMNS, ESTIMATES, CellKey, StudyRecords

ENCODERS = {
    "bert-base": 109_000_000,
    "distilbert": 66_000_000,
    "tinybert": 14_000_000,
    "mini": 11_000_000,
}
HEADS = {"linear": 1_500, "mlp": 370_000, "attention": 2_300, "dual": 530_000, "ensemble": 4_600}
METHODS = ("integrated_gradients", "attention", "lime", "shap", "gradient_x_input")


def study(
    encoders: Mapping[str, int] = ENCODERS,
    heads: Mapping[str, int] = HEADS,
    methods: Sequence[str] = METHODS,
    seeds: Sequence[int] = (0,),
    compressions: Sequence[str] = (),
    documents: int = 120,
    texts: int = 40,
    accuracy: Mapping[tuple[str, str], float] | float = 0.85,
    similarity: Mapping[tuple[str, str], float] | float = 0.6,
    correlation: Mapping[str, float] | float = 0.4,
    seed: int = 0,
) -> StudyRecords:
    """A study whose true accuracies, similarities and correlations are the given numbers.

    Args:
        encoders: parameters of each, the teacher first.
        heads: parameters of each.
        methods: the first is the reference's.
        compressions: names of a fourth dimension; none where empty.
        documents: evaluation documents.
        texts: explained texts, the first of the documents.
        accuracy: of each (encoder, head), or of all.
        similarity: to the reference, of each (encoder, head), or of all; spread 0.1 over texts.
        correlation: of any two methods, by encoder, or of all; spread 0.1 over texts.
        seeds: of the models; the reference has the first.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    first_encoder, first_head = next(iter(encoders)), next(iter(heads))
    reference = CellKey(first_encoder, first_head, methods[0], seeds[0], "none")
    rows, answers, similarities, correlations, curves = [], [], [], [], []
    for encoder in encoders:
        for head in heads:
            for number in seeds:
                for compression in compressions or ("none",):
                    model = {"encoder": encoder, "classifier": head, "seed": number}
                    if compressions:
                        model["compression"] = compression
                    right = rng.random(documents) < _of(accuracy, (encoder, head))
                    confidence = rng.uniform(0.5, 1.0, documents)
                    answers.append(
                        pd.DataFrame(
                            {
                                **model,
                                "document": range(documents),
                                "label": "yes",
                                "predicted": np.where(right, "yes", "no"),
                                "confidence": confidence,
                                "correct": right,
                            }
                        )
                    )
                    agreement = []
                    for one, other in combinations(methods, 2):
                        values = np.clip(rng.normal(_of(correlation, encoder), 0.1, texts), -1, 1)
                        agreement.append(values)
                        correlations.append(
                            pd.DataFrame(
                                {
                                    **model,
                                    "first": one,
                                    "second": other,
                                    "text": range(texts),
                                    "correlation": values,
                                }
                            )
                        )
                    agreed = np.mean(agreement, axis=0) if agreement else np.full(texts, np.nan)
                    stability = rng.uniform(0.2, 0.4, texts)
                    curves.append(_curve(model, float(right.mean())))
                    for method in methods:
                        is_reference = (*model.values(), method) == (
                            reference.encoder,
                            reference.classifier,
                            reference.seed,
                            *(("none",) if compressions else ()),
                            method,
                        ) and method == methods[0]
                        alike = (
                            np.ones(texts)
                            if is_reference
                            else np.clip(
                                rng.normal(_of(similarity, (encoder, head)), 0.1, texts), -1, 1
                            )
                        )
                        similarities.append(
                            pd.DataFrame(
                                {
                                    **model,
                                    "interpretability": method,
                                    "text": range(texts),
                                    "similarity": alike,
                                    "same_method": alike,
                                    "chance": rng.normal(0.1, 0.05, texts),
                                }
                            )
                        )
                        sizes = encoders[encoder], heads[head]
                        total = sum(sizes)
                        teacher = encoders[first_encoder] + heads[first_head]
                        speed = np.abs(rng.normal(1e-9 * total, 1e-10 * total, documents))
                        numbers = {
                            "accuracy": _spread(right.astype(float)),
                            "f1_score": _spread(right.astype(float)),
                            "inference_time": _spread(speed),
                            "attribution_similarity": _spread(alike),
                            "method_agreement": _spread(agreed),
                            "interpretation_stability": _spread(stability),
                            "interpretation_cost": _spread(speed * 50),
                            "accuracy_per_param": _spread(right / total),
                            "accuracy_per_second": _spread(right / speed.mean()),
                            "prediction_confidence": _spread(confidence),
                            "attribution_magnitude": _spread(rng.uniform(0.01, 0.05, texts)),
                        }
                        rows.append(
                            _record(
                                {**model, "interpretability": method},
                                numbers,
                                sizes,
                                teacher / total,
                            )
                        )
    results = pd.DataFrame(rows)
    ordered = [name for column in COLUMNS for name in _with_ends(column)]
    if compressions:
        results["disk_bytes"] = results["total_params"] * 4
        ordered[4:4] = ["compression"]
        ordered.append("disk_bytes")
    return StudyRecords(
        name="made-up",
        reference=reference,
        methods=tuple(methods),
        encoders=tuple(encoders),
        heads=tuple(heads),
        results=results[ordered],
        answers=pd.concat(answers, ignore_index=True),
        similarities=pd.concat(similarities, ignore_index=True),
        correlations=pd.concat(correlations, ignore_index=True) if correlations else pd.DataFrame(),
        faithfulness=_faithfulness(similarities, rng),
        ceiling=pd.DataFrame(
            {"text": range(texts), "similarity": np.clip(rng.normal(0.8, 0.05, texts), -1, 1)}
        ),
        curves=pd.concat(curves, ignore_index=True),
        gaps=pd.DataFrame(
            columns=["encoder", "classifier", "interpretability", "seed", "column", "reason"]
        ),
        made={
            "spec": {"name": "made-up"},
            "data": {
                "name": "made-up",
                "train": 800,
                "validation": documents,
                "fingerprint": "0" * 16,
            },
            "versions": {"astrid": "0"},
            "hardware": {"cpu": "a CPU", "cores": 2},
        },
    )


def _faithfulness(similarities, rng):
    frame = pd.concat(similarities, ignore_index=True)
    found = frame.drop(columns=["similarity", "same_method", "chance"])
    found["comprehensiveness"] = rng.normal(0.3, 0.1, len(found))
    found["random"] = rng.normal(0.1, 0.05, len(found))
    return found


def _of(values, key):
    return values if isinstance(values, float | int) else values[key]


def _spread(values: np.ndarray) -> tuple[float, float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return (np.nan,) * 3
    middle, half = known.mean(), 1.96 * known.std() / np.sqrt(len(known))
    return middle, middle - half, middle + half


def _with_ends(column: str) -> list[str]:
    return [column, f"{column}_low", f"{column}_high"] if column in ESTIMATES else [column]


def _record(cell, numbers, sizes, ratio):
    row = dict(cell)
    for name, values in numbers.items():
        row |= dict(zip(_with_ends(name), values, strict=True))
    return row | {
        "encoder_params": sizes[0],
        "classifier_params": sizes[1],
        "total_params": sum(sizes),
        "compression_ratio": ratio,
    }


def _curve(model, final):
    epochs = np.arange(1, 5)
    return pd.DataFrame(
        {
            **model,
            "epoch": epochs,
            "train_loss": 0.7 / epochs,
            "val_loss": 0.7 / epochs + 0.05,
            "accuracy": final - 0.2 / epochs + 0.05,
            "f1_score": final - 0.2 / epochs + 0.05,
        }
    )
