"""Randomising a model takes from explanations what came from its weights, and only that."""

import copy
from functools import cache

import numpy as np
import pytest
import torch

from astrid.analysis._agreement import AGREEMENTS, agreement, chance_agreement, crossed
from astrid.analysis.randomised import ORIGINAL, parts_of, randomised
from astrid.analysis.sanity import (
    RandomisationSettings,
    SanityCheck,
    explained_texts,
    judged,
    model_randomisation,
)
from astrid.errors import InputError
from astrid.measures.statistics.bootstrap import Estimate
from astrid.models.text_model import TransformerClassifier
from astrid.plots import sanity as plot
from tests import tiny
from tests.model_kinds import kind

PARTS = ["head", "layer 2", "layer 1", "embeddings"]
TEXTS = [f"{one} {other}" for one in tiny.SENTENCES[:4] for other in tiny.SENTENCES[:3]]
QUICK = {"resamples": 300, "params": {"integrated_gradients": {"steps": 4}}}


@cache
def checked() -> SanityCheck:
    methods = ("integrated_gradients", "gradient_x_input", "random")
    # Texts of few different tokens differ much between draws: the interval is wide.
    settings = RandomisationSettings(methods=methods, tolerance=0.3, **QUICK)
    return model_randomisation(tiny.classifier("bert"), TEXTS, settings)


def weights(model: TransformerClassifier) -> dict[str, torch.Tensor]:
    return dict(model.module.named_parameters())


@pytest.mark.parametrize("architecture", [*tiny.ARCHITECTURES, "modernbert", "electra"])
def test_parts_are_the_head_the_layers_and_the_embeddings(architecture: str) -> None:
    module = tiny.classifier(architecture).module
    parts = parts_of(module)
    assert list(parts) == PARTS
    named = [name for names in parts.values() for name in names]
    assert sorted(named) == sorted(name for name, _ in module.named_parameters())
    table = next(
        n for n, w in module.named_parameters() if w is module.get_input_embeddings().weight
    )
    assert table in parts["embeddings"]


@pytest.mark.parametrize("head", ["linear", "mlp", "attention", "dual", "ensemble"])
def test_astrid_s_own_heads_are_heads(head: str) -> None:
    module = kind(f"{head} head").model.module
    parts = parts_of(module)
    assert list(parts) == PARTS
    expected = {f"head.{name}" for name, _ in module.head.named_parameters()}
    assert set(parts["head"]) == expected


def test_shared_layers_are_one_and_a_decoder_s_come_after_the_encoder_s() -> None:
    assert list(parts_of(tiny.classifier("albert").module)) == ["head", "layer 1", "embeddings"]
    parts = parts_of(tiny.classifier("bart").module)
    assert list(parts)[1:5] == ["layer 4", "layer 3", "layer 2", "layer 1"]
    assert all(".decoder." in name for name in parts["layer 4"])
    assert all(".encoder." in name for name in parts["layer 1"])


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_each_step_changes_its_part_and_those_before_and_nothing_else(architecture: str) -> None:
    model = tiny.classifier(architecture)
    parts, random = parts_of(model.module), set()
    before = {name: weight.clone() for name, weight in weights(model).items()}
    names = []
    for name, copy_ in randomised(model):
        names.append(name)
        random |= set(parts.get(name, ()))
        for weight_name, weight in weights(copy_).items():
            same = torch.equal(weight, before[weight_name])
            constant = bool((weight == weight.flatten()[0]).all())
            assert same == (weight_name not in random) or constant or weight.numel() < 5
            # A permutation: the same numbers, whatever their order.
            torch.testing.assert_close(
                weight.flatten().sort().values, before[weight_name].flatten().sort().values
            )
    assert names == [ORIGINAL, *PARTS]


@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_the_user_s_model_keeps_its_bytes(architecture: str) -> None:
    module, tokenizer = tiny.build(architecture)
    before = copy.deepcopy(module.state_dict())
    model = TransformerClassifier(module, tokenizer)
    fingerprint = model.fingerprint()
    settings = RandomisationSettings(methods=("gradient_x_input",), draws=1, resamples=100)
    model_randomisation(model, TEXTS[:2], settings)
    assert model.fingerprint() == fingerprint
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])


def test_steps_join_neighbouring_parts_and_end_random_throughout() -> None:
    model = tiny.classifier("bert")
    assert [name for name, _ in randomised(model, steps=2)] == [ORIGINAL, "layer 2", "embeddings"]
    assert [name for name, _ in randomised(model, steps=1)] == [ORIGINAL, "embeddings"]
    assert len(list(randomised(model, steps=99))) == 5
    (*_, (_, few)), (*_, (_, all_)) = randomised(model, steps=1), randomised(model)
    assert few.fingerprint() == all_.fingerprint()


def test_seeds_repeat_and_differ() -> None:
    model = tiny.classifier("distilbert")
    prints = [[m.fingerprint() for _, m in randomised(model, seed=seed)] for seed in (3, 3, 4)]
    assert prints[0] == prints[1]
    assert prints[0][0] == prints[2][0] == model.fingerprint()
    assert not set(prints[0][1:]) & set(prints[2][1:])


