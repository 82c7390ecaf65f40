"""Gradient methods equal captum on the same model, ids and target."""

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients, Saliency

from astrid.explain.run import explain
from astrid.explain.targets import Target
from tests import tiny


def forward(model, mask, type_ids, target):
    """The target's value as captum wants it: of embeddings, a number a row."""

    def run(embeds):
        rows = len(embeds)
        arguments = {"inputs_embeds": embeds, "attention_mask": mask.expand(rows, -1)}
        if type_ids is not None:
            arguments["token_type_ids"] = type_ids.expand(rows, -1)
        logits = model(**arguments).logits
        if target.kind == "probability":
            return logits.softmax(-1)[:, target.index]
        if target.kind == "logit":
            return logits[:, target.index]
        return logits[:, target.index] - logits[:, target.against]

    return run


def captum_scores(architecture, text, target, attribute):
    model, tokenizer = tiny.build(architecture)
    encoding = tokenizer(text, return_tensors="pt", padding=False)
    embeds = model.get_input_embeddings()(encoding["input_ids"])
    type_ids = encoding.get("token_type_ids") if architecture == "bert" else None
    run = forward(model, encoding["attention_mask"], type_ids, target)
    return attribute(run, embeds).sum(-1)[0].detach().numpy()


def integrated(run, embeds):
    return IntegratedGradients(run).attribute(embeds, torch.zeros_like(embeds), n_steps=50)


def gradient_x_input(run, embeds):
    return InputXGradient(run).attribute(embeds.clone().requires_grad_(True))


def saliency(run, embeds):
    return Saliency(run).attribute(embeds.clone().requires_grad_(True))


TARGETS = [Target("probability", 1), Target("logit", 2), Target("logit_difference", 0, 2)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
@pytest.mark.parametrize(
    ("method", "oracle"),
    [
        ("integrated_gradients", integrated),
        ("gradient_x_input", gradient_x_input),
        ("gradient_norm", saliency),
    ],
)
def test_equals_captum(architecture, method, oracle, target):
    texts = tiny.SENTENCES[:3]
    # Summed over dimensions, captum's magnitudes are the l1 norm.
    params = {"norm": "l1"} if method == "gradient_norm" else None
    ours = explain(tiny.classifier(architecture), texts, method, target=target, params=params)
    for text, explanation in zip(texts, ours, strict=True):
        theirs = captum_scores(architecture, text, target, oracle)
        error = np.abs(explanation.token_scores - theirs).max() / np.abs(theirs).max()
        assert error < 1e-5


def test_the_gap_is_the_distance_to_completeness():
    model = tiny.classifier("bert")
    (explanation,) = explain(model, tiny.SENTENCES[0], target=Target("logit", 1))
    encoded = model.encode(tiny.SENTENCES[0])
    run = forward(
        model.module,
        torch.ones(1, len(encoded), dtype=torch.long),
        torch.as_tensor(encoded.type_ids)[None],
        Target("logit", 1),
    )
    embeds = model.embed(torch.as_tensor(encoded.ids))[None]
    difference = float(run(embeds) - run(torch.zeros_like(embeds)))
    gap = abs(explanation.token_scores.sum() - difference)
    assert explanation.completeness_gap == pytest.approx(gap, abs=1e-5)
    assert gap < 1e-2 * max(abs(difference), 1)


def test_more_steps_do_not_widen_the_gap():
    gaps = [
        max(
            item.completeness_gap
            for item in explain(tiny.classifier("bert"), tiny.SENTENCES, params={"steps": steps})
        )
        for steps in (4, 16, 64, 256)
    ]
    assert gaps == sorted(gaps, reverse=True) or gaps[-1] < 1e-5
    assert gaps[-1] < 1e-4
