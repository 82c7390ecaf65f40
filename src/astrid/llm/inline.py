"""Pictures where the reader is: in the notebook that runs, if one does."""

import sys
from pathlib import Path


def shown_inline(path: Path) -> bool:
    """Show a PNG below the notebook's cell; False, and nothing done, outside a notebook.

    IPython in a terminal is no notebook: it can't show pictures.

    >>> shown_inline(Path("metrics_comparison.png"))
    False
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is None:
        return False
    from IPython.display import Image, display

    display(Image(filename=str(path)))
    return True
