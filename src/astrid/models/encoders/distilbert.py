"""DistilBERT: 6 layers of 768, 66 M parameters."""

from astrid.models.encoders._preset import Architecture, Preset

PRESET = Preset(
    name="distilbert",
    hub_id="distilbert/distilbert-base-uncased",
    architecture=Architecture(
        family="distilbert",
        layers=6,
        hidden_size=768,
        attention_heads=12,
        intermediate_size=3072,
    ),
    description="DistilBERT: 6 layers of 768, 66 M parameters",
)
