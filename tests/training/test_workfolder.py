"""Where a model can't be made."""

from pathlib import Path

import pytest

from astrid.errors import InputError
from astrid.training.workfolder import work_folder


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc here")
def test_a_place_where_no_folder_can_ever_be_is_refused() -> None:
    """To make one says there that the folder above is missing, which it isn't."""
    with pytest.raises(InputError, match="can't be written"), work_folder(Path("/proc/model")):
        raise AssertionError("it was made")
