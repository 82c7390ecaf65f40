"""The embedded corpus' fifth step: 1 layer of 48."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="demo-step5",
    hub_id=None,
    architecture=Architecture(
        layers=1,
        hidden_size=48,
        attention_heads=4,
        intermediate_size=192,
        vocab_size=2000,
        max_positions=256,
    ),
    description="The embedded corpus' fifth step: 1 layer of 48",
)
