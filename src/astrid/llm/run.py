"""The whole run: zero-shot answers, LoRA, answers again, explanations of both, and their files."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.files import write_atomic
from astrid.llm.influential import influential_words
from astrid.llm.interpretability import interpretability
from astrid.llm.metrics import (
    ClassificationMetrics,
    classification_metrics,
    compare_metrics,
    metrics_frame,
)
from astrid.llm.shap_json import shap_document
from astrid.llm.spec import EMBEDDED, LlmSpec
from astrid.llm.texts import Texts, load_texts
from astrid.models.causal.calibration import calibrated
from astrid.models.causal.four_bit import load_four_bit
from astrid.models.causal.load import opened
from astrid.models.causal.model import CausalModel
from astrid.models.causal.scoring import label_probabilities
from astrid.models.causal.templates import Asked, Example, ask_for
from astrid.models.load import device_named
from astrid.models.loading import LoadedModel
from astrid.plots._paper import save_picture
from astrid.progress import bar
from astrid.training.embedded_lm import embedded_model
from astrid.training.lora.fit import LoraLesson, LoraResult, fine_tune

ADAPTER = "lora_adapter"
NAMES = {"zero_shot": "zero-shot", "fine_tuned": "fine-tuned"}
"""How files, and how pictures call the two models."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class LlmResult:
    """What a run found.

    Attributes:
        labels: each label's index.
        metrics: of the zero-shot model, and of the fine-tuned one where there is one.
        gain: accuracy of the fine-tuned model less the zero-shot one's, with interval; None where
            there was no fine-tuning.
        adapter: how the adapter was trained.
        files: written, in their order.
    """

    labels: dict[str, int]
    metrics: dict[str, ClassificationMetrics]
    gain: Any
    adapter: LoraResult | None
    files: tuple[Path, ...]


def run_llm(
    spec: LlmSpec, folder: Path, say: Say = lambda line: None, token: str | None = None
) -> LlmResult:
    """Do what `spec` says and write its files into `folder`.

    Args:
        spec: model, texts, and what is done.
        folder: made where it is not there; files of the same names are replaced.
        say: told in a line of what comes next.
        token: for gated models of the hub; never written anywhere.

    Raises:
        InputError: a model, data set or setting that can't be used; the line says which and why.
    """
    folder = Path(folder)
    texts = load_texts(spec)
    say(
        f"{texts.evaluation.name}: {len(texts.train)} texts to learn from, "
        f"{len(texts.validation)} to choose the epoch by, {len(texts.evaluation)} to judge on; "
        + ", ".join(f"{label} = {index}" for label, index in texts.mapping.items())
    )
    loaded = _loaded(spec, token)
    asked = ask_for(
        texts.evaluation.classes, loaded.tokenizer, spec.template, _examples(spec, texts)
    )
    written = _Files(folder)
    written.json("label_mapping.json", texts.mapping)
    zero = _asked_model(spec, loaded, asked, "zero-shot")
    answers = {"zero_shot": _answers(zero, texts, "zero-shot")}
    metrics = {"zero_shot": _metrics(written, texts, "zero_shot", answers["zero_shot"])}
    explained = {"zero_shot": zero} if spec.run_shap else {}
    adapter, gain = None, None
    if spec.finetune:
        adapter = _fine_tuned(spec, loaded, asked, texts, folder)
        written.paths.append(adapter.folder)
        tuned = _with_adapter(spec, loaded, asked, adapter.folder)
        answers["fine_tuned"] = _answers(tuned, texts, "fine-tuned")
        metrics["fine_tuned"] = _metrics(written, texts, "fine_tuned", answers["fine_tuned"])
        gold = np.asarray(texts.evaluation.labels)
        gain = compare_metrics(gold, answers["zero_shot"], answers["fine_tuned"])
        explained |= {"fine_tuned": tuned} if spec.run_shap else {}
    frame = metrics_frame({NAMES[name]: found for name, found in metrics.items()})
    written.picture("metrics_comparison", frame, "metrics_comparison.png")
    _explain(spec, explained, texts, written)
    return LlmResult(texts.mapping, metrics, gain, adapter, tuple(written.paths))


