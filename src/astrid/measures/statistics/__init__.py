"""Intervals and tests over texts: the unit is the text, never the token."""
