"""Fine-tuning a causal language model with LoRA, so that it answers with a label."""
