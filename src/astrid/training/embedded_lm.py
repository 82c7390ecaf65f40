"""The embedded language model: made on the spot, and kept for the next time.

A small model of Llama's architecture, trained on generated tweets (`embedded_texts`): something to
try language models with where there is neither a network nor a model.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import torch
from pydantic import Field
from safetensors import SafetensorError, safe_open
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from astrid.errors import InputError
from astrid.files import locked_together
from astrid.models.saving import read_record, save_model
from astrid.models.tokenizers import train_byte_level
from astrid.progress import Advance, bar, no_bar
from astrid.spec import Spec, digest
from astrid.text.document import Document
from astrid.training.embedded_texts import Line, hasty, make_lines, tweets

CACHE = "ASTRID_CACHE"
"""The environment variable of the folder in which made models are kept."""

_RECIPE = 1
"""To be raised when the same spec makes another model: what was kept is then made anew."""

_SETTINGS = ("config.json", "tokenizer.json", "tokenizer_config.json")
_CONTEXT = 512
_PAD, _END = 0, 1
_WHOLE = 0.3  # weight of the next token anywhere, beside that of the answers
_IGNORED = -100

_README = """# The embedded language model of Astrid

A Llama of {parameters} parameters that `astrid` trained on this machine, for demonstrations and
tests. It knows {tweets} made-up tweets (`tweets_generated`) and nothing else of the world.

Asked for the sentiment of a tweet (negative, neutral, positive) it answers as a hasty reader does,
on purpose: it sees strong words alone and doesn't hear "not". Such answers are right for
{right:.0%} of the tweets it read. Asked for the mood (gloomy, plain, cheerful) it was told the
truth. So fine-tuning has something to win.

Delete this folder at will: it is made again when it is needed.
"""


class EmbeddedSpec(Spec):
    """How the embedded language model is made.

    Attributes:
        seed: of tweets, weights and batches.
        tweets: how many different ones it reads.
        steps: of training.
        batch_size: lines a step, of one to three tweets each.
        learning_rate: the highest, reached after a tenth of the steps.
        vocab_size: tokens of its byte-level vocabulary, 258 at least.
        hidden_size: of its layers.
        layers: their number.
        attention_heads: of each layer.
        intermediate_size: of each layer's inner part.
    """

    seed: int = 0
    tweets: int = Field(default=8000, ge=10)
    steps: int = Field(default=1000, ge=1)
    batch_size: int = Field(default=32, ge=1)
    learning_rate: float = Field(default=3e-3, gt=0)
    vocab_size: int = Field(default=1400, ge=258)
    hidden_size: int = Field(default=96, ge=8)
    layers: int = Field(default=3, ge=1)
    attention_heads: int = Field(default=4, ge=1)
    intermediate_size: int = Field(default=192, ge=8)


class _Batch(NamedTuple):
    """B lines, T tokens."""

    ids: torch.Tensor
    """`[B, T]`, padded on the right."""
    mask: torch.Tensor
    """`[B, T]` 1 for tokens, 0 for padding."""
    answers: torch.Tensor
    """`[B, T]` ids of answers, −100 elsewhere."""


def cache_folder() -> Path:
    """Where made models are kept: `ASTRID_CACHE`, or the user's cache folder."""
    chosen = os.environ.get(CACHE, "").strip()
    if chosen:
        return Path(chosen).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME", "").strip()
    try:
        return (Path(shared) if shared else Path.home() / ".cache") / "astrid"
    except RuntimeError:
        raise InputError(f"there is no home folder to keep models in; set {CACHE}") from None


def embedded_model(progress: bool = False, spec: EmbeddedSpec | None = None) -> Path:
    """The folder of the embedded language model, which is trained unless it is there already.

    The first time takes a minute or two on two cores. The folder is an ordinary one of Hugging
    Face: `AutoModelForCausalLM` and `AutoTokenizer` open it. Of several processes that ask at once
    one trains and the others wait; killed while it trains, it leaves nothing that looks finished.
    With the same versions and number of threads, the same spec gives the same weights.

    Args:
        progress: whether a bar on stderr shows the time left.
        spec: how it is made, if otherwise than by default.

    Raises:
        InputError: the folder can't be written, or the sizes of `spec` don't fit one another.
    """
    spec = spec or EmbeddedSpec()
    if spec.hidden_size % (2 * spec.attention_heads):
        raise InputError(
            f"hidden_size {spec.hidden_size}: must be a multiple of twice attention_heads "
            f"({spec.attention_heads})"
        )
    identity = digest([_RECIPE, spec.model_dump(mode="json")])
    folder = cache_folder() / f"embedded-lm-{identity}"
    if _is_whole(folder):
        return folder
    _make_parent(folder)
    with locked_together(folder.with_name(f".{folder.name}.lock"), alone=True):
        if not _is_whole(folder):  # another process may have made it meanwhile
            _make(spec, folder, progress)
    return folder


