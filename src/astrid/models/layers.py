"""Making a smaller encoder from some of the layers of a trained one."""

import copy
import re

from torch import nn
from transformers import AutoModel, PreTrainedModel

from astrid.errors import InputError
from astrid.models.classifier import drop_pooler


def spaced_layers(count: int, of: int) -> tuple[int, ...]:
    """Which `count` of `of` layers to copy: evenly spaced, the first and the last among them.

    Layer i of the student comes from ⌊i · (of − 1) / (count − 1) + ½⌋ of the teacher; a single
    layer comes from the first. For 6 of 12 these are DistilBERT's own (Sanh et al., 2019,
    arXiv:1910.01108).

    >>> spaced_layers(6, 12)
    (0, 2, 4, 7, 9, 11)
    >>> spaced_layers(3, 12)
    (0, 6, 11)
    """
    if count == 1:
        return (0,)
    return tuple((2 * i * (of - 1) + count - 1) // (2 * (count - 1)) for i in range(count))


def copy_layers(teacher: PreTrainedModel, layers: int) -> PreTrainedModel:
    """An encoder like `teacher` with only `layers` of its layers, evenly spaced.

    Embeddings and everything else outside the layers is copied too.

    Raises:
        InputError: the teacher has fewer layers, or shares one layer's weights among all.
    """
    total = teacher.config.num_hidden_layers
    if layers > total:
        raise InputError(f"encoder.layers: {layers} layers can't be copied from {total}")
    prefix = layers_of(teacher, "encoder.teacher")
    config = copy.deepcopy(teacher.config)
    config.num_hidden_layers = layers
    student: PreTrainedModel = AutoModel.from_config(config)
    drop_pooler(student)
    drop_pooler(teacher)
    picked = {old: new for new, old in enumerate(spaced_layers(layers, total))}
    numbered = re.compile(re.escape(prefix) + r"\.(\d+)\.(.*)")
    weights = {}
    for name, value in teacher.state_dict().items():
        match = numbered.fullmatch(name)
        if match is None:
            weights[name] = value
        elif int(match[1]) in picked:
            weights[f"{prefix}.{picked[int(match[1])]}.{match[2]}"] = value
    student.load_state_dict(weights)
    return student


def layers_of(encoder: PreTrainedModel, where: str) -> str:
    """Name of the list of layers inside `encoder`.

    Raises:
        InputError: it has none, or its layers share one layer's weights; `where` says what asked.
    """
    total = encoder.config.num_hidden_layers
    for name, module in encoder.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == total and name.count(".") == 1:
            return name
    raise InputError(
        f"{where}: the layers of {encoder.config.model_type} can't be picked one by one; "
        "those of BERT, RoBERTa and DistilBERT can"
    )
