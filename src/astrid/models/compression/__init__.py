"""Ways of making a trained classifier smaller, one file each.

A compression's file exports `Params` (its settings), `NUMBER` (which setting the number in a short
name such as `prune30` is, and what it is divided by; None where it takes none) and
`compress(model, params, calibration) -> model`, which works on a copy and never changes the model
that it is given. Training (`distil`, and the epochs after pruning that win accuracy back) belongs
to `astrid.training`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from astrid import plugins
from astrid.errors import InputError
from astrid.spec import Spec, checked, nearest

UNCOMPRESSED = "none"
DISTILLED = "distil"
"""A short name of the study's grid that stands for a kind of training, not for a file here."""


class CompressionSpec(Spec):
    """Which compression, and its settings; settings left out have the defaults of its `Params`."""

    name: str = UNCOMPRESSED
    params: Mapping[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Texts with their classes, from which a compression learns what matters least.

    Attributes:
        tokenizer: the model's.
        texts: N texts.
        labels: N class indices.
    """

    tokenizer: Any
    texts: Sequence[str]
    labels: Sequence[int]


def compression_names() -> list[str]:
    """Names of all compressions, found without importing them.

    >>> compression_names()
    ['drop_layers', 'int8', 'prune', 'prune_heads']
    """
    return plugins.names(__name__)


def parse_compression(text: str) -> CompressionSpec:
    """The compression of a short name, as the study's grid uses them.

    >>> parse_compression("prune30")
    CompressionSpec(name='prune', params={'share': 0.3})
    >>> parse_compression("drop_layers1")
    CompressionSpec(name='drop_layers', params={'count': 1})
    >>> parse_compression("int8")
    CompressionSpec(name='int8', params={})

    Raises:
        InputError: no such compression, a number where it takes none, or one out of range.
    """
    name = text.strip().lower().replace("-", "_")
    known = (UNCOMPRESSED, DISTILLED, *compression_names())
    if name in known:
        return CompressionSpec(name=name)
    fitting = [
        one
        for one in compression_names()
        if name.startswith(one) and name.removeprefix(one).isdecimal()
    ]
    if not fitting:
        raise InputError(f'compression "{text}": {nearest(name.rstrip("0123456789"), known)}')
    chosen = fitting[0]
    module = plugins.load(__name__, chosen)
    if module.NUMBER is None:
        raise InputError(f'compression "{text}": {chosen} takes no number; write {chosen}')
    setting, divisor = module.NUMBER
    number = int(name.removeprefix(chosen))
    params = {setting: number if divisor == 1 else number / divisor}
    checked(module.Params, params, f'compression "{text}"')
    return CompressionSpec(name=chosen, params=params)


def compress(spec: CompressionSpec, model: Any, calibration: Calibration | None = None) -> Any:
    """A compressed copy of `model`, in evaluation mode.

    Args:
        spec: what to do to it.
        model: a trained `AstridClassifier`; where a compression says so, any classifier of
            transformers. It stays as it is.
        calibration: texts for compressions that look at what the model does with them.

    Raises:
        InputError: no such compression, unusable settings, or a model that it can't be done to.
    """
    if spec.name in (UNCOMPRESSED, DISTILLED):
        raise InputError(
            f'compression "{spec.name}": nothing to do to a finished model; '
            f"known: {', '.join(compression_names())}"
        )
    module = plugins.load(__name__, spec.name)
    params = checked(module.Params, spec.params, "compression.params")
    compressed = module.compress(model, params, calibration)
    return compressed.eval()
