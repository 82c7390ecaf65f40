"""How long a prediction takes: a model of DistilBERT's size, texts of 128 tokens, the processor.

Through `astrid.predict`, beside transformers as its users call it, and beside the exported graph
in onnxruntime; tokenizing is part of all three. All sides take turns in each round.
"""

import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)

from astrid.explain.run import predict
from astrid.files import new_folder
from astrid.models.load import load_model
from astrid.models.tokenizers import train_wordpiece
from benchmarks.answers import agree
from benchmarks.measurements import Line
from benchmarks.timing import seconds
from benchmarks.workload import generated, place

TOKENS = 128
AIM = 50
"""Milliseconds that one text alone should take at most."""

Predict = Callable[[list[str]], Any]


@dataclass(frozen=True)
class Times:
    """Milliseconds a text of one side, a round each."""

    rounds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def against_others(rounds: int, batches: Sequence[int]) -> list[Line]:
    """Astrid, transformers and onnxruntime in float32."""
    source = str(random_distilbert())
    sides = {"astrid": _astrid(source), "transformers": _transformers(source)}
    if all(map(find_spec, ("onnx", "onnxscript", "onnxruntime"))):
        sides["onnxruntime"] = _onnxruntime(source)
    found = []
    for batch in batches:
        texts = texts_of_128(batch)
        _agree(sides, texts)
        times = in_turn(sides, texts, rounds * (4 if batch == 1 else 1))
        found += _lines(times, batch)
    return found


def half(rounds: int, batches: Sequence[int]) -> list[Line]:
    """Astrid in bf16 beside float32."""
    source = str(random_distilbert())
    sides = {"astrid": _astrid(source), "bf16": _astrid(source, "bfloat16")}
    found = []
    for batch in batches:
        texts = texts_of_128(batch)
        for predict_all in sides.values():
            predict_all(texts)  # the first call is slower
        times = in_turn(sides, texts, rounds)
        found.append(_time(f"inference, {_named(batch)}, bf16", times["bf16"]))
        found.append(_ratio(f"inference, {_named(batch)}, bf16 against float32", times, "bf16"))
    return found


def in_turn(sides: dict[str, Predict], texts: list[str], rounds: int) -> dict[str, Times]:
    """Every side once a round, so that what else the machine does meets all alike."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, predict_all in sides.items():
            spent[name].append(1000 * seconds(partial(predict_all, texts)) / len(texts))
    return {name: Times(found) for name, found in spent.items()}


def _lines(times: dict[str, Times], batch: int) -> list[Line]:
    what = f"inference, {_named(batch)}"
    found = [
        _time(what, times["astrid"], AIM if batch == 1 else None),
        _ratio(f"{what}, against transformers", times, "transformers", 1),
    ]
    if "onnxruntime" in times:
        found.append(_time(f"{what}, exported, in onnxruntime", times["onnxruntime"]))
        found.append(_ratio(f"{what}, against the same in onnxruntime", times, "onnxruntime"))
    return found


def _named(batch: int) -> str:
    return "one text" if batch == 1 else f"batches of {batch}"


def _time(what: str, times: Times, target: float | None = None) -> Line:
    details = {"fastest": min(times.rounds), "slowest": max(times.rounds)}
    return Line(what, times.median, target, "ms a text", at_most=True, details=details)


def _ratio(what: str, times: dict[str, Times], other: str, target: float | None = None) -> Line:
    pairs = zip(times["astrid"].rounds, times[other].rounds, strict=True)
    ratios = [theirs / ours for ours, theirs in pairs]
    details = {"lowest": min(ratios), "highest": max(ratios)}
    return Line(what, statistics.median(ratios), target, details=details)


def _astrid(source: str, precision: str = "float32") -> Predict:
    model = load_model(source, precision=precision)  # type: ignore[call-overload]
    return partial(predict, model)


def _transformers(source: str) -> Predict:
    model = AutoModelForSequenceClassification.from_pretrained(source, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(source)

    def run(texts: list[str]) -> np.ndarray:
        with torch.inference_mode():
            inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
            return model(**inputs).logits.softmax(-1).numpy()

    return run


@cache
def _onnxruntime(source: str) -> Predict:
    import onnxruntime
    from tokenizers import Tokenizer

    from astrid.models.export.onnx import export_onnx

    with tempfile.TemporaryDirectory() as folder:
        out = export_onnx(load_model(source), Path(folder) / "onnx").folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Its threads would go on waiting busily while the next side is timed.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(out / "model.onnx", options)
        tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))

    def run(texts: list[str]) -> np.ndarray:
        encoded = tokenizer.encode_batch(texts)
        inputs = {
            "input_ids": np.array([text.ids for text in encoded]),
            "attention_mask": np.array([text.attention_mask for text in encoded]),
        }
        powers = np.exp(session.run(["logits"], inputs)[0])
        return powers / powers.sum(axis=1, keepdims=True)

    return run


def _agree(sides: dict[str, Predict], texts: list[str]) -> None:
    ours = sides["astrid"](texts)
    for name, predict_all in sides.items():
        agree(list(ours), list(predict_all(texts)), 1e-4, name)


def texts_of_128(count: int) -> list[str]:
    """Texts that are each cut to 128 tokens, by the tokenizer's limit."""
    words = " ".join(generated()).split()
    return [" ".join(words[start * TOKENS : (start + 1) * TOKENS]) for start in range(count)]


def random_distilbert() -> Path:
    """A folder with a classifier of DistilBERT's size and random weights."""
    config = DistilBertConfig()
    folder = place("distilbert", config.to_dict())
    if not folder.is_dir():
        torch.manual_seed(0)
        with new_folder(folder) as temporary:
            DistilBertForSequenceClassification(config).eval().save_pretrained(temporary)
            train_wordpiece(generated(), 2000, TOKENS).save_pretrained(temporary)
    return folder
