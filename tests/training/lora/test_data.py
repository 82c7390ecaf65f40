"""Batches of prompts: what is padded, and where the loss is."""

from copy import deepcopy
from typing import Any

import numpy as np
import peft
import pytest
import torch

from astrid.errors import InputError
from astrid.models.causal.model import CausalModel
from astrid.models.causal.prompt import Prompt
from astrid.training.lora.data import IGNORED, PromptBatch, PromptTexts
from astrid.training.lora.module import LoraModule
from astrid.training.lora.spec import LoraSpec
from tests import tiny_lm

PROMPT = Prompt("Case: ", "\nIt was")
TEXTS = ("the tenant had paid", "rain", "the judge saw the driver leave before the rain")
ANSWERS = (7, 9)


def prompts(side: str = "left", longest: int = 96, prompt: Prompt = PROMPT) -> PromptTexts:
    tokenizer: Any = deepcopy(tiny_lm.bytes_and_back())
    tokenizer.padding_side = side
    return PromptTexts(TEXTS, (0, 1, 0), ANSWERS, tokenizer, prompt, longest)


def own_tokens(batch: PromptBatch, row: int) -> list[int]:
    return batch.ids[row][batch.mask[row] == 1].tolist()


@pytest.mark.parametrize("side", ["left", "right"])
def test_only_the_answer_has_a_label(side: str) -> None:
    batch = prompts(side)[[0, 1, 2]]
    for row, answer in enumerate((7, 9, 7)):
        labels = batch.labels[row]
        assert (labels != IGNORED).sum() == 1
        assert labels[labels != IGNORED].tolist() == [answer]
        assert own_tokens(batch, row)[-1] == answer
        # The label is that of the last real token: the instruction and the padding have none.
        place = int((labels != IGNORED).nonzero())
        assert place == int(batch.mask[row].nonzero().max())


@pytest.mark.parametrize("side", ["left", "right"])
def test_rows_are_the_tokenizers_tokens_and_the_answer(side: str) -> None:
    tokenizer = tiny_lm.bytes_and_back()
    batch = prompts(side)[[2, 1]]
    for row, (text, answer) in enumerate(((TEXTS[2], 7), (TEXTS[1], 9))):
        plain = tokenizer(PROMPT.around(text), add_special_tokens=False)["input_ids"]
        assert own_tokens(batch, row) == [*plain, answer]
    short = 1
    padded = int((batch.mask[short] == 0).sum())
    assert padded
    assert int(batch.mask[short, 0 if side == "right" else -1]) == 1
    assert batch.rows.tolist() == [2, 1]
    assert batch.classes.tolist() == [0, 1]


@pytest.mark.parametrize("side", ["left", "right"])
def test_positions_count_from_the_first_real_token(side: str) -> None:
    batch = prompts(side)[[0, 1, 2]]
    for row in range(3):
        found = batch.positions[row][batch.mask[row] == 1]
        assert found.tolist() == list(range(len(found)))


def test_a_long_text_loses_its_end_and_neither_prompt_nor_answer() -> None:
    whole, cut = prompts(), prompts(longest=int(prompts().lengths[2]) - 4)
    assert (whole.truncated, cut.truncated) == (0, 1)
    assert cut.lengths[2] == whole.lengths[2] - 3
    after = len(tiny_lm.bytes_and_back()(PROMPT.after, add_special_tokens=False)["input_ids"])
    assert np.array_equal(cut.ids[2][-after - 1 :], whole.ids[2][-after - 1 :])
    assert np.array_equal(cut.ids[2][: -after - 1], whole.ids[2][: len(cut.ids[2]) - after - 1])


def test_no_pad_token_is_no_matter() -> None:
    tokenizer: Any = deepcopy(tiny_lm.bytes_and_back())
    tokenizer.padding_side = "left"
    tokenizer.pad_token = None
    batch = PromptTexts(TEXTS, (0, 1, 0), ANSWERS, tokenizer, PROMPT, 96)[[1, 2]]
    assert own_tokens(batch, 0) == own_tokens(prompts()[[1]], 0)


def test_a_prompt_that_fills_the_context_is_refused() -> None:
    with pytest.raises(InputError, match="shorten the prompt"):
        prompts(longest=5)


def test_what_moves_to_a_device_stays_the_same() -> None:
    batch = prompts()[[0, 1]]
    assert torch.equal(batch.to(torch.device("cpu")).labels, batch.labels)


@pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)
def test_a_text_that_fills_the_context_is_read_as_when_the_model_answers(architecture: str) -> None:
    model, tokenizer = tiny_lm.build(architecture)
    asked = CausalModel(model, tokenizer, prompt=PROMPT, labels=[" good", " refused"])
    texts = ("rain " * tiny_lm.CONTEXT, "rain")
    answers = tuple(asked.encode("").columns)
    found = PromptTexts(texts, (0, 1), answers, tokenizer, PROMPT, tiny_lm.CONTEXT)
    for row, text in enumerate(texts):
        assert found.ids[row][:-1].tolist() == asked.encode(text).ids.tolist()
    assert len(asked.encode(texts[0])) == tiny_lm.CONTEXT
    module = LoraModule(peft.get_peft_model(model, peft.LoraConfig()), LoraSpec(), answers, 1)
    assert module.eval().answer_logits(found[[0, 1]]).isfinite().all()
