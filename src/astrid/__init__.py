"""Astrid: is the small model still right, and right for the same reasons?"""

from astrid._register import register as _register

__version__ = "0.1.0"

_register()
