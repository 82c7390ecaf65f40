"""Contextual calibration: what a prompt says before it has seen any text is taken out.

Zhao, Wallace, Feng, Klein and Singh: "Calibrate Before Use: Improving Few-Shot Performance of
Language Models" (ICML 2021).
"""

from collections.abc import Sequence

import numpy as np

from astrid.errors import InputError
from astrid.models.causal.model import CausalModel
from astrid.models.causal.scoring import label_probabilities

CONTENT_FREE = ("N/A", "", "[MASK]")
"""The paper's texts without content."""


def calibrated(model: CausalModel, content_free: Sequence[str] = CONTENT_FREE) -> CausalModel:
    """The same model, whose answer to texts without content is that all labels are as likely.

    With q_k the mean probability of label k over the content-free texts, an answer p becomes
    p_k / q_k, scaled to sum to 1: log q_k is taken from the logit of label k. So explanations of
    its answers stay exact, and predictions are those of the paper's diagonal matrix W.

    Args:
        model: opened with labels and `constrained=True`; it stays as it is.
        content_free: texts that say nothing about the labels.

    Raises:
        InputError: no text, or a model whose labels don't share all probability.
    """
    if isinstance(content_free, str) or not content_free:
        raise InputError('content_free: give a list of texts without content, such as ["N/A"]')
    if not model.constrained:
        raise InputError(
            f"{model.name}: calibration is for labels that share all probability; open the model "
            "with constrained=True"
        )
    mean_K = label_probabilities(model, content_free).mean(axis=0)
    return model.shifted((-np.log(mean_K)).tolist())
