"""The embedded corpus' fourth step: 4 layers of 64."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="demo-step4",
    hub_id=None,
    architecture=Architecture(
        layers=4,
        hidden_size=64,
        attention_heads=4,
        intermediate_size=256,
        vocab_size=2000,
        max_positions=256,
    ),
    description="The embedded corpus' fourth step: 4 layers of 64",
)
