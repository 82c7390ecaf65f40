"""Writing files so that a reader never sees half of one."""

import errno
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astrid.errors import InputError

_TRIES = 3
"""How often a lock is tried for before it counts as held."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` by a temporary file beside it and an atomic rename.

    Raises:
        InputError: the folder can't be written or the disk is full; nothing is left behind.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def link_atomic(path: Path, target: Path) -> None:
    """Make `path` a symbolic link to `target`, which is relative to its folder.

    Raises:
        InputError: something else is there already, or the folder can't be written.
    """
    if path.exists() and not path.is_symlink():
        raise InputError(f"{path}: is there already and no link; remove it or choose another place")
    temporary = path.with_name(f".{path.name}.link")
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target, target_is_directory=True)
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error


def without_surrogates(text: str) -> str:
    """`text` with U+FFFD for every half of a surrogate pair, which UTF-8 can't hold.

    One sign stands for one, so that places in the text stay what they are.

    >>> without_surrogates("a \\ud800 b") == "a \\ufffd b"
    True
    """
    return _SURROGATE.sub("\ufffd", text)


def require_writable(path: Path) -> None:
    """Refuse a file that can't be written, before work is done for it; nothing is made.

    Raises:
        InputError: the name is too long or a folder's, or its folder can't be written.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise cannot_write(path, error) from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `path` when the block ends well.

    On any error the temporary folder is removed and `path` is as it was. An existing `path` is
    replaced.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.old."))
            os.replace(path, old / "old")
            os.replace(temporary, path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make `folder` and keep other processes and threads out of it while the block runs.

    The lock is a hidden file that stays; the lock on it ends with the process, however that ends.

    Raises:
        InputError: another run holds the folder, or it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """Whether some process is in `locked(folder)` now."""
    import fcntl

    try:
        handle = os.open(folder / ".lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def locked_together(path: Path, alone: bool) -> Iterator[None]:
    """Hold the lock file `path` with others, or wait until nobody holds it and hold it alone."""
    import fcntl

    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    import fcntl  # not everywhere, and this module is imported everywhere

    for _ in range(_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.1)  # somebody may only be looking whether it is locked
        except OSError as error:
            raise cannot_write(folder, error) from error
    raise InputError(f"{folder}: another run writes there; wait for it or choose another folder")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cannot_write(path: Path, error: Exception) -> InputError:
    """The line that says so: usually the disk is full."""
    reason = (getattr(error, "strerror", None) or str(error))[:100]
    return InputError(f"{path}: can't be written ({reason}); free space or choose another place")
