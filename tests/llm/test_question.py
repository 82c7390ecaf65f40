"""Asking the model of a finished run again: where it runs, and with which adapter."""

import json
import shutil
from dataclasses import replace

import pytest

import astrid
from astrid.errors import InputError
from astrid.llm.question import ADAPTER, Question, open_run
from astrid.llm.run import run_llm
from astrid.llm.spec import LlmSpec
from astrid.models.causal.prompt import Prompt
from astrid.models.loading import LoadedModel, load_causal
from tests import tiny_lm
from tests.training.lora import toy


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run, as far as it is asked again, and its question."""
    folder = tmp_path_factory.mktemp("run")
    for seed, name in enumerate(("llama", "other")):
        for part in tiny_lm.build("llama", seed):
            part.save_pretrained(folder / name)
    loaded = load_causal(folder / "llama")
    toy.train(folder / ADAPTER, source=(loaded.model, loaded.tokenizer), epochs=1)
    asked = Question(str(folder / "llama"), toy.PROMPT, toy.LABELS, False, False, True)
    asked.write(folder)
    return folder, asked


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: {"model_name": str(folder / "other")},
        lambda folder: {"prompt": Prompt("Case: ", " Mood:")},
        lambda folder: {"words": dict(reversed(toy.LABELS.items()))},
    ],
    ids=["model", "prompt", "labels"],
)
def test_an_adapter_of_another_run_is_never_taken_for_this_one_s(finished, tmp_path, change):
    folder, asked = finished
    assert open_run(folder).name == "fine-tuned"
    shutil.copytree(folder / ADAPTER, tmp_path / ADAPTER)
    replace(asked, **change(folder)).write(tmp_path)
    with pytest.raises(InputError, match="was trained in another run"):
        open_run(tmp_path)
    assert open_run(tmp_path, zero_shot=True).name == "zero-shot"


def test_an_adapter_is_not_trained_upon_an_adapter(finished, tmp_path):
    """It would name the bare base model as its own, on which it answers otherwise."""
    source = str(finished[0] / ADAPTER)
    spec = LlmSpec(model_name=source, dataset_name="tweets_generated", finetune=True)
    with pytest.raises(InputError, match="holds an adapter already; give --finetune the plain"):
        run_llm(spec, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_weights_in_four_bits_stay_where_they_were_read():
    asked = Question("tiny", Prompt("Case: ", "\nIt was"), tiny_lm.LABELS, False, True, False)
    loaded = LoadedModel(*tiny_lm.build("gpt2"), ())
    assert asked.asked_of(loaded, "zero-shot", "cuda:7").device == loaded.model.device


@pytest.mark.parametrize(
    "change",
    [
        {"calibrate": "false"},
        {"fine_tuned": None},
        {"load_in_4bit": 0},
        {"words": []},
        {"words": {"bad": 1, "good": 2}},
        {"prompt": {"before": None, "after": ""}},
        {"model_name": 3},
        {"version": 2},
    ],
    ids=str,
)
def test_a_question_that_was_edited_wrongly_is_refused(finished, tmp_path, change):
    asked = finished[1].to_dict()
    (tmp_path / "question.json").write_text(json.dumps({**asked, **change}))
    with pytest.raises(InputError, match=r"question.json: can't be read; run astrid llm run again"):
        open_run(tmp_path)


def test_a_base_model_whose_weights_have_changed_is_noticed(finished, tmp_path):
    folder, _ = finished
    shutil.copytree(folder, tmp_path / "run")
    for part in tiny_lm.build("llama", seed=3):
        part.save_pretrained(folder / "llama")
    try:
        with pytest.raises(InputError, match=r"base model .* have changed since"):
            open_run(folder)
        assert open_run(folder, zero_shot=True).name == "zero-shot"
    finally:
        shutil.copytree(tmp_path / "run" / "llama", folder / "llama", dirs_exist_ok=True)
    assert open_run(folder).name == "fine-tuned"


def test_a_run_is_opened_by_a_string_and_no_other_opener_takes_it_for_a_model(finished):
    folder = finished[0]
    assert open_run(str(folder)).name == "fine-tuned"
    for opened in (astrid.load_model, astrid.load_language_model):
        with pytest.raises(InputError, match="holds a run of astrid llm run; ask it by") as error:
            opened(folder)
        assert "\n" not in str(error.value)


def test_both_models_of_a_run_are_compared_as_classifiers_are(finished):
    zero_shot, tuned = (open_run(finished[0], zero_shot=plain) for plain in (True, False))
    found = astrid.compare(zero_shot, tuned, ["the claim was good", "refused"], method="occlusion")
    assert len(found.to_frame()) == 2