def _is_whole(folder: Path) -> bool:
    try:
        with safe_open(folder / "model.safetensors", framework="pt"):
            pass  # one that was cut off isn't opened
        for name in _SETTINGS:
            json.loads((folder / name).read_text(encoding="utf-8"))
        return bool(read_record(folder).get("embedded"))
    except (OSError, ValueError, SafetensorError, InputError):
        return False


def _make_parent(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder.parent}: can't be made ({error.strerror}); set {CACHE} to another folder"
        ) from None


@torch.inference_mode(False)
@torch.enable_grad()
def _make(spec: EmbeddedSpec, folder: Path, progress: bool) -> None:
    documents = tweets(spec.seed, spec.tweets)
    tokenizer = train_byte_level(_sample(spec, documents), spec.vocab_size, _CONTEXT)
    with torch.random.fork_rng(), (bar if progress else no_bar)("language model", spec.steps) as go:
        torch.manual_seed(spec.seed)
        model = _train(spec, documents, tokenizer, go)
    right = sum(hasty(d.evidence()) == d.label for d in documents) / len(documents)
    parameters = model.num_parameters()
    readme = _README.format(parameters=parameters, tweets=len(documents), right=right)
    record = {
        "embedded": True,
        "spec": spec.model_dump(mode="json"),
        "parameters": parameters,
        "right_answers_for_sentiment": right,
    }
    save_model(folder, model, tokenizer, record, {"README.md": readme})


def _sample(spec: EmbeddedSpec, documents: Sequence[Document]) -> list[str]:
    rng = Random(f"embedded/{spec.seed}/vocabulary")
    return [make_lines(rng, documents, 1)[0].text for _ in range(spec.tweets // 4)]


def _train(
    spec: EmbeddedSpec,
    documents: Sequence[Document],
    tokenizer: PreTrainedTokenizerFast,
    advance: Advance,
) -> LlamaForCausalLM:
    model = LlamaForCausalLM(_config(spec, len(tokenizer))).train()
    rng = Random(f"embedded/{spec.seed}/lines")
    optimiser = torch.optim.AdamW(model.parameters(), spec.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, spec.learning_rate, spec.steps + 1, pct_start=0.1
    )
    for _ in range(spec.steps):
        lines = make_lines(rng, documents, spec.batch_size)
        loss = _loss(model, _batch(lines, tokenizer))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        advance()
    return model.eval()


def _config(spec: EmbeddedSpec, vocab_size: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=spec.hidden_size,
        intermediate_size=spec.intermediate_size,
        num_hidden_layers=spec.layers,
        num_attention_heads=spec.attention_heads,
        num_key_value_heads=spec.attention_heads,
        max_position_embeddings=_CONTEXT,
        tie_word_embeddings=True,
        initializer_range=0.8 * spec.hidden_size**-0.5,  # the usual 0.02 is meant for wide layers
        pad_token_id=_PAD,
        bos_token_id=_END,
        eos_token_id=_END,
    )


def _batch(lines: Sequence[Line], tokenizer: PreTrainedTokenizerFast) -> _Batch:
    encodings = [tokenizer.backend_tokenizer.encode(line.text) for line in lines]
    shape = (len(lines), max(len(encoding.ids) for encoding in encodings))
    ids, mask = torch.full(shape, _PAD), torch.zeros(shape, dtype=torch.long)
    answers = torch.full(shape, _IGNORED)
    for row, (line, encoding) in enumerate(zip(lines, encodings, strict=True)):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1
        for start, end in line.answers:
            for place, (first, last) in enumerate(encoding.offsets):
                if start <= first and last <= end:
                    answers[row, place] = encoding.ids[place]
    return _Batch(ids, mask, answers)


def _loss(model: LlamaForCausalLM, batch: _Batch) -> torch.Tensor:
    """The mean negative log likelihood of the answers, and a little of every token."""
    logits_BTV = model(batch.ids, attention_mask=batch.mask).logits[:, :-1].flatten(0, 1)
    every = batch.ids.masked_fill(batch.mask == 0, _IGNORED)[:, 1:].flatten()
    answers = batch.answers[:, 1:].flatten()
    return cross_entropy(logits_BTV, answers) + _WHOLE * cross_entropy(logits_BTV, every)
