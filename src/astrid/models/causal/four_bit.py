"""Language models whose weights are held in 4 bits, by the bitsandbytes package on NVIDIA GPUs.

Source: Dettmers et al., QLoRA: Efficient Finetuning of Quantized LLMs, 2023.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models.loading import LoadedModel, load_causal

_PACKAGES = ("bitsandbytes", "accelerate")


def require_four_bit() -> None:
    """Raise `InputError` where weights can't be held in 4 bits here."""
    if not torch.cuda.is_available():
        raise InputError(
            "load_in_4bit: needs an NVIDIA GPU, and there is none here; leave it out "
            "(--no-load-in-4bit)"
        )
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise InputError(
                f"load_in_4bit: needs the {package} package; pip install {package}, or leave it out"
            )


def four_bit_settings() -> Any:
    """How weights are held: 4-bit normal floats with quantised scales; sums in half precision.

    Returns:
        what transformers' `quantization_config` takes.
    """
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=_half_precision(),
    )


def load_four_bit(source: str | Path, token: str | None = None) -> LoadedModel:
    """As `load_causal`, on the GPU and with the linear layers' weights in 4 bits.

    Raises:
        InputError: no GPU or no bitsandbytes here, or what `load_causal` refuses.
    """
    require_four_bit()
    return load_causal(source, _half_precision(), token, four_bit_settings())


def _half_precision() -> torch.dtype:
    """bfloat16 where the GPU has it: float16 overflows in some models."""
    good = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if good else torch.float16
