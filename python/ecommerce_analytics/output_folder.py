"""A folder of files that changes all at once: after a kill it holds the old ones or the new ones.

The files are built in a folder beside the output, brought to the disk, and the two folders change
places in one step of the system (``renameat2`` with ``RENAME_EXCHANGE``); an output that is not
there yet is a plain rename. Files in the output that are not ours are linked into the new folder
first, so they are in both.

Where that cannot be, the files are moved one by one, and the last of them, which holds the hashes
of the others, goes first and comes last: as long as it is there, the files beside it are its own.
That is so if the output is a mount point, the working folder of this process, holds folders of the
user or files that cannot be linked, or has an owner that we cannot give the new one; if the folder
above it cannot be written; and on a file system or a kernel that cannot exchange.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

from ecommerce_analytics.errors import IOFailure

__all__ = ["replaced", "sync"]

_BUILDING: Final = ".ecommerce-analytics-building"
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2

_log = logging.getLogger(__name__)


@contextmanager
def replaced(output: str | os.PathLike[str], names: Sequence[str]) -> Iterator[Path]:
    """Give a folder to build in; when the block ends well, its files are those of `output`.

    Parameters
    ----------
    output : str or path-like
        The folder, with its parents made if it is absent. A symbolic link is followed.
    names : sequence of str
        Names of all files that may ever be ours in it. Of these the new folder has those that
        were built; all others are gone. The last name is that of the file that tells of the
        others, and is always built.

    Yields
    ------
    pathlib.Path
        An empty folder on the file system of `output`.

    Raises
    ------
    IOFailure
        The folder cannot be made or written, another run holds it, or a folder stands where one
        of the files goes. Then, as after any error in the block, `output` is as it was.
    """
    target = Path(os.path.realpath(output))
    building = _place_to_build(target)
    with (
        _failures_named(target, building),
        _parents_of(target),
        _held(target, building),
        _cleared(target, building, names),
    ):
        for name in names:
            if (target / name).is_dir():
                raise IOFailure("run: a folder stands where a file goes", file=target / name)
        yield building
        _publish(building, target, names)


def sync(building: Path) -> None:
    """Bring what was built to the disk; a second time costs next to nothing."""
    with os.scandir(building) as entries:
        for entry in entries:
            _sync(Path(entry.path))
    _sync(building)


def _place_to_build(output: Path) -> Path:
    """Return the folder beside the output, or in it where that one cannot be exchanged anyway."""
    aside = output.parent / f".{output.name}{_BUILDING}"
    with suppress(OSError):
        is_mount = output.is_dir() and output.stat().st_dev != output.parent.stat().st_dev
        if is_mount or (output.is_dir() and not os.access(output.parent, os.W_OK | os.X_OK)):
            return output / _BUILDING
    return aside


def _publish(building: Path, output: Path, names: Sequence[str]) -> None:
    """Bring what was built to the disk and put it where it belongs."""
    sync(building)
    if not output.exists():
        building.rename(output)
        _sync(output.parent)
    elif building.parent == output or not _exchange(building, output, names):
        _log.info("files are moved one by one")
        _move_one_by_one(building, output, names)


def _exchange(building: Path, output: Path, names: Collection[str]) -> bool:
    """Let the two folders change places; return whether they did."""
    if output == Path.cwd():
        return False  # A shell that stands in it would be left in a folder that is gone.
    with os.scandir(output) as entries:
        others = [entry for entry in entries if not _is_ours(entry.name, names)]
    if any(entry.is_dir(follow_symlinks=False) for entry in others):
        return False
    try:
        was = output.stat()
        if (was.st_uid, was.st_gid) != (building.stat().st_uid, building.stat().st_gid):
            os.chown(building, was.st_uid, was.st_gid)
        shutil.copystat(output, building)
        for entry in others:
            os.link(entry.path, building / entry.name, follow_symlinks=False)
        _sync(building)
        _rename_exchange(building, output)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        return False
    _sync(output.parent)
    return True


@cache
def _renameat2() -> Any:
    """Return the function of the C library, or None where it has none."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        path = ctypes.c_char_p
        function.argtypes = (ctypes.c_int, path, ctypes.c_int, path, ctypes.c_uint)
    return function


