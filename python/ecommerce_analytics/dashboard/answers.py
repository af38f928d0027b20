"""Answers that are remembered: made once for all who ask, a bounded number of them kept."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from ecommerce_analytics.errors import Error, IOFailure, MissingExtra

__all__ = ["Answers"]


class Answers:
    """A memory of answers by their questions; several threads may ask at once.

    Who asks first makes the answer, the others wait for that one alone. An `Error` of the library
    is an answer too, but for what may be mended outside: a file, a missing extra.

    Parameters
    ----------
    num_kept : int
        Answers kept; the one that was asked for longest ago goes first.
    """

    def __init__(self, num_kept: int) -> None:
        self._num_kept = max(1, num_kept)
        self._kept: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._begun: set[Hashable] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, question: Hashable) -> bool:
        return question in self._kept

    def get(self, question: Hashable, make: Callable[[], Any]) -> Any:
        """Return the answer; `make` makes it where there is none yet."""
        with self._lock:
            answer = self._kept.get(question)
            if is_new := answer is None:
                while len(self._kept) >= self._num_kept:
                    self._kept.popitem(last=False)
                answer = self._kept[question] = Future()
            else:
                self._kept.move_to_end(question)
        if is_new:
            try:
                answer.set_result(make())
            except BaseException as error:
                answer.set_exception(error)
                if not isinstance(error, Error) or isinstance(error, (IOFailure, MissingExtra)):
                    with self._lock:
                        self._kept.pop(question, None)
        trouble = answer.exception()
        if isinstance(trouble, Error):
            raise copy.copy(trouble)  # Its own traceback would grow, and hold what it met.
        return answer.result()

    def is_made(self, question: Hashable, make: Callable[[], Any]) -> bool:
        """Return whether `get` answers at once; if not, let a thread make the answer, once.

        Where the thread failed this is true as well: who asks then meets the error himself.
        """
        with self._lock:
            answer = self._kept.get(question)
            is_new = answer is None and question not in self._begun
            if is_new:
                self._begun.add(question)
        if is_new:
            threading.Thread(target=_quietly, args=(self, question, make), daemon=True).start()
            return False
        return answer is None or answer.done()


def _quietly(answers: Answers, question: Hashable, make: Callable[[], Any]) -> None:
    """Make an answer for others: who asks for it is told of its error."""
    with suppress(Exception):
        answers.get(question, make)
