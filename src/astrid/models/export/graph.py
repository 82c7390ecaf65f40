"""A classifier's forward pass as an ONNX graph."""

import logging
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from astrid.errors import InputError
from astrid.models.calls import Logits
from astrid.models.loading import quiet
from astrid.models.text_model import TransformerClassifier

PACKAGES = ("onnx", "onnxscript", "onnxruntime")

OUTPUT = "logits"

_ONE_FILE = 1_500_000_000
"""Bytes of weights that go into the graph's own file, whose format ends at 2 GiB."""

_COLOUR = re.compile("\x1b\\[[0-9;]*m")

_EXAMPLE = (2, 8)
"""Rows and tokens of the batch that the graph is recorded on; both may be any number in it."""


def require_packages() -> None:
    """Name the package that is missing.

    Raises:
        InputError: one of `PACKAGES` isn't installed.
    """
    for package in PACKAGES:
        if find_spec(package) is None:
            raise InputError(f'ONNX needs the package {package}: pip install "astrid[onnx]"')


def write_graph(model: TransformerClassifier, file: Path) -> tuple[str, ...]:
    """Write the graph of `model`; names of its inputs, each `[batch, length]` int64.

    Weights of more than 1.5 GB go to a second file beside it, `….data`. Its output is `logits`
    `[batch, K]`.

    Raises:
        InputError: the architecture can't be written as a graph.
        OSError: the file can't be written.
    """
    module = model.as_module().eval()
    try:
        with _quietly(), torch.no_grad():
            program = _recorded(module, model)
            _without_places(program.model)
            program.save(file, external_data=_weight_bytes(module) > _ONE_FILE)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # Architectures fail in the exporter with errors of any class.
        raise InputError(
            f"{model.name}: this architecture can't be written as ONNX ({_reason(error)})"
        ) from error
    return module.inputs


def _recorded(module: Logits, model: TransformerClassifier) -> Any:
    """The exporter's program, for any number of texts and tokens."""
    longest = min(_EXAMPLE[1], model.max_length)
    ids = torch.full((_EXAMPLE[0], longest), model.token_ids.vocabulary // 2)
    mask = torch.ones_like(ids)
    # Padding in the example: a mask of ones alone invites shortcuts that leave it out.
    mask[1, longest // 2 :] = 0
    inputs = (ids, mask, torch.zeros_like(ids))[: len(module.inputs)]
    anything = torch.export.Dim.DYNAMIC
    axes = {0: anything, 1: anything}
    program = torch.onnx.export(
        module,
        inputs,
        input_names=module.inputs,
        output_names=[OUTPUT],
        dynamic_shapes=tuple(axes for _ in inputs),
        dynamo=True,
        verbose=False,
    )
    assert program is not None, "the dynamo exporter gives a program"
    return program


def _reason(error: Exception) -> str:
    """The first line of what went wrong: the exporter's own message is pages of advice."""
    cause = error.__cause__ or error
    lines = [line for line in _COLOUR.sub("", str(cause)).splitlines() if line.strip()]
    return lines[0].strip()[:150] if lines else type(cause).__name__


def _without_places(graph: Any) -> None:
    """Take out where each step stands in the source: paths of this machine."""
    for node in graph.graph.all_nodes():
        node.metadata_props.clear()
    for function in graph.functions.values():
        for node in function.all_nodes():
            node.metadata_props.clear()


def _weight_bytes(module: torch.nn.Module) -> int:
    tensors = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's warnings, and with what it prints on stderr."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings(), redirect_stdout(sys.stderr), quiet():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
