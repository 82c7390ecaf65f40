"""One tiny model of every kind that explanations are promised for: the contract suite's list.

A new kind is one line in `KINDS`: its name and a function that builds it. The function gives the
model as Astrid sees it, and, where there is one, a function from a text to the plain answer.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import torch

from astrid.models.black_box import CallableModel
from astrid.models.causal.model import CausalModel
from astrid.models.outputs import answers
from astrid.models.protocol import TextModel
from astrid.models.text_model import TransformerClassifier
from tests import tiny, tiny_lm

Plain = Callable[[str], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """A model, and `plain`: a text to the `[K]` probabilities or numbers of the model itself."""

    model: TextModel
    plain: Plain | None = None


def of(module: Any, tokenizer: Any, name: str = "tiny") -> Kind:
    """A classifier of transformers as a kind; it is run by ids, as its users would."""
    wrapped = TransformerClassifier(module, tokenizer, name)
    segments = getattr(module.config, "type_vocab_size", 0) > 0

    def plain(text: str) -> np.ndarray:
        encoding = tokenizer(
            text,
            return_tensors="pt",
            padding=False,
            truncation=True,
            max_length=wrapped.max_length,
            return_token_type_ids=segments and "bert" in module.config.model_type,
        )
        with torch.no_grad():
            logits = module(**encoding).logits[0].float()
        return answers(logits, wrapped.tasks).numpy()

    return Kind(wrapped, plain)


def stock(architecture: str) -> Kind:
    return of(*tiny.build(architecture))


def problem(kind: str, labels: dict[int, str]) -> Kind:
    module, tokenizer = tiny.build("bert", labels=labels, problem_type=kind)
    return of(module, tokenizer)


def lora(architecture: str, targets: list[str]) -> Kind:
    """A classifier with an adapter and an own head, in memory."""
    return of(*adapted(architecture, targets))


def adapted(architecture: str, targets: list[str]) -> tuple[Any, Any]:
    import peft

    module, tokenizer = tiny.build(architecture)
    config = peft.LoraConfig(task_type="SEQ_CLS", r=4, target_modules=targets)
    wrapped = peft.get_peft_model(module, config).eval()
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.3)
            if "modules_to_save" in name:
                weight.mul_(1.7)
    return wrapped, tokenizer


def int8(architecture: str) -> Kind:
    """Linear layers in torch's dynamic int8."""
    return of(*quantised(architecture))


def quantised(architecture: str, build: Callable[[str], Any] = tiny.build) -> tuple[Any, Any]:
    module, tokenizer = build(architecture)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.ao.quantization.quantize_dynamic(module, {torch.nn.Linear}, torch.qint8)
    return module, tokenizer


def astrid_head(head: str) -> Kind:
    """Astrid's own classifier with one of its heads."""
    return of(*astrid_classifier(head))


def astrid_classifier(head: str) -> tuple[Any, Any]:
    """Astrid's own classifier with one of its heads, and its tokenizer."""
    from astrid.models.classifier import AstridClassifier
    from astrid.models.configuration import AstridConfig

    body, tokenizer = tiny.build("bert")
    torch.manual_seed(1)
    config = AstridConfig(
        encoder_config=body.config.to_dict(),
        head=head,
        max_sequence_length=64,
        id2label=tiny.LABELS,
        label2id={name: index for index, name in tiny.LABELS.items()},
    )
    module = AstridClassifier(config).eval()
    module.encoder.load_state_dict(body.bert.state_dict(), strict=False)
    with torch.no_grad():
        for weight in module.head.parameters():
            weight.mul_(5)
    return module, tokenizer


def language(architecture: str, labelled: bool) -> Kind:
    """A language model that chooses between labels after a prompt, or says what comes next."""
    model = tiny_lm.language_model(architecture, labelled=labelled)
    return _language(model, *tiny_lm.build(architecture))


def int8_language(architecture: str) -> Kind:
    """A language model that chooses between labels, its linear layers in dynamic int8."""
    pair = quantised(architecture, tiny_lm.build)
    model = CausalModel(*pair, "tiny", prompt=tiny_lm.PROMPT, labels=tiny_lm.LABELS)
    return _language(model, *pair)


def _language(model: CausalModel, module: Any, tokenizer: Any) -> Kind:
    labelled = "good" in model.labels

    def plain(text: str) -> np.ndarray:
        encoding = tokenizer(model.prompt.around(text), return_tensors="pt")
        with torch.no_grad():
            # As `generate` calls it: an int8 layer's scale depends on all tokens that it is given.
            logits = module(encoding["input_ids"], logits_to_keep=1).logits
        found = logits[0, -1].softmax(-1).numpy()
        first = [tokenizer(label)["input_ids"][0] for label in tiny_lm.LABELS.values()]
        chosen = found[first] if labelled else found[[found.argmax()]]
        return np.append(chosen, 1 - chosen.sum())

    return Kind(model, plain)


def function() -> Kind:
    """A function of strings, of which nothing else is known."""

    def answer(texts: list[str]) -> np.ndarray:
        loud = [(1 + sum(text.count(vowel) for vowel in "aeo")) / (2 + len(text)) for text in texts]
        return np.stack([loud, 1 - np.asarray(loud)], axis=1)

    return Kind(CallableModel(answer, ["loud", "calm"]), lambda text: answer([text])[0])


BERT_LAYERS, LLAMA_LAYERS = ["query", "value"], ["q_proj", "v_proj"]
TAGS = {0: "rude", 1: "sad", 2: "long"}

KINDS: dict[str, Callable[[], Kind]] = {
    **{name: partial(stock, name) for name in tiny.ARCHITECTURES},
    "albert": partial(stock, "albert"),
    "deberta-v2": partial(stock, "deberta-v2"),
    "bart": partial(stock, "bart"),
    "gemma2": partial(stock, "gemma2"),
    "multi-label": partial(problem, "multi_label_classification", TAGS),
    "one label": partial(problem, "multi_label_classification", {0: "rude"}),
    "regression": partial(problem, "regression", {0: "price"}),
    "numbers": partial(problem, "regression", {0: "price", 1: "age"}),
    "lora bert": partial(lora, "bert", BERT_LAYERS),
    "lora llama": partial(lora, "llama", LLAMA_LAYERS),
    "int8 bert": partial(int8, "bert"),
    "int8 distilbert": partial(int8, "distilbert"),
    "function": function,
    "gpt2 between labels": partial(language, "gpt2", True),
    "llama between labels": partial(language, "llama", True),
    "int8 llama between labels": partial(int8_language, "llama"),
    "gpt2 next token": partial(language, "gpt2", False),
    **{
        f"{head} head": partial(astrid_head, head)
        for head in ("linear", "mlp", "attention", "dual", "ensemble")
    },
}


@cache
def kind(name: str) -> Kind:
    """The kind `name`, built once."""
    return KINDS[name]()
