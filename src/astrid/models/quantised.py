"""Models whose weights are held in fewer bits: what they can do, and what opens them."""

import math
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import torch

from astrid.errors import InputError

_BACKENDS = {
    "bitsandbytes": "bitsandbytes",
    "torchao": "torchao",
    "compressed-tensors": "compressed_tensors",
    "gptq": "gptqmodel",
    "awq": "gptqmodel",
    "hqq": "hqq",
    "quanto": "optimum",
}


def check_backend(source: str, config: Any) -> None:
    """Name the package that a quantised checkpoint needs, where it is missing.

    Raises:
        InputError: it is missing, or the way of quantising is unknown.
    """
    from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING as KNOWN

    settings = getattr(config, "quantization_config", None)
    if not isinstance(settings, dict):
        return
    # Old checkpoints of bitsandbytes name no method.
    method = str(settings.get("quant_method") or "bitsandbytes")
    if method not in KNOWN and method not in _BACKENDS:
        raise InputError(f'{source}: transformers doesn\'t know the quantisation "{method[:40]}"')
    package = _BACKENDS.get(method)
    if package is not None and find_spec(package) is None:
        raise InputError(
            f"{source}: its weights are quantised by {method}; pip install {package} to open it, "
            "or use a checkpoint that is not quantised"
        )


def is_packed(part: torch.nn.Module) -> bool:
    """Whether a layer is one of torch's int8 ones, which know no gradients."""
    return type(part).__module__.startswith("torch.ao.nn.quantized")


def has_gradients(module: Any) -> bool:
    """Whether derivatives pass through all layers."""
    if any(is_packed(part) for part in module.modules()):
        return False
    quantizer = getattr(module, "hf_quantizer", None)
    return quantizer is None or bool(quantizer.is_trainable)


def precision(module: Any) -> str:
    """What its weights are held in, for example `float32`, `bfloat16`, `int8`."""
    if any(is_packed(part) for part in module.modules()):
        return "int8"
    quantizer = getattr(module, "hf_quantizer", None)
    if quantizer is not None:
        method = quantizer.quantization_config.quant_method
        return str(getattr(method, "value", method))
    return str(module.dtype).removeprefix("torch.")


def parameters(module: torch.nn.Module) -> int:
    """Number of weights, those of packed layers, int8 tables and 4-bit layers too."""
    packed = 0
    for part in module.modules():
        if is_packed(part) and hasattr(part, "in_features"):
            bias = part.bias()  # type: ignore[operator]
            packed += int(part.in_features) * int(part.out_features)  # type: ignore[arg-type]
            packed += 0 if bias is None else bias.numel()
    tables = sum(part.numel() for part in module.buffers() if part.dtype == torch.int8)
    return packed + tables + sum(map(_count, module.parameters()))


def _count(weight: torch.Tensor) -> int:
    """Numbers that it holds; of bitsandbytes' 4-bit weights two stand in each byte."""
    state = getattr(weight, "quant_state", None)
    return weight.numel() if state is None else math.prod(state.shape)


def plain_tensors(value: object) -> Iterator[torch.Tensor]:
    """What an entry of a state dict holds, as tensors of plain numbers.

    Packed layers of torch keep tuples of int8 weights, which have scales and zero points, and
    biases.
    """
    if isinstance(value, torch.ScriptObject):
        yield from plain_tensors(value.__getstate__())
    elif isinstance(value, tuple | list):
        for part in value:
            yield from plain_tensors(part)
    elif isinstance(value, torch.Tensor) and value.is_quantized:
        yield value.int_repr()
        if value.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
            yield torch.tensor([value.q_scale(), value.q_zero_point()], dtype=torch.float64)
        else:
            yield value.q_per_channel_scales()
            yield value.q_per_channel_zero_points()
    elif isinstance(value, torch.Tensor):
        yield value
