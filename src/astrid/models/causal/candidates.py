"""What a language model is asked: which tokens its answer is about, and what they are called.

B rows, V tokens of the vocabulary, C candidates, K columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer

from astrid.errors import InputError
from astrid.models.outputs import Task

NEXT = "(next token)"
OTHER = "(any other token)"
"""The last column: log Σ exp of every logit that has no column of its own."""

Labels = Mapping[str, str] | Sequence[str]
"""Names of labels and the texts that stand for them, or texts that are their own names."""

_NEUTRAL = (":", "a", "\n")
"""What a label is put behind to see its first token, where the prompt's end won't do."""


@dataclass(frozen=True)
class Question:
    """The columns of an answer.

    Attributes:
        tokens: ids of the candidates; None is the token that the model itself prefers.
        labels: names of the K columns.
        task: what the columns mean.
        shifts: K numbers that are added to the logits, as calibration wants; empty for none.
    """

    tokens: tuple[int, ...] | None
    labels: tuple[str, ...]
    task: Task
    shifts: tuple[float, ...] = field(default=(), repr=False)

    @property
    def has_rest(self) -> bool:
        return self.task.rest is not None


def next_token() -> Question:
    """Which token comes next, against all others."""
    return Question(None, (NEXT, OTHER), _task(2, rest=True))


def among(
    labels: Labels, tokenizer: Tokenizer, end: str, constrained: bool, unknown: int | None
) -> Question:
    """The probability of the labels' first tokens, after a prompt that ends with `end`.

    With `constrained` the labels share the whole probability; otherwise a last column holds that
    of all other tokens.

    Raises:
        InputError: no label, an empty one, one given twice, two that begin with the same token, or
            no list of texts.
    """
    texts = _by_name(labels)
    if not texts or (constrained and len(texts) < 2):
        raise InputError("labels: give at least one, and two where they share all probability")
    named: dict[int, str] = {}
    for name, text in texts.items():
        token = first_token(tokenizer, text, end, name)
        if token == unknown:
            raise InputError(f'label "{name}": the vocabulary has no token that it begins with')
        if token in named:
            raise InputError(
                f'labels "{named[token]}" and "{name}" begin with the same token; choose texts '
                "that differ in their first token"
            )
        named[token] = name
    names = tuple(texts) if constrained else (*texts, OTHER)
    return Question(tuple(named), names, _task(len(names), rest=not constrained))


def _by_name(labels: Labels) -> dict[str, str]:
    if isinstance(labels, Mapping):
        texts = dict(labels)
    elif isinstance(labels, str) or not all(isinstance(text, str) for text in labels):
        raise InputError('labels: give a list of texts, such as [" good", " bad"]')
    else:
        texts = {text: text for text in labels}
        twice = [text for text in texts if list(labels).count(text) > 1]
        if twice:
            raise InputError(f'labels: "{twice[0]}" is given more than once; give each once')
    for name, text in texts.items():
        if not (isinstance(name, str) and isinstance(text, str)):
            raise InputError('labels: names and texts are strings, such as {"good": " good"}')
    return texts


def first_token(tokenizer: Tokenizer, text: str, end: str, name: str) -> int:
    """The token that `text` begins with after a prompt that ends with `end`.

    Raises:
        InputError: the text has no token; `name` says of which label.
    """
    alone = tokenizer.encode(text, add_special_tokens=False).ids
    if not alone:
        raise InputError(f'label "{name}": its text is empty; give the word to be answered')
    for before in (end, *_NEUTRAL):
        known = tokenizer.encode(before, add_special_tokens=False).ids
        found = tokenizer.encode(before + text, add_special_tokens=False).ids
        if before and found[: len(known)] == known and len(found) > len(known):
            return int(found[len(known)])
    return int(alone[0])


def columns_of(logits_BV: torch.Tensor, columns_BC: torch.Tensor, with_rest: bool) -> torch.Tensor:
    """`[B, K]` the candidates' logits, and log Σ exp of all others where wanted.

    The softmax over the columns gives the candidates' probabilities in the whole vocabulary.

    >>> columns_of(torch.zeros(1, 4), torch.tensor([[2]]), True).softmax(-1)
    tensor([[0.2500, 0.7500]])
    """
    chosen_BC = logits_BV.gather(1, columns_BC)
    if not with_rest:
        return chosen_BC
    rest_B1 = logits_BV.scatter(1, columns_BC, -torch.inf).logsumexp(dim=1, keepdim=True)
    return torch.cat([chosen_BC, rest_B1], dim=1)


def name_of(tokenizer: Tokenizer, token: int) -> str:
    """The text of one token with its leading space; its piece's name where it is no whole sign."""
    found = added_text(tokenizer, tokenizer.encode("a", add_special_tokens=False).ids, [token])
    return found if found and "\ufffd" not in found else str(tokenizer.id_to_token(token))


def added_text(tokenizer: Tokenizer, before: list[int], ids: list[int]) -> str:
    """What `ids` add to the text of `before`: many decoders drop the first piece's space."""
    start = tokenizer.decode(before, skip_special_tokens=False)
    return tokenizer.decode([*before, *ids], skip_special_tokens=False)[len(start) :]


def _task(count: int, rest: bool) -> Task:
    return Task("label", "classes", tuple(range(count)), count - 1 if rest else None)
