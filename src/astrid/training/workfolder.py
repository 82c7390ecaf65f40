"""The hidden folder in which a model is trained, beside the one in which it will appear."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from astrid.errors import InputError
from astrid.files import write_atomic
from astrid.models.saving import RECORD, read_record

_LOCK = "lock"
_TRIES = 100
"""How often a folder that another run removes is made anew before giving up."""

Result = TypeVar("Result")


@contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """Yield `.{name}.work` beside `folder`, locked against other processes and threads.

    It stays when the block ends if there are checkpoints in it to go on from.

    Raises:
        InputError: another run holds it, or it can't be made.
    """
    work = folder.parent / f".{folder.name}.work"
    handle = _locked(work, folder)
    try:
        yield work
    finally:
        if not any(work.glob("epoch-*.ckpt")):
            clear(work)
            # The lock goes last, so that no other run takes the ruins for its own.
            shutil.rmtree(work, ignore_errors=True)
        os.close(handle)


def clear(work: Path) -> None:
    """Empty the work folder, except for the lock."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _LOCK:
            path.unlink(missing_ok=True)


def claim(work: Path, identity: str) -> None:
    """Start anew if the work folder was left by a run with other settings or texts."""
    mark = work / "identity"
    if not mark.is_file() or mark.read_text() != identity:
        clear(work)
        write_atomic(mark, identity)


def finished(
    folder: Path, identity: str, overwrite: bool, read: Callable[[dict[str, Any]], Result]
) -> Result | None:
    """What `read` makes of the record in `folder`, if the model there is the one asked for.

    Args:
        folder: where the model belongs.
        identity: of the model that is asked for.
        overwrite: whether anything else there, or a damaged model, may be replaced.
        read: opens the model too, so that a damaged one is named here rather than used later.

    Returns:
        None where the model is still to be made.

    Raises:
        InputError: something else is there, or the model is damaged, and `overwrite` is not set.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    try:
        if (folder / RECORD).is_file():
            record = read_record(folder)
            if record.get("identity") == identity:
                return read(record)
    except InputError:
        if not overwrite:
            raise
    if overwrite:
        return None
    raise InputError(
        f"{folder}: holds something else already; choose another folder or --overwrite"
    )


def publish(work: Path, folder: Path) -> None:
    """Move the finished model, `work/model`, to its place in one step."""
    if folder.exists():
        os.replace(folder, work / "replaced")
    os.replace(work / "model", folder)


def _locked(work: Path, folder: Path) -> int:
    tries = 0
    while True:
        tries += 1
        try:
            work.mkdir(parents=True, exist_ok=True)
            handle = os.open(work / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            # Another run may have removed the folder between the two calls; but there are places
            # such as /proc where there never is one.
            if isinstance(error, FileNotFoundError) and tries < _TRIES:
                continue
            raise InputError(
                f"{folder}: can't be written ({error.strerror}); choose another place"
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise InputError(
                f"{folder}: another run trains this model; wait for it or choose another folder"
            ) from None
        if _is_current(handle, work / _LOCK):
            return handle
        os.close(handle)  # the file was removed by the run that held it: lock the new one


def _is_current(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False
