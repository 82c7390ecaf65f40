"""TinyBERT: 4 layers of 312, 14 M parameters."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="tinybert",
    hub_id="huawei-noah/TinyBERT_General_4L_312D",
    architecture=Architecture(
        layers=4,
        hidden_size=312,
        attention_heads=12,
        intermediate_size=1200,
    ),
    description="TinyBERT: 4 layers of 312, 14 M parameters",
)
