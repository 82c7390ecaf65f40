"""Classifier heads, one file each: a sequence of vectors in, one logit a class out.

A head's file exports `Params` (its settings) and `Head`, a module
`(sequence_BTD, mask_BT) -> logits_BK`. Axes in tensor names, here and in the classifier:

    B  texts of a batch      T  tokens, padding included      D  hidden size of the encoder
    K  classes               M  members of an ensemble        H  size of a hidden layer

`mask_BT` is 1 for real tokens and 0 for padding.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from astrid import plugins
from astrid.errors import InputError
from astrid.spec import Spec, checked

if TYPE_CHECKING:
    from torch import nn


class HeadSpec(Spec):
    """Which head, and its settings; settings left out have the defaults of its `Params`."""

    name: str = "linear"
    params: Mapping[str, Any] = Field(default_factory=dict)


def head_names() -> list[str]:
    """Names of all heads, found without importing them.

    >>> head_names()
    ['attention', 'dual', 'ensemble', 'linear', 'mlp']
    """
    return plugins.names(__name__)


def build_head(spec: HeadSpec, hidden_size: int, num_labels: int) -> "nn.Module":
    """The head that `spec` describes, with freshly drawn weights.

    Args:
        spec: name and settings.
        hidden_size: D of the encoder.
        num_labels: K, at least 2.

    Raises:
        InputError: no such head, a setting that it doesn't have, or fewer than two classes.
    """
    if num_labels < 2:
        raise InputError(f"a classifier needs at least 2 classes, and there are {num_labels}")
    return build_columns(spec, hidden_size, num_labels)


def build_columns(spec: HeadSpec, hidden_size: int, columns: int) -> "nn.Module":
    """As `build_head`, for any number of columns: a single one is the logit of yes against no."""
    module = plugins.load(__name__, spec.name)
    head: nn.Module = module.Head(check(spec), hidden_size, columns)
    return head


def check(spec: HeadSpec) -> Spec:
    """The settings of the head, those left out filled in.

    Raises:
        InputError: no such head, or a setting that it doesn't have.
    """
    return checked(plugins.load(__name__, spec.name).Params, spec.params, "head.params")
