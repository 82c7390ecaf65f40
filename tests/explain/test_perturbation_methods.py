"""Occlusion and the random control, against what is known by construction."""

import numpy as np
import pytest
import torch
from captum.attr import Occlusion

from astrid.explain.methods.occlusion import windows
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.protocol import Batch
from tests import model_kinds, tiny
from tests.explain.test_linear_model import TEXT, LinearModel


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_occlusion_equals_captum(architecture, size):
    """Byte tokenizers add no special tokens, so that both leave out the same windows."""
    model = tiny.classifier(architecture)
    text = tiny.SENTENCES[2]
    params = {"unit": "token", "window": size, "replace": "pad"}
    (found,) = explain(model, text, "occlusion", target=Target("logit", 1), params=params)

    def logit(ids):
        batch = Batch(torch.ones_like(ids), torch.zeros_like(ids), ids=ids)
        with torch.no_grad():
            return model.values(batch)[:, 1]

    ids = torch.as_tensor(model.encode(text).ids)[None]
    theirs = Occlusion(logit).attribute(
        ids, sliding_window_shapes=(size,), baselines=model.token_ids.pad
    )
    np.testing.assert_allclose(found.token_scores, theirs[0].numpy(), rtol=1e-4, atol=1e-5)


def test_on_a_linear_model_leaving_out_a_word_takes_its_share():
    model = LinearModel()
    (found,) = explain(
        model, TEXT, "occlusion", target=Target("logit", 1), params={"replace": "attention"}
    )
    embeds = model.embed(torch.as_tensor(model.encode(TEXT).ids))
    np.testing.assert_allclose(found.token_scores, (embeds @ model.weights[:, 1]).numpy())


def test_every_unit_lies_in_a_window():
    for count in range(1, 8):
        for size in range(1, count + 1):
            rows = windows(count, size)
            assert rows.shape == (count - size + 1, count)
            assert (rows.sum(axis=1) == size).all()
            assert rows.any(axis=0).all()


def test_random_scores_know_nothing_but_the_text_and_the_seed():
    first, same, other = (
        explain(model, tiny.SENTENCES, "random", params={"seed": seed})
        for model, seed in (
            (tiny.classifier("bert"), 0),
            (tiny.classifier("bert", seed=1), 0),
            (tiny.classifier("bert"), 1),
        )
    )
    for one, two, three in zip(first, same, other, strict=True):
        assert one.token_scores.tobytes() == two.token_scores.tobytes()
        assert not np.allclose(one.token_scores, three.token_scores)
    drawn = np.concatenate([item.token_scores[1:-1] for item in first])
    assert abs(drawn.mean()) < 4 / np.sqrt(len(drawn))
    assert not np.allclose(first[0].token_scores[1:9], first[1].token_scores[1:9])


@pytest.mark.parametrize("name", model_kinds.KINDS)
def test_random_scores_differ_from_text_to_text_of_one_length(name):
    model = model_kinds.kind(name).model
    texts = ["the old van", "the red car", "a red car"]
    drawn = [item.word_scores for item in explain(model, texts, "random")]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not np.allclose(drawn[one], drawn[other])
