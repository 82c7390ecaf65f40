"""The command `astrid`. A command is a few lines over the library."""

from astrid.cli.main import main

__all__ = ["main"]
