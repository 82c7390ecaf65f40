"""Noise, backgrounds, adaptive integration and norms, against what is known by construction."""

import numpy as np
import pytest
import torch

from astrid.explain.methods.integrated_gradients import fejer
from astrid.explain.run import explain
from astrid.explain.targets import Target
from astrid.models.protocol import Batch
from tests import tiny
from tests.explain.test_linear_model import TEXT, LinearModel

LOGIT = Target("logit", 1)


def contributions(model, text):
    """Σ_d w_d · x_td for each token: what every method must give on a linear model."""
    embeds = model.embed(torch.as_tensor(model.encode(text).ids))
    return (embeds @ model.weights[:, 1]).numpy()


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_noise_leaves_a_linear_model_alone(noise):
    model = LinearModel()
    params = {"samples": 7, "noise": noise}
    (found,) = explain(model, TEXT, "smooth_grad", target=LOGIT, params=params)
    np.testing.assert_allclose(found.token_scores, contributions(model, TEXT), atol=1e-12)


def test_the_norm_of_a_linear_model_is_its_weights_norm():
    model = LinearModel()
    weights = model.weights[:, 1].numpy()
    for method, params, expected in (
        ("gradient_norm", {"norm": "l2"}, np.linalg.norm(weights)),
        ("gradient_norm", {"norm": "l1"}, np.abs(weights).sum()),
        ("smooth_grad", {"by": "norm", "samples": 3}, np.linalg.norm(weights)),
    ):
        (found,) = explain(model, TEXT, method, target=LOGIT, params=params)
        np.testing.assert_allclose(found.token_scores, expected, atol=1e-12)


def test_noise_has_the_scale_that_was_asked_for():
    model = tiny.classifier("bert")
    asked = {}
    original = model.values

    class Spy:
        def __getattr__(self, name):
            return getattr(model, name)

        def values(self, batch):
            if batch.embeds is not None:
                asked.setdefault("embeds", []).append(batch.embeds.detach())
            return original(batch)

    explain(Spy(), tiny.SENTENCES[0], "smooth_grad", params={"samples": 200, "noise": 0.2})
    rows = torch.cat(asked["embeds"])
    plain = model.embed(torch.as_tensor(model.encode(tiny.SENTENCES[0]).ids))
    expected = 0.2 * float(plain.max() - plain.min())
    assert float((rows - plain).std()) == pytest.approx(expected, rel=0.02)
    assert float((rows - plain).mean()) == pytest.approx(0, abs=expected / 50)


def test_one_background_piece_gives_integrated_gradients():
    """With a background of one word the baseline is the same for all rows: known exactly."""
    model = LinearModel()
    params = {"samples": 5, "background": ["six"]}
    (found,) = explain(model, TEXT, "expected_gradients", target=LOGIT, params=params)
    background = contributions(model, "six")[0]
    np.testing.assert_allclose(
        found.token_scores, contributions(model, TEXT) - background, atol=1e-12
    )


def test_expected_gradients_sum_to_the_mean_difference():
    model = tiny.classifier("bert")
    text, background = tiny.SENTENCES[0], tuple(tiny.SENTENCES[1:4])
    target = Target("logit", 1)
    (found,) = explain(
        model,
        text,
        "expected_gradients",
        target=target,
        params={"samples": 6000, "background": background},
    )
    encoded = model.encode(text)
    outputs = []
    for other in background:
        ids = encoded.ids.copy()
        pieces = model.encode(other)
        ids[~encoded.special] = np.resize(pieces.ids[~pieces.special], (~encoded.special).sum())
        rows = torch.as_tensor(np.stack([ids, encoded.ids]))
        batch = Batch(torch.ones_like(rows), torch.zeros_like(rows), ids=rows)
        with torch.no_grad():
            outputs.append(model.values(batch)[:, 1])
    expected = float(torch.stack([own - start for start, own in outputs]).mean())
    spread = float(torch.stack([own - start for start, own in outputs]).abs().max())
    assert found.token_scores.sum() == pytest.approx(expected, abs=0.05 * spread)
    assert (found.token_scores[encoded.special] == 0).all()


@pytest.mark.parametrize("steps", [2, 8, 16, 64])
def test_the_rule_integrates_polynomials_and_nests(steps):
    points, weights = fejer(steps)
    for power in range(steps - 1):
        assert weights @ points**power == pytest.approx(1 / (power + 1), abs=1e-12)
    if steps > 2:
        np.testing.assert_allclose(points[1::2], fejer(steps // 2)[0], atol=1e-15)


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_tolerance_ends_at_the_gap_asked_for(architecture):
    model = tiny.classifier(architecture)
    # From zeros, a model that normalises its embeddings first (Llama) has a jump.
    common = {"baseline": "mean"}
    target = Target("logit", 1)
    exact = explain(model, tiny.SENTENCES, target=target, params={"steps": 400, **common})
    rows = []
    for tolerance in (1.0, 2e-4):
        params = {"tolerance": tolerance, "limit": 4096, **common}
        found = explain(model, tiny.SENTENCES, target=target, params=params)
        for one, reference in zip(found, exact, strict=True):
            assert one.completeness_gap <= tolerance
            assert one.converged
            assert one.target.value == pytest.approx(reference.target.value, abs=1e-5)
            # 8 steps have 7 points; the plain text and the baseline come to them.
            assert one.evaluations - 1 in {2**power for power in range(3, 13)}
        rows.append(sum(one.evaluations for one in found))
    assert rows[0] <= rows[1]
    for one, reference in zip(found, exact, strict=True):
        scale = np.abs(reference.token_scores).max()
        np.testing.assert_allclose(one.token_scores, reference.token_scores, atol=0.02 * scale)


def test_the_limit_is_reported():
    model = tiny.classifier("bert")
    params = {"tolerance": 1e-12, "limit": 20}
    (found,) = explain(model, tiny.SENTENCES[0], params=params)
    assert found.converged is False
    assert found.completeness_gap > 1e-12
    assert found.evaluations == 17
    assert found.to_dict()["converged"] is False


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_gradients_equal_finite_differences_in_float64(architecture):
    module, tokenizer = tiny.build(architecture)
    from astrid.models.text_model import TransformerClassifier

    model = TransformerClassifier(module.double(), tokenizer, name="double")
    text = tiny.SENTENCES[2]
    encoded = model.encode(text)
    (found,) = explain(model, text, "gradient_x_input", target=LOGIT)
    embeds = model.embed(torch.as_tensor(encoded.ids))[None]
    assert embeds.dtype == torch.float64
    mask = torch.ones(1, len(encoded), dtype=torch.long)
    # Llama's norm computes in float32 whatever its input is: a larger step, a coarser check.
    step, allowed = (3e-3, 2e-3) if architecture == "llama" else (1e-5, 1e-6)

    def logit(moved):
        with torch.no_grad():
            return float(model.values(Batch(mask, torch.zeros_like(mask), embeds=moved))[0, 1])

    for place in range(len(encoded)):
        # Along its own embedding: (f(x + h·x_t) − f(x − h·x_t)) / 2h = x_t · ∂f/∂x_t.
        up, down = embeds.clone(), embeds.clone()
        up[0, place] *= 1 + step
        down[0, place] *= 1 - step
        slope = (logit(up) - logit(down)) / (2 * step)
        assert found.token_scores[place] == pytest.approx(slope, rel=allowed, abs=allowed / 100)
