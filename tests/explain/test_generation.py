"""Explanations of generated tokens."""

import numpy as np
import pytest
import torch

from astrid.explain import generation
from astrid.explain.engine import Engine
from astrid.explain.generation import explain_generation
from astrid.models.causal.generate import continuation
from astrid.models.causal.prompt import Prompt
from astrid.text.words import find_words
from tests import tiny, tiny_lm


@pytest.mark.parametrize("architecture", tiny_lm.ARCHITECTURES)
@pytest.mark.parametrize("prompt", [Prompt(), tiny_lm.PROMPT])
def test_every_generated_token_has_scores_of_its_own(architecture, prompt):
    model = tiny_lm.language_model(architecture, prompt)
    texts = continuation(model.asking(), "good day", 4)
    found = explain_generation(model, "good day", "occlusion", max_new_tokens=4)
    assert len(found) == len(texts) == 4
    module, _ = tiny_lm.build(architecture)
    for text, item in zip(texts, found, strict=True):
        with torch.no_grad():
            logits = module(torch.as_tensor(text.ids)[None]).logits[0, -1]
        assert int(logits.argmax()) == text.columns[0]
        assert item.target.value == pytest.approx(float(logits.softmax(-1).max()), abs=1e-5)
        assert item.target.label == text.labels[0]
        assert len(item.token_scores) == len(text)
        assert item.text == text.text


def test_what_was_generated_is_scored_too():
    model = tiny_lm.language_model("llama", Prompt())
    last = explain_generation(model, "good day", "occlusion", max_new_tokens=4)[-1]
    started = len(model.read("good day"))
    assert np.abs(last.token_scores[started:]).max() > 0


def test_the_prompts_words_are_no_words_of_the_explanation():
    model = tiny_lm.language_model("llama")
    after = tiny_lm.PROMPT.after
    assert find_words(after)
    for item in explain_generation(model, "good day", "occlusion", max_new_tokens=4):
        end = len("good day" + after)
        assert item.text.startswith("good day" + after)
        assert item.words[:2] == ("good", "day")
        assert all(stop > end for _, stop in item.offsets[2:]), "only what was generated follows"
        assert item.words == tuple(item.text[a:b] for a, b in item.offsets)
        assert len(item.word_scores) == len(item.words)


def test_all_tokens_are_explained_in_one_run(monkeypatch):
    runs = []

    class Counting(Engine):
        def run(self, jobs):
            runs.append(len(jobs))
            return super().run(jobs)

    monkeypatch.setattr(generation, "Engine", Counting)
    told = []
    explain_generation(
        tiny_lm.language_model("gpt2", Prompt()),
        tiny.SENTENCES[0],
        "lime",
        max_new_tokens=5,
        params={"samples": 30},
        advance=lambda: told.append(1),
    )
    assert runs == [5]
    assert len(told) == 5


def test_other_kinds_of_target():
    model = tiny_lm.language_model("gpt2", Prompt())
    kinds = ("probability", "logit", "logit_difference")
    (p,), (logit,), (odds,) = (
        explain_generation(model, "good day", "random", max_new_tokens=1, target_kind=kind)
        for kind in kinds
    )
    assert [item.target.kind for item in (p, logit, odds)] == list(kinds)
    chance = p.target.value
    assert odds.target.value == pytest.approx(np.log(chance / (1 - chance)), abs=1e-4)
