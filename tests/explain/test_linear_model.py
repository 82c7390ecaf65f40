"""On a model that is linear in its embeddings, gradient methods are known exactly."""

import numpy as np
import pytest
import torch

from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.outputs import classes
from astrid.models.protocol import EncodedText, ModelFacts, TokenIds


class LinearModel:
    """logit_k = Σ_t w_k · e(id_t) over visible tokens; a word a token, no special ones."""

    name = "linear"
    labels = ("no", "yes")
    tasks = (classes(2),)
    pads = True
    answers = frozenset(("values", "gradients"))
    token_ids = TokenIds(pad=0, mask=1, unknown=2)
    device = torch.device("cpu")
    facts = ModelFacts(parameters=0, head_parameters=0)

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.embedding = torch.randn(50, 6, generator=generator, dtype=torch.float64)
        self.weights = torch.randn(6, 2, generator=generator, dtype=torch.float64)

    def encode(self, text):
        words = text.split()
        starts = np.cumsum([0] + [len(word) + 1 for word in words[:-1]])
        offsets = np.array(
            [(start, start + len(word)) for start, word in zip(starts, words, strict=True)]
        )
        ids = np.array([3 + sum(map(ord, word)) % 47 for word in words])
        plain = np.zeros(len(words), dtype=np.int64)
        return EncodedText(text, tuple(words), ids, plain, plain.astype(bool), offsets, False)

    def embed(self, ids):
        return self.embedding[ids]

    def mean_embedding(self):
        return self.embedding.mean(0)

    def values(self, batch):
        embeds = self.embed(batch.ids) if batch.embeds is None else batch.embeds
        return ((embeds @ self.weights) * batch.mask[..., None]).sum(1)


TEXT = "one two three four five"


@pytest.mark.parametrize("baseline", ["zeros", "pad", "mask", "mean", "custom"])
@pytest.mark.parametrize("steps", [1, 50])
def test_integrated_gradients_are_w_times_the_difference(baseline, steps):
    model = LinearModel()
    vector = {
        "zeros": torch.zeros(6, dtype=torch.float64),
        "pad": model.embedding[0],
        "mask": model.embedding[1],
        "mean": model.mean_embedding(),
        "custom": torch.arange(6, dtype=torch.float64),
    }[baseline]
    given = tuple(vector.tolist()) if baseline == "custom" else baseline
    params = {"steps": steps, "baseline": given}
    (found,) = explain(model, TEXT, target=Target("logit", 1), params=params)
    embeds = model.embed(torch.as_tensor(model.encode(TEXT).ids))
    expected = (embeds - vector) @ model.weights[:, 1]
    np.testing.assert_allclose(found.token_scores, expected, rtol=1e-6)
    assert found.completeness_gap == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", ["gradient_x_input", "shap", "lime"])
def test_other_methods_find_the_weights(method):
    model = LinearModel()
    (found,) = explain(model, TEXT, method, target=Target("logit", 1))
    embeds = model.embed(torch.as_tensor(model.encode(TEXT).ids))
    base = (
        model.embedding[1] if method != "gradient_x_input" else torch.zeros(6, dtype=torch.float64)
    )
    expected = ((embeds - base) @ model.weights[:, 1]).numpy()
    # LIME's ridge penalty shrinks its coefficients a little.
    tolerance = 0.02 if method == "lime" else 1e-6
    np.testing.assert_allclose(found.word_scores, expected, atol=tolerance * np.abs(expected).max())


def test_a_model_without_attentions_says_what_runs():
    from astrid.errors import InputError

    with pytest.raises(
        InputError, match=r"attention needs attentions.*use expected_gradients, .*lime"
    ):
        explain(LinearModel(), TEXT, "attention")


def test_a_baseline_of_the_wrong_size_says_the_right_one():
    from astrid.errors import InputError

    with pytest.raises(InputError, match="3 numbers given; linear has embeddings of 6"):
        explain(LinearModel(), TEXT, params={"baseline": (1.0, 2.0, 3.0)})


def test_target_must_be_a_class_of_the_model():
    from astrid.errors import InputError

    with pytest.raises(InputError, match="the model's classes are 0 to 1"):
        explain(LinearModel(), TEXT, target=Target("logit", 2))
