"""What a model was asked in a run, kept beside its results so that it can be asked again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from astrid.errors import InputError
from astrid.files import write_atomic
from astrid.llm.outputs import QUESTION
from astrid.llm.spec import EMBEDDED
from astrid.models import adapters, common
from astrid.models.causal.calibration import calibrated
from astrid.models.causal.four_bit import load_four_bit
from astrid.models.causal.load import opened
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from astrid.models.load import device_named
from astrid.models.loading import LoadedModel
from astrid.models.saving import read_record
from astrid.training.embedded_lm import embedded_model
from astrid.training.lora.saving import whole_name

ADAPTER = "lora_adapter"

VERSION = 1
"""Of the layout of the file."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Question:
    """How the model of a run is asked.

    Attributes:
        model_name: a hub id, a folder, or `embedded`.
        prompt: what stands around every text.
        words: of each label, in the order of their numbers, the text that answers it.
        calibrate: whether what the prompt says without a text is taken out.
        load_in_4bit: whether weights are held in 4 bits.
        fine_tuned: whether the adapter beside it belongs to this run.
    """

    model_name: str
    prompt: Prompt
    words: Mapping[str, str]
    calibrate: bool
    load_in_4bit: bool
    fine_tuned: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "version": VERSION,
            "model_name": self.model_name,
            "prompt": {"before": self.prompt.before, "after": self.prompt.after},
            "words": dict(self.words),
            "label_mapping": {label: index for index, label in enumerate(self.words)},
            "calibrate": self.calibrate,
            "load_in_4bit": self.load_in_4bit,
            "fine_tuned": self.fine_tuned,
        }

    def write(self, folder: Path) -> Path:
        """Write `question.json` into `folder` and return its path."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"
        write_atomic(folder / QUESTION, text.encode("utf-8", "backslashreplace"))
        return folder / QUESTION

    def asked_of(self, loaded: LoadedModel, name: str, device: str = "auto") -> CausalModel:
        """The model, ready to answer with one of the labels; in 4 bits it stays on its GPU."""
        place = loaded.model.device if self.load_in_4bit else device_named(device)
        model = CausalModel(
            loaded.model,
            loaded.tokenizer,
            name,
            place,
            prompt=self.prompt,
            labels=self.words,
            constrained=True,
            warnings=loaded.warnings,
        )
        return calibrated(model) if self.calibrate else model


def read_question(folder: str | Path) -> Question:
    """What `question.json` in the folder of a run says.

    Raises:
        InputError: there is none, or it is damaged.
    """
    folder = Path(folder)
    path = folder / QUESTION
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["version"] != VERSION:
            raise ValueError("of another version")
        around = values["prompt"]
        return Question(
            _of_kind(str, values["model_name"]),
            Prompt(_of_kind(str, around["before"]), _of_kind(str, around["after"])),
            {label: _of_kind(str, word) for label, word in values["words"].items()},
            _of_kind(bool, values["calibrate"]),
            _of_kind(bool, values["load_in_4bit"]),
            _of_kind(bool, values["fine_tuned"]),
        )
    except FileNotFoundError:
        raise InputError(
            f"{folder}: no {QUESTION} in it; give the --output-dir of an astrid llm run"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: can't be read; run astrid llm run again") from None


def _of_kind(kind: type[Value], value: object) -> Value:
    """`value`, where it is of that kind: the text "false" would count as true."""
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def load_base(model_name: str, in_4bit: bool = False, token: str | None = None) -> LoadedModel:
    """The language model as it comes, with its tokenizer.

    Raises:
        InputError: no such model, one that can't be used, or no CUDA where 4 bits are asked for.
    """
    if in_4bit:
        return load_four_bit(model_name, token)
    source = str(embedded_model(progress=True)) if model_name == EMBEDDED else model_name
    return opened(source, torch.float32, token)


def with_adapter(loaded: LoadedModel, adapter: Path) -> LoadedModel:
    """The model with the adapter on disk, whose files are checked and never unpickled.

    Raises:
        InputError: the adapter is damaged, or made for another model.
    """
    tuned = adapters.wrapped(str(adapter), loaded.model, "CAUSAL_LM")
    return LoadedModel(tuned, loaded.tokenizer, loaded.warnings)


def open_run(
    folder: str | Path, zero_shot: bool = False, device: str = "auto", token: str | None = None
) -> CausalModel:
    """The model of a finished run: with its adapter, where it has one.

    Args:
        folder: the run's output.
        zero_shot: whether the adapter is left out.
        device: where to run; weights in 4 bits stay on their GPU.
        token: for gated models of the hub.

    Raises:
        InputError: no run is there, its model can't be opened any more, or an adapter of another
            run is in the folder.
    """
    folder = Path(folder)
    question = read_question(folder)
    loaded = load_base(question.model_name, question.load_in_4bit, token)
    tuned = question.fine_tuned and not zero_shot
    if tuned:
        base = loaded.model.name_or_path
        # In 4 bits the same weights may be other bytes on another GPU.
        in_4bit = question.load_in_4bit
        weights = None if in_4bit else common.weights_fingerprint(loaded.model)
        loaded = with_adapter(loaded, folder / ADAPTER)
        _check_own(folder / ADAPTER, question, base, weights)
    return question.asked_of(loaded, "fine-tuned" if tuned else "zero-shot", device)


def _check_own(adapter: Path, question: Question, base: str, weights: str | None) -> None:
    """Refuse an adapter of a run with another model or question, or with other weights."""
    record, asked = read_record(adapter), question.to_dict()
    same = record.get("prompt") == asked["prompt"] and record.get("classes") == list(question.words)
    if not same or adapters.base_of(str(adapter)) != whole_name(base):
        raise InputError(
            f"{adapter}: was trained in another run than {QUESTION} tells of; run astrid llm run "
            "with --finetune again, or leave the adapter out (--zero-shot)"
        )
    if weights is not None and record.get("base_weights", weights) != weights:
        raise InputError(
            f"{adapter}: the weights of its base model {question.model_name} have changed since it "
            "was trained; run astrid llm run with --finetune again, or leave the adapter out "
            "(--zero-shot)"
        )
