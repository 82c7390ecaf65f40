"""The loss of a step is transformers' own, whatever the padding."""

from copy import deepcopy

import pytest
import torch

from astrid.training.lora.adapter import adapted
from astrid.training.lora.data import PromptTexts
from astrid.training.lora.module import LoraModule
from tests import tiny_lm
from tests.training.lora import toy


def texts(tokenizer, side):
    chosen = deepcopy(tokenizer)
    chosen.padding_side = side
    some = toy.corpus(3)
    answers = list(toy.label_tokens(chosen).values())
    return PromptTexts(some.texts, some.labels, answers, chosen, toy.PROMPT, 96), answers


@pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_logits_and_loss_are_transformers_own(architecture: str, side: str) -> None:
    model, tokenizer = tiny_lm.build(architecture)
    prompts, answers = texts(tokenizer, side)
    singles, losses = [], []
    with torch.no_grad():
        for row in range(3):
            one = prompts[[row]]
            whole = model(one.ids, labels=one.labels)
            singles.append(whole.logits[0, -2])
            losses.append(whole.loss)
        spec = toy.lesson(source=(model, tokenizer)).spec
        with adapted(model, spec) as wrapped:
            module = LoraModule(wrapped.eval(), spec, answers, 1)
            batch = prompts[[0, 1, 2]]
            found = module.answer_logits(batch)
            loss = module.training_step(batch, 0)
    torch.testing.assert_close(found, torch.stack(singles), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(loss, torch.stack(losses).mean(), atol=1e-5, rtol=1e-5)
