"""What the dashboard shows to everyone: how it is loaded, and whether its files have changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from ecommerce_analytics import exports
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import Error

__all__ = ["Source"]

_Marks: TypeAlias = dict[Path, tuple[int, int]]

#: Seconds for which files stand still before they are read: who writes may not be done.
SETTLING_SECONDS: Final = 2.0


@dataclass
class Source:
    """A source, the shop that it became, and what is known of its files since.

    Several threads may ask at once. A source that changed and cannot be read, as a file that is
    half written, leaves the shop as it was and says why.

    Attributes
    ----------
    load : callable
        Reads the data set, or what is a shop already.
    paths : sequence of Path
        Its files and folders, which `look` looks at; none: it never changes.
    settling_seconds : float, default=2
        For how long changed files stand still before they are read.
    read_at : datetime or None
        When the shop was read, by the clock of the machine.
    is_reading : bool
        True while a changed source is read.
    problem : str
        Why a changed source could not be read; empty if it could.
    """

    load: Callable[[], Dataset | Shop]
    paths: Sequence[Path] = ()
    settling_seconds: float = SETTLING_SECONDS
    read_at: datetime | None = field(default=None, init=False)
    is_reading: bool = field(default=False, init=False)
    problem: str = field(default="", init=False)
    _shop: Shop | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _known: _Marks = field(default_factory=dict, init=False, repr=False)
    _waiting: tuple[_Marks, float] | None = field(default=None, init=False, repr=False)

    def shop(self) -> Shop:
        """Return the prepared shop; the first who asks prepares it, and others wait."""
        if self._shop is None:
            with self._lock:
                if self._shop is None:
                    self._known = self._marks()
                    self._shop = self._read()
        return self._shop

    def look(self) -> bool:
        """Look at the files; read them in the background if they are others than were read.

        Returns
        -------
        bool
            True if they were found changed just now, and are being read.

        Notes
        -----
        O(files) unless one of them has another size or time than before.
        """
        if self._shop is None or self.is_reading or not self._lock.acquire(blocking=False):
            return False
        try:
            marks = self._marks()
            if marks == self._known:
                self._waiting = None
                return False
            now = time.monotonic()
            if self._waiting is None or self._waiting[0] != marks:
                self._waiting = (marks, now)
            if now - self._waiting[1] < self.settling_seconds:
                return False
            self._waiting = None
            before, self._known = (
                self._known,
                marks,
            )  # What cannot be read is not tried again until it changes.
            if not self.problem and self._is_same(self._shop, before, marks):
                return False
            self.is_reading = True
        finally:
            self._lock.release()
        threading.Thread(target=self._read_again, daemon=True).start()
        return True

    def _read(self) -> Shop:
        made = self.load()
        shop = made if isinstance(made, Shop) else Shop(made)
        self.read_at = datetime.now()
        return shop

    def _read_again(self) -> None:
        try:
            self._shop = self._read()
            self.problem = ""
        except Error as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"{type(error).__name__} while it was read"
            raise
        finally:
            self.is_reading = False

    def _files(self) -> Iterator[Path]:
        for path in self.paths:
            if path.is_dir():
                yield from sorted(one for one in path.iterdir() if one.is_file())
            else:
                yield path

    def _marks(self) -> _Marks:
        marks = {}
        for path in self._files():
            try:
                found = path.stat()
            except OSError:
                continue
            marks[path] = (found.st_size, found.st_mtime_ns)
        return marks

    def _is_same(self, shop: Shop, before: _Marks, now: _Marks) -> bool:
        """Tell whether the files are those that were there, and hold what was read."""
        if before.keys() != now.keys():
            return False
        wanted = dict(shop.sources)
        for path in self._files():
            name = path.name if path.name in wanted else f"{path.name} (customers)"
            try:
                if name in wanted and exports.sha256(path) == wanted[name]:
                    del wanted[name]
            except OSError:
                return False
        return not wanted
