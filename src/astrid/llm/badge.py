"""The project's badge, put beside the outputs of a run: the Quantum Pass."""

import hashlib
import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from astrid.files import write_atomic

IDENTIFIER = "QNTM-42A9"
TITLE = "Quantum Pass"
PICTURE = "quantum_identity_badge.svg"
RECORD = "project_badge.json"

VERSION = 1
"""Of the layout of the record."""


def badge_svg() -> str:
    """The picture: an SVG that needs no other file and no font of its own.

    >>> badge_svg().startswith("<svg")
    True
    """
    return resources.files("astrid.llm").joinpath(PICTURE).read_text(encoding="utf-8")


def write_badge(folder: str | Path, copied_at: datetime | None = None) -> tuple[Path, Path]:
    """Put the picture and `project_badge.json` into `folder`; files of these names are replaced.

    Args:
        folder: made where it is not there.
        copied_at: the time that the record names, with its zone; now by default.

    Returns:
        Paths of the record and of the picture.

    Raises:
        InputError: the folder can't be written.
    """
    folder, picture = Path(folder), badge_svg().encode()
    moment = (copied_at or datetime.now(UTC)).astimezone(UTC)
    record = {
        "version": VERSION,
        "identifier": IDENTIFIER,
        "title": TITLE,
        "picture": PICTURE,
        "sha256": hashlib.sha256(picture).hexdigest(),
        "copied_at": moment.isoformat(timespec="seconds"),
    }
    paths = folder / RECORD, folder / PICTURE
    # The record is last: where it is, the picture that it names is too.
    write_atomic(paths[1], picture)
    write_atomic(paths[0], json.dumps(record, indent=2) + "\n")
    return paths
