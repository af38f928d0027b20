"""Contestants one after another, round by round: first their answers, then the clock."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contest.answers import Answer, difference

MIN_RUNS = 7


class UnequalAnswers(Exception):
    """Two contestants answer the same question differently: there is nothing to time."""


@dataclass(frozen=True)
class Contestant:
    """One way to answer a question.

    Attributes
    ----------
    name : str
        Tool, and the recipe or what it starts from.
    is_ours : bool
        Whether it is this library.
    run : callable
        What is timed.
    answer : callable
        Brings what `run` returned into the common form; not timed.
    """

    name: str
    is_ours: bool
    run: Callable[[], Any]
    answer: Callable[[Any], Answer]


@dataclass
class Timing:
    """Seconds of each run, on the clock and of all cores together."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median of the seconds on the clock."""
        return statistics.median(self.wall)


def measure(contestants: Sequence[Contestant], num_runs: int) -> dict[str, Timing]:
    """Time `num_runs` rounds, every contestant once a round, after a round that warms up.

    Raises
    ------
    UnequalAnswers
        If the answers of the warm-up differ.
    """
    if num_runs < MIN_RUNS:
        raise ValueError(f"fewer than {MIN_RUNS} runs: {num_runs}")
    reference: Answer | None = None
    for contestant in contestants:
        answer = contestant.answer(contestant.run())
        reference = answer if reference is None else reference
        unequal = difference(reference, answer)
        if unequal is not None:
            raise UnequalAnswers(f"{contestants[0].name} against {contestant.name}: {unequal}")

    timings = {contestant.name: Timing() for contestant in contestants}
    for _ in range(num_runs):
        for contestant in contestants:
            gc.collect()
            gc.disable()
            wall, cpu = time.perf_counter(), time.process_time()
            result = contestant.run()
            timings[contestant.name].cpu.append(time.process_time() - cpu)
            timings[contestant.name].wall.append(time.perf_counter() - wall)
            gc.enable()
            del result  # Frees what it holds outside the clock.
    return timings
