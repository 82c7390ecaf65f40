"""The embedded corpus' first step: 2 layers of 128; can copy the teacher's layers."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="demo-step1",
    hub_id=None,
    architecture=Architecture(
        layers=2,
        hidden_size=128,
        attention_heads=4,
        intermediate_size=512,
        vocab_size=2000,
        max_positions=256,
    ),
    description="The embedded corpus' first step: 2 layers of 128; can copy the teacher's layers",
)