class _Files:
    """Writes files of a run, and remembers them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: list[Path] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: can't be written ({error.strerror})") from None

    def json(self, name: str, value: Any) -> None:
        content = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
        # Half of a surrogate pair, as some data sets have them, has no UTF-8 form.
        write_atomic(self.folder / name, f"{content}\n".encode("utf-8", "replace"))
        self.paths.append(self.folder / name)

    def picture(self, plot: str, frame: Any, name: str) -> None:
        save_picture(plot, frame, self.folder / name)
        self.paths.append(self.folder / name)


def _loaded(spec: LlmSpec, token: str | None) -> LoadedModel:
    import torch

    if spec.load_in_4bit:
        return load_four_bit(spec.model_name)
    source = str(embedded_model(progress=True)) if spec.model_name == EMBEDDED else spec.model_name
    return opened(source, torch.float32, token)


def _examples(spec: LlmSpec, texts: Texts) -> list[Example]:
    """The first texts of each label, label by label in turn; they are learnt from, never judged."""
    found: list[Example] = []
    for turn in range(spec.few_shot):
        for index, label in enumerate(texts.train.classes):
            of_label = [document for document in texts.train if document.label == index]
            if turn < len(of_label):
                found.append(Example(of_label[turn].text, label))
    return found


def _asked_model(spec: LlmSpec, loaded: LoadedModel, asked: Asked, name: str) -> CausalModel:
    model = CausalModel(
        loaded.model,
        loaded.tokenizer,
        name,
        device_named(spec.device),
        prompt=asked.prompt,
        labels=asked.verbaliser.texts,
        constrained=True,
    )
    return calibrated(model) if spec.calibrate else model


def _answers(model: CausalModel, texts: Texts, name: str) -> np.ndarray:
    with bar(f"asking ({name})", len(texts.evaluation)) as advance:
        return label_probabilities(model, texts.evaluation.texts, advance=advance)


def _metrics(
    written: _Files, texts: Texts, name: str, probabilities: np.ndarray
) -> ClassificationMetrics:
    gold = np.asarray(texts.evaluation.labels)
    found = classification_metrics(gold, probabilities, texts.evaluation.classes)
    written.json(f"{name}_metrics.json", found.to_dict())
    return found


def _fine_tuned(
    spec: LlmSpec, loaded: LoadedModel, asked: Asked, texts: Texts, folder: Path
) -> LoraResult:
    lesson = LoraLesson(
        loaded.model,
        loaded.tokenizer,
        asked.prompt,
        asked.verbaliser.token_ids,
        texts.train,
        texts.validation,
        spec.lora,
    )
    return fine_tune(lesson, folder / ADAPTER, overwrite=True)


def _with_adapter(spec: LlmSpec, loaded: LoadedModel, asked: Asked, adapter: Path) -> CausalModel:
    """The model with the adapter on disk, as anybody else would open it."""
    from peft import PeftModel

    wrapped = PeftModel.from_pretrained(loaded.model, str(adapter)).eval()
    return _asked_model(spec, LoadedModel(wrapped, loaded.tokenizer, ()), asked, "fine-tuned")


def _explain(spec: LlmSpec, models: dict[str, CausalModel], texts: Texts, written: _Files) -> None:
    """Owen values over the words of the same texts, of the probability of each one's own label."""
    documents = texts.evaluation.documents[: spec.shap_examples]
    targets = [Target("probability", document.label) for document in documents]
    found = {
        name: _explained(spec, model, [document.text for document in documents], targets)
        for name, model in models.items()
    }
    for name, explanations in found.items():
        written.json(f"{name}_shap.json", shap_document(name, explanations))
        frame = influential_words({NAMES[name]: explanations})
        written.picture("influential_tokens", frame, f"{name}_shap_summary.png")
    if len(found) == len(NAMES):
        both = interpretability(found["zero_shot"], found["fine_tuned"])
        written.json("interpretability_metrics.json", both.to_dict())


def _explained(
    spec: LlmSpec, model: CausalModel, texts: Sequence[str], targets: Sequence[Target]
) -> Explanations:
    params = {"evaluations": spec.shap_evaluations}
    with bar(f"explaining ({model.name})", len(texts)) as advance:
        return explain(model, texts, "shap", target=targets, params=params, advance=advance)
