"""Astrid: is the small model still right, and right for the same reasons?"""

__version__ = "0.1.0"
