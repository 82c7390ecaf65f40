"""A custom encoder: 6 layers of 512, 29 M parameters.

Its feed-forward layers are twice, not four times, as wide as its hidden vectors: with BERT's
vocabulary that makes 29 M parameters. There are no trained weights to load.
"""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="medium",
    hub_id=None,
    architecture=Architecture(
        layers=6,
        hidden_size=512,
        attention_heads=8,
        intermediate_size=1024,
    ),
    description="A custom encoder: 6 layers of 512, 29 M parameters",
)
