"""`import astrid` is quick, and teaches transformers its models in whichever order they come."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOAD = """
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model = AutoModelForSequenceClassification.from_pretrained({folder!r})
tokenizer = AutoTokenizer.from_pretrained({folder!r})
print(type(model).__name__, model(**tokenizer("good film", return_tensors="pt")).logits.shape[1])
"""


def python(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "first",
    [
        "import astrid",
        "import transformers, astrid",
        "from transformers import AutoConfig; import astrid",
        "from transformers import AutoModelForSequenceClassification; import astrid",
        "import astrid.models.classifier",
        "import astrid.models.saving",
    ],
)
def test_auto_classes_know_astrid(first: str, classifier_folder: Path) -> None:
    assert python(first + LOAD.format(folder=str(classifier_folder))) == "AstridClassifier 3"


def test_import_is_light() -> None:
    code = """
import sys, time
start = time.perf_counter()
import astrid
heavy = {"torch", "transformers", "lightning"} & set(sys.modules)
print(time.perf_counter() - start < 0.5, sorted(heavy))
"""
    assert python(code) == "True []"


def test_sources_stay_readable() -> None:
    code = """
import astrid, inspect
from transformers.models.auto import modeling_auto
print(len(inspect.getsource(modeling_auto)) > 1000)
"""
    assert python(code) == "True"
