"""The embedded corpus' third step: 2 layers of 64."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="demo-step3",
    hub_id=None,
    architecture=Architecture(
        layers=2,
        hidden_size=64,
        attention_heads=4,
        intermediate_size=256,
        vocab_size=2000,
        max_positions=256,
    ),
    description="The embedded corpus' third step: 2 layers of 64",
)