def test_quantised_weights_and_no_steps_are_refused() -> None:
    with pytest.raises(InputError, match="quantised weights can't be randomised"):
        list(randomised(kind("int8 bert").model))
    with pytest.raises(InputError, match="0 steps"):
        list(randomised(tiny.classifier("bert"), steps=0))
    with pytest.raises(InputError, match="no texts"):
        model_randomisation(tiny.classifier("bert"), [])


def test_the_original_agrees_fully_with_itself() -> None:
    for check in checked().methods:
        start = check.steps[0]
        assert start.random == ORIGINAL
        for name in AGREEMENTS:
            assert start.agreement[name].value == pytest.approx(1, abs=1e-6)
        assert abs(start.chance["spearman"].value) == 0


def test_gradients_drop_to_chance_and_pass() -> None:
    for check in checked().methods[:2]:
        end = check.steps[-1]
        assert end.random == "embeddings"
        assert abs(check.excess.value) < 0.15
        assert check.verdict == "passes"
        assert len(end.by_draw) == 5
        assert np.mean(end.by_draw) == pytest.approx(end.agreement["spearman_absolute"].value)


def test_scores_that_never_look_at_the_model_fail() -> None:
    check = checked().methods[2]
    assert check.method == "random"
    assert all(step.agreement["cosine"].value == pytest.approx(1) for step in check.steps)
    assert check.verdict == "fails"


def test_attention_does_not_notice_a_random_head() -> None:
    settings = RandomisationSettings(methods=("attention",), draws=1, resamples=100)
    (check,) = model_randomisation(tiny.classifier("bert"), TEXTS[:4], settings).methods
    assert check.steps[1].agreement["cosine"].value == pytest.approx(1)
    assert check.steps[2].agreement["cosine"].value < 1


def test_the_same_classes_are_explained_whatever_the_kind() -> None:
    for output in ("logit", "logit_difference"):
        settings = RandomisationSettings(
            methods=("gradient_x_input",), kind=output, draws=1, resamples=100
        )
        (check,) = model_randomisation(tiny.classifier("gpt2"), TEXTS[:3], settings).methods
        assert check.steps[0].agreement["spearman"].value == pytest.approx(1)


def test_progress_counts_every_explained_text() -> None:
    done = []
    settings = RandomisationSettings(
        methods=("gradient_norm", "random"), steps=2, draws=2, resamples=100
    )
    model = tiny.classifier("bert")
    model_randomisation(model, TEXTS[:2], settings, lambda count=1: done.append(count))
    assert sum(done) == explained_texts(model, 2, settings)


def test_the_record_is_plain_and_the_frame_is_drawn() -> None:
    found = checked()
    record = found.to_dict()
    assert record["methods"][0]["verdict"] == "passes"
    assert record["settings"]["draws"] == 5
    frame = found.to_frame()
    assert len(frame) == 3 * 5
    figure = plot.draw(frame)
    assert [line.name for line in figure.data] == [*found.settings.methods, "chance"]
    assert list(figure.data[0].y) == [
        step.agreement["spearman_absolute"].value for step in found.methods[0].steps
    ]
    assert figure.data[-1].line.dash == "dash"
    assert list(figure.layout.xaxis.ticktext) == [ORIGINAL, *PARTS]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.1, 0.1, "passes"), (0.05, 0.15, "undecided"), (0.11, 0.2, "fails")],
)
def test_the_interval_s_end_decides(low: float, high: float, verdict: str) -> None:
    assert judged(Estimate(0.1, low, high, 9, 0), 0.1) == verdict


def test_without_an_interval_nothing_is_decided() -> None:
    assert judged(Estimate(0.0, np.nan, np.nan, 1, 0), 0.1) == "undecided"


def by_chance(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    return chance_agreement(first, second, agreement(first, second))


def test_chance_is_the_mean_over_shuffles() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.normal(1, 1, size=(2, 7))
    shuffled = [agreement(first, generator.permutation(second)) for _ in range(1000)]
    for name, value in by_chance(first, second).items():
        assert np.mean([row[name] for row in shuffled]) == pytest.approx(value, abs=0.04)


def test_chance_of_tiny_and_of_constant_scores() -> None:
    first, second = np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 1.0])
    plain = by_chance(first, second)
    assert by_chance(1e-200 * first, 1e200 * second) == pytest.approx(plain)
    assert np.isnan(by_chance(first, np.ones(3))["spearman"])
    assert np.isnan(by_chance(first, np.zeros(3))["cosine"])


def test_a_draw_that_shifts_all_texts_widens_the_crossed_interval() -> None:
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 0.02, size=(6, 40))
    shift = np.array([-0.3, -0.1, 0.0, 0.1, 0.2, 0.3])[:, None]
    alike, shifted = crossed(noise), crossed(noise + shift)
    assert alike.value + shift.mean() == pytest.approx(shifted.value)
    assert shifted.high - shifted.low > 5 * (alike.high - alike.low)


def test_crossed_counts_texts_that_no_repeat_defines() -> None:
    values = np.array([[0.2, np.nan, np.nan, 0.4], [0.4, 0.6, np.nan, 0.2]])
    found = crossed(values, resamples=500)
    assert (found.n, found.undefined) == (3, 1)
    assert found.value == pytest.approx(np.nanmean(values))
    assert found.low <= found.value <= found.high