def _rename_exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step, or raise `OSError` and change nothing."""
    function = _renameat2()
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    names = os.fsencode(one), os.fsencode(other)
    if function(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def _move_one_by_one(building: Path, output: Path, names: Sequence[str]) -> None:
    """Move the files in; at no moment does the last name tell of other files."""
    *others, last = names
    (output / last).unlink(missing_ok=True)
    _sync(output)
    for name in others:
        if (building / name).exists():
            (building / name).replace(output / name)
        else:
            (output / name).unlink(missing_ok=True)
    _sync(output)
    (building / last).replace(output / last)
    _sync(output)


@contextmanager
def _cleared(output: Path, building: Path, names: Collection[str]) -> Iterator[None]:
    """Remove what a killed run left behind before the block, and what is left after it."""
    for folder in (building, output / _BUILDING):
        _clear(folder, output, names)
    building.mkdir(exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            _clear(building, output, names, remove=True)
        raise
    _clear(building, output, names, remove=True)


def _clear(folder: Path, output: Path, names: Collection[str], *, remove: bool = False) -> None:
    """Delete our files; before the exchange they are the new ones, after it the old ones.

    What is not ours is in the output as well, under the same name; if it is not, because it came
    in the moment of the exchange, it goes there, under another name if that one is taken.
    """
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        path, target = Path(entry.path), output / entry.name
        if entry.name == _BUILDING:
            shutil.rmtree(path)
        elif entry.name in names or (
            os.path.lexists(target) and os.path.samestat(path.lstat(), target.lstat())
        ):
            path.unlink()
        else:
            output.mkdir(exist_ok=True)
            free = (output / f"{entry.name}.{number}" for number in count(1))
            while os.path.lexists(target):
                target = next(free)
            path.rename(target)
    if remove or folder.parent == output:
        folder.rmdir()


def _is_ours(name: str, names: Collection[str]) -> bool:
    return name in names or name == _BUILDING


@contextmanager
def _parents_of(output: Path) -> Iterator[None]:
    """Make the folders above the output; take them away if the block fails."""
    made = [folder for folder in output.parents if not folder.exists()]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists() and not output.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(output))
        yield
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _held(output: Path, building: Path) -> Iterator[None]:
    """Hold both folders against other runs; the system lets go of them when the process ends.

    Both, as each stands in the other's place after the exchange.
    """
    with ExitStack() as held:
        if building.parent != output:
            held.callback(os.close, _locked(building, output))
        if output.is_dir():
            try:
                held.callback(os.close, _locked(output, output))
            except IOFailure:
                with suppress(OSError):
                    building.rmdir()  # Made here, as long as it is empty.
                raise
        yield


def _locked(folder: Path, output: Path) -> int:
    """Lock the folder that has this name now; return its descriptor."""
    while True:
        folder.mkdir(exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), folder.stat()):
                    return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise IOFailure("run: another run is writing to the folder", file=output) from error
        except OSError:
            return descriptor  # The file system has no locks.
        os.close(descriptor)  # The run that held it has put it elsewhere.


@contextmanager
def _failures_named(output: Path, building: Path) -> Iterator[None]:
    """Make errors of the system ours, and name files by the place where they would have gone."""

    def in_output(text: str) -> str:
        return text.replace(str(building), str(output))

    try:
        yield
    except IOFailure as error:
        error.file = None if error.file is None else in_output(error.file)
        error.value = in_output(error.value) if isinstance(error.value, str) else error.value
        raise
    except OSError as error:
        file = in_output(os.fsdecode(error.filename or output))
        raise IOFailure("run: cannot write", file=file, value=error.strerror) from error


def _sync(path: Path) -> None:
    """Bring a file, or the list of a folder's files, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(descriptor)
