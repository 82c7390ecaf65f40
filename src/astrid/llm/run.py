"""The whole run: zero-shot answers, LoRA, answers again, explanations of both, and their files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astrid.errors import InputError
from astrid.explain.records import Explanations
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.files import locked, require_writable
from astrid.llm.interpretability import Interpretability, interpretability
from astrid.llm.metrics import ClassificationMetrics, classification_metrics, compare_metrics
from astrid.llm.outputs import (
    QUESTION,
    TITLES,
    Stage,
    new_outputs,
    write_interpretability,
    write_metrics,
    write_metrics_picture,
    write_shap,
)
from astrid.llm.question import ADAPTER, Question, load_base, with_adapter
from astrid.llm.spec import EMBEDDED, LlmSpec
from astrid.llm.texts import Texts, load_texts, subset
from astrid.measures.statistics.quality import QualityComparison
from astrid.models.adapters import is_adapter
from astrid.models.causal.classifier import doubts
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import LongPromptError
from astrid.models.causal.scoring import label_probabilities
from astrid.models.causal.templates import Asked, Example, ask_for
from astrid.models.loading import LoadedModel
from astrid.progress import bar
from astrid.training.lora.fit import LoraLesson, LoraResult, fine_tune

Say = Callable[[str], None]


@dataclass(frozen=True)
class LlmResult:
    """What a run found.

    Attributes:
        labels: each label's index.
        metrics: of the model as it comes, and of the fine-tuned one where there is one.
        gain: fine-tuned less zero-shot; None where there was no fine-tuning.
        reasons: how the explanations differ; None without fine-tuning or explanations.
        adapter: how the adapter was trained.
        files: written, in their order.
    """

    labels: dict[str, int]
    metrics: Mapping[Stage, ClassificationMetrics]
    gain: QualityComparison | None
    reasons: Interpretability | None
    adapter: LoraResult | None
    files: tuple[Path, ...]


def run_llm(
    spec: LlmSpec, folder: str | Path, say: Say = lambda line: None, token: str | None = None
) -> LlmResult:
    """Do what `spec` says and write its files into `folder`.

    Args:
        spec: model, texts, and what is done.
        folder: made where it is not there; the files of an earlier run in it are removed, but for
            its adapter, which only a run with `finetune` replaces.
        say: told in a line of what comes next.
        token: for gated models and data sets of the hub; never written anywhere.

    Raises:
        InputError: a model, data set, folder or setting that can't be used; the line says which
            and why.
    """
    folder = Path(folder)
    if spec.finetune and is_adapter(spec.model_name):
        # What is trained on a merged model would name the bare base model as its own.
        raise InputError(
            f"{spec.model_name}: holds an adapter already; give --finetune the plain base model, "
            "or a folder in which the adapter is merged"
        )
    require_writable(folder / QUESTION)
    texts = load_texts(spec, token)
    say(_about(spec.dataset_name, texts))
    if all(label.lstrip("-").isdecimal() for label in texts.mapping):
        say(
            "warning: the labels are numbers, which tell a model nothing; if a column has their "
            "names, give it as --label-field"
        )
    loaded = load_base(spec.model_name, spec.load_in_4bit, token)
    labels, examples = texts.evaluation.classes, _examples(spec, texts)
    asked = ask_for(labels, loaded.tokenizer, spec.template, examples)
    question = Question(
        _place(spec.model_name),
        asked.prompt,
        asked.verbaliser.texts,
        spec.calibrate,
        spec.load_in_4bit,
        spec.finetune,
    )
    for doubt in doubts(spec.model_name, asked.verbaliser):
        say(f"warning: {doubt}")
    try:
        zero_shot = question.asked_of(loaded, TITLES["zero_shot"], spec.device)
        with locked(folder):
            return _run(spec, folder, texts, loaded, asked, question, zero_shot)
    except LongPromptError as error:
        fewer = f", with fewer examples (few_shot is {spec.few_shot})" if spec.few_shot else ""
        raise InputError(f"{error}{fewer}") from None


def _run(
    spec: LlmSpec,
    folder: Path,
    texts: Texts,
    loaded: LoadedModel,
    asked: Asked,
    question: Question,
    zero_shot: CausalModel,
) -> LlmResult:
    models: dict[Stage, CausalModel] = {"zero_shot": zero_shot}
    answers: dict[Stage, np.ndarray] = {"zero_shot": _answers(zero_shot, texts)}
    adapter, files = None, []
    if spec.finetune:
        adapter = _fine_tuned(spec, loaded, asked, texts, folder)
        if not adapter.reused:
            # Until this run's answers are known, nobody must ask it an earlier question.
            (folder / QUESTION).unlink(missing_ok=True)
        files.append(adapter.folder)
        tuned = with_adapter(loaded, adapter.folder)
        models["fine_tuned"] = question.asked_of(tuned, TITLES["fine_tuned"], spec.device)
        answers["fine_tuned"] = _answers(models["fine_tuned"], texts)
    # Only now: a run that fails before leaves the results of the one before it.
    with new_outputs(folder) as new:
        written = [question.write(new)]
        metrics, gain = _metrics(new, texts, answers, written)
    files += [folder / path.name for path in written]
    reasons = _explain(spec, folder, models, texts, files) if spec.run_shap else None
    return LlmResult(texts.mapping, metrics, gain, reasons, adapter, tuple(files))


def _place(model_name: str) -> str:
    """A folder by its whole path, so that the run can be asked from anywhere."""
    if model_name != EMBEDDED and Path(model_name).is_dir():
        return str(Path(model_name).resolve())
    return model_name


def _about(name: str, texts: Texts) -> str:
    named = ", ".join(f"{label} = {index}" for label, index in texts.mapping.items())
    numbers = {
        word: number for number, word in texts.evaluation.facts.get("label_numbers", {}).items()
    }
    if numbers:
        named += f" (in the data {', '.join(numbers[label] for label in texts.mapping)})"
    return (
        f"{name}: {len(texts.train)} texts to learn from, "
        f"{len(texts.validation)} to choose the epoch by, {len(texts.evaluation)} to judge on; "
        f"labels {named}"
    )


def _examples(spec: LlmSpec, texts: Texts) -> list[Example]:
    """The first texts of each label, label by label in turn: of those that are learnt from."""
    found: list[Example] = []
    for turn in range(spec.few_shot):
        for index, label in enumerate(texts.train.classes):
            of_label = [document for document in texts.train if document.label == index]
            if turn < len(of_label):
                found.append(Example(of_label[turn].text, label))
    return found


def _answers(model: CausalModel, texts: Texts) -> np.ndarray:
    with bar(f"asking ({model.name})", len(texts.evaluation)) as advance:
        return label_probabilities(model, texts.evaluation.texts, advance=advance)


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


def _metrics(
    folder: Path, texts: Texts, answers: Mapping[Stage, np.ndarray], files: list[Path]
) -> tuple[dict[Stage, ClassificationMetrics], QualityComparison | None]:
    gold, labels = np.asarray(texts.evaluation.labels), texts.evaluation.classes
    found = {
        stage: classification_metrics(gold, probabilities, labels)
        for stage, probabilities in answers.items()
    }
    gain = None
    if "fine_tuned" in answers:
        gain = compare_metrics(gold, answers["zero_shot"], answers["fine_tuned"])
    for stage, metrics in found.items():
        against = gain if stage == "fine_tuned" else None
        files.append(write_metrics(folder, stage, metrics, against))
    files.append(write_metrics_picture(folder, found))
    return found, gain


def _explain(
    spec: LlmSpec,
    folder: Path,
    models: Mapping[Stage, CausalModel],
    texts: Texts,
    files: list[Path],
) -> Interpretability | None:
    """Owen values over the words of the same texts, of the probability of each one's own label."""
    documents = subset(texts.evaluation, spec.shap_examples, spec.seed).documents
    targets = [Target("probability", document.label) for document in documents]
    chosen = [document.text for document in documents]
    found: dict[Stage, Explanations] = {}
    for stage, model in models.items():
        found[stage] = _explained(spec, model, chosen, targets)
        files += write_shap(folder, stage, found[stage])
    if len(found) < len(TITLES):
        return None
    both = interpretability(found["zero_shot"], found["fine_tuned"])
    files.append(write_interpretability(folder, both))
    return both


def _explained(
    spec: LlmSpec, model: CausalModel, texts: Sequence[str], targets: Sequence[Target]
) -> Explanations:
    params = {"evaluations": spec.shap_evaluations}
    with bar(f"explaining ({model.name})", len(texts)) as advance:
        return explain(model, texts, "shap", target=targets, params=params, advance=advance)
