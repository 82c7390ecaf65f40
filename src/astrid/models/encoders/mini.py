"""A custom encoder: 2 layers of 384, 11 M parameters.

Its vocabulary of at most 19,000 pieces is trained on the texts; with BERT's 30,522 the embeddings
alone would exceed the 11 M parameters. There are no trained weights to load.
"""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="mini",
    hub_id=None,
    architecture=Architecture(
        layers=2,
        hidden_size=384,
        attention_heads=6,
        intermediate_size=1536,
        vocab_size=19_000,
    ),
    description="A custom encoder: 2 layers of 384, 11 M parameters",
)
