"""Texts with labels and evidence, and where they come from."""
