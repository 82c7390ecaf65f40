"""Writing a trained adapter as the peft package reads it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from astrid.errors import InputError
from astrid.files import new_folder, write_atomic
from astrid.models.adapters import CONFIG, WEIGHTS
from astrid.models.saving import RECORD, versions, writing

_README = """---
library_name: peft
tags:
- lora
---

# A LoRA adapter that Astrid trained

It makes a language model answer with one of these labels: {labels}. Its base model is {base}.

How the model is asked is in `astrid.json`: the text stands between `prompt.before` and
`prompt.after`, and `label_tokens` are the answers. There too are the settings of the training and
the quality on its validation texts; `curves.csv` has a row an epoch.

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained({source})
model = PeftModel.from_pretrained(base, "the folder of this file")
```
"""


def save_adapter(
    folder: Path, wrapped: Any, record: Mapping[str, Any], files: Mapping[str, str]
) -> None:
    """Write the adapter of `wrapped` to `folder`, which appears only when it is complete.

    Its config names the base model: a hub id, or a folder by its whole path.

    Args:
        folder: replaced if it exists.
        wrapped: a peft model.
        record: how the adapter came about; versions are added.
        files: further small text files, by name.
    """
    for config in wrapped.peft_config.values():
        config.base_model_name_or_path = whole_name(config.base_model_name_or_path)
    with new_folder(folder) as temporary, writing(folder):
        # Whether the hub's vocabulary is another one need not be asked: it never changes here.
        wrapped.save_pretrained(str(temporary), save_embedding_layers=False)
        for name, content in files.items():
            write_atomic(temporary / name, content)
        text = json.dumps({**record, "versions": versions()}, indent=2, ensure_ascii=False)
        write_atomic(temporary / RECORD, text + "\n")


def readme(base: str | None, labels: Sequence[str]) -> str:
    """What `README.md` says of an adapter; of a base model in a folder, only that folder's name."""
    shown = ", ".join(labels)
    if base and not Path(base).is_dir():
        return _README.format(labels=shown, base=f"`{base}`", source=json.dumps(base))
    where = "a model in memory"
    if base:
        where = (
            f"`{Path(base).name}`, a folder of the machine where it was trained; peft needs its "
            "path, which `adapter_config.json` therefore holds: change it there before you share "
            "this folder"
        )
    return _README.format(labels=shown, base=where, source='"the folder of the base model"')


def whole_name(base: str | None) -> str | None:
    """What an adapter calls its base model: a hub id as it is, a folder by its whole path."""
    return str(Path(base).resolve()) if base and Path(base).is_dir() else base


def check_adapter(folder: Path) -> None:
    """Refuse a folder whose adapter can't be read.

    Raises:
        InputError: its config is missing, or its weights are missing or damaged.
    """
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: no {CONFIG}; train the adapter again")
    try:
        with safe_open(folder / WEIGHTS, framework="pt"):
            pass
    except (SafetensorError, OSError):
        raise InputError(f"{folder / WEIGHTS}: missing or damaged; train it again") from None
