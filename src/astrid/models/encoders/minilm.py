"""MiniLM: 12 layers of 384, 33 M parameters."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="minilm",
    hub_id="nreimers/MiniLM-L12-H384-uncased",
    architecture=Architecture(
        layers=12,
        hidden_size=384,
        attention_heads=12,
        intermediate_size=1536,
    ),
    description="MiniLM: 12 layers of 384, 33 M parameters",
)
