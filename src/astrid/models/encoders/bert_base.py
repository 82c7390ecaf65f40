"""BERT-base, the teacher: 12 layers of 768, 110 M parameters."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="bert-base",
    hub_id="google-bert/bert-base-uncased",
    architecture=Architecture(
        layers=12,
        hidden_size=768,
        attention_heads=12,
        intermediate_size=3072,
    ),
    description="BERT-base, the teacher: 12 layers of 768, 110 M parameters",
)
