"""What every encoder preset must do. A new file in models/encoders is under these tests at once."""

import pytest
import torch
from transformers import AutoModel

from astrid.models.build import meta_encoder, parameter_count, transformer_config
from astrid.models.classifier import AstridClassifier
from astrid.models.configuration import AstridConfig
from astrid.models.encoders import load_preset, preset_names

PRESETS = preset_names()

MILLIONS = {
    "bert-base": 110,
    "distilbert": 66,
    "tinybert": 14,
    "mini": 11,
    "medium": 29,
    "minilm": 33,
}


@pytest.mark.parametrize("name", PRESETS)
def test_says_what_it_is(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert load_preset(name.replace("-", "_")) is preset
    assert preset.hub_id is None or preset.hub_id.count("/") == 1
    assert preset.description
    assert preset.architecture.hidden_size % preset.architecture.attention_heads == 0


@pytest.mark.parametrize(("name", "millions"), MILLIONS.items())
def test_parameters_are_as_promised(name: str, millions: int) -> None:
    assert parameter_count(meta_encoder(name)) / 1e6 == pytest.approx(millions, rel=0.025)


@pytest.mark.parametrize("name", PRESETS)
def test_small_copy_works(name: str) -> None:
    """The preset's kind with two layers and a small vocabulary: padding, gradients, segments."""
    small = {
        "layers": 2,
        "vocab_size": 60,
        "hidden_size": 2 * load_preset(name).architecture.attention_heads,
        "intermediate_size": 16,
        "max_positions": 16,
    }
    torch.manual_seed(0)
    architecture = load_preset(name).architecture.model_copy(update=small)
    config = AstridConfig(encoder_config=transformer_config(architecture).to_dict())
    model = AstridClassifier(config).eval()
    ids = torch.randint(5, 60, (2, 8))
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    types = torch.zeros_like(ids)
    output = model(
        input_ids=ids, attention_mask=mask, token_type_ids=types, labels=torch.tensor([0, 1])
    )
    alone = model(input_ids=ids[1:, :5], attention_mask=mask[1:, :5])
    assert torch.allclose(alone.logits[0], output.logits[1], atol=1e-5)
    embeds = model.get_input_embeddings()(ids)
    embedded = model(inputs_embeds=embeds, attention_mask=mask, token_type_ids=types)
    assert torch.allclose(embedded.logits, output.logits, atol=1e-5)
    output.loss.backward()
    for label, parameter in model.named_parameters():
        assert parameter.grad is not None, label
    assert model.get_input_embeddings().weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", PRESETS)
def test_attention_weights_on_request(name: str) -> None:
    architecture = load_preset(name).architecture.model_copy(update={"layers": 1, "vocab_size": 60})
    encoder = AutoModel.from_config(transformer_config(architecture)).config.to_dict()
    model = AstridClassifier(AstridConfig(encoder_config=encoder)).eval()
    model.set_attn_implementation("eager")
    output = model(input_ids=torch.randint(5, 60, (1, 6)), output_attentions=True)
    (attention,) = output.attentions
    assert attention.shape == (1, architecture.attention_heads, 6, 6)
    assert torch.allclose(attention.sum(-1), torch.ones(()), atol=1e-5)
