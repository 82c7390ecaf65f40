"""The embedded corpus' second step: 3 layers of 96."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="demo-step2",
    hub_id=None,
    architecture=Architecture(
        layers=3,
        hidden_size=96,
        attention_heads=4,
        intermediate_size=192,
        vocab_size=2000,
        max_positions=256,
    ),
    description="The embedded corpus' second step: 3 layers of 96",
)
