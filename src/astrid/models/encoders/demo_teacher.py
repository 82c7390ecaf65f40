"""The embedded corpus' teacher: 3 layers of 128."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="demo-teacher",
    hub_id=None,
    architecture=Architecture(
        layers=3,
        hidden_size=128,
        attention_heads=4,
        intermediate_size=512,
        vocab_size=2000,
        max_positions=256,
    ),
    description="The embedded corpus' teacher: 3 layers of 128",
)
