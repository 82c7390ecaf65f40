"""A real trained language model: small stories for children."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import astrid
from astrid.explain.generation import explain_generation
from astrid.explain.targets import Target
from astrid.models.causal.generate import greedy

pytestmark = pytest.mark.real

STORY = "Once upon a time, there was a little girl named Lily. She loved to play with her"
TEXTS = ["Tom lost his toy and cried.", "Tom got a new toy and smiled.", "They saw a big dog."]
PROMPT = "Once upon a time there was a boy and his name was Tom. {text} Tom was very"
LABELS = {"happy": " happy", "sad": " sad"}


@pytest.fixture(scope="module")
def folder(real_weights):
    return real_weights / "stories260K"


@pytest.fixture(scope="module")
def plain(folder):
    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def test_probabilities_are_those_of_transformers(folder, plain):
    module, tokenizer = plain
    model = astrid.load_language_model(folder, prompt=PROMPT, labels=LABELS)
    for text, row in zip(TEXTS, astrid.predict(model, TEXTS), strict=True):
        whole = tokenizer(PROMPT.replace("{text}", text), return_tensors="pt")["input_ids"]
        assert model.encode(text).ids.tolist() == whole[0].tolist()
        # The first token of each label, as the tokenizer reads it after this very text.
        ids = [
            tokenizer(PROMPT.replace("{text}", text) + label)["input_ids"][whole.shape[1]]
            for label in LABELS.values()
        ]
        with torch.no_grad():
            expected = module(whole).logits[0, -1].softmax(-1)[ids].numpy()
        np.testing.assert_allclose(row[:2], expected, atol=1e-5)


def test_reuse_changes_nothing(folder):
    reusing, plain = (
        astrid.load_language_model(folder, prompt=PROMPT, labels=LABELS, reuse_prefix=reuse)
        for reuse in (True, False)
    )
    assert reusing.encode(TEXTS[0]).shared > 10
    for method in ("lime", "integrated_gradients"):
        for one, other in zip(
            astrid.explain(reusing, TEXTS, method),
            astrid.explain(plain, TEXTS, method),
            strict=True,
        ):
            np.testing.assert_allclose(one.token_scores, other.token_scores, atol=1e-5)


def test_the_continuation_is_transformers_own(folder, plain):
    module, tokenizer = plain
    ids = tokenizer(STORY, return_tensors="pt")["input_ids"]
    expected = module.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=30
    )
    model = astrid.load_language_model(folder)
    assert greedy(model, ids[0].numpy(), 30) == expected[0, ids.shape[1] :].tolist()


def test_every_generated_token_is_explained(folder):
    model = astrid.load_language_model(folder)
    found = explain_generation(model, STORY, "occlusion", max_new_tokens=3)
    assert [item.target.label for item in found] == [" to", "y", "s"]
    # "to" is what makes "y" likely.
    assert found[1].words[int(np.argmax(found[1].word_scores))] == "to"


def test_the_word_that_tells_the_mood_is_found(folder):
    model = astrid.load_language_model(folder, prompt=PROMPT, labels=LABELS)
    happier = Target("logit_difference", 0, 1)
    sad, glad = astrid.explain(model, TEXTS[:2], "occlusion", target=happier)
    assert sad.target.value < glad.target.value
    scores = dict(zip(glad.words, glad.word_scores, strict=True))
    letters = {word: score for word, score in scores.items() if word.isalpha()}
    assert max(letters, key=letters.__getitem__) == "smiled"
