"""The pace of a stage in words: how fast it goes, and how long it still takes."""

from __future__ import annotations


class Pace:
    """The speed of a stage since it was first heard of, and the time that is left.

    What was done before then, as by a run that is gone on with, does not count.

    Examples
    --------
    >>> pace = Pace(done=1_000_000, now=0.0)
    >>> pace.words(5_000_000, 21_000_000, "cells", now=2.0)
    '2.0 million cells/s, 0:08 left'
    >>> pace.words(21_000_000, 21_000_000, "cells", now=10.0)
    '2.0 million cells/s, 0:10 in all'
    >>> Pace(done=0, now=0.0).words(50, 200, "loss 0.31", now=2.0)  # no unit: a figure to watch
    'loss 0.31, 0:06 left'
    """

    def __init__(self, done: int, now: float) -> None:
        self._begun, self._at_first = now, done

    def words(self, done: int, total: int, word: str, now: float) -> str:
        """Say the pace at a moment, given in seconds."""
        seconds, steps = now - self._begun, done - self._at_first
        if seconds <= 0 or steps <= 0:
            return ""
        speed = steps / seconds
        figure = f"{_number(speed)} {word}/s" if word.isalpha() else word
        if done < total:
            return f"{figure}, {_clock((total - done) / speed)} left"
        return f"{figure}, {_clock(seconds)} in all"

    def line(self, stage: str, done: int, total: int, word: str, now: float) -> str:
        """Say in a line how far a stage is, at a moment.

        Examples
        --------
        >>> Pace(done=0, now=0.0).line("map", 5, 20, "cells", now=2.0)
        'map: 5 of 20 cells, 2.5 cells/s, 0:06 left'
        """
        unit = f" {word}" if word.isalpha() else ""
        pace = self.words(done, total, word, now)
        return f"{stage}: {done} of {total}{unit}" + (pace and f", {pace}")


def _number(speed: float) -> str:
    """Write a speed short.

    Examples
    --------
    >>> _number(12_340_000), _number(1234.5), _number(3.21)
    ('12.3 million', '1234', '3.2')
    """
    if speed >= 1e6:
        return f"{speed / 1e6:.1f} million"
    return f"{speed:.0f}" if speed >= 100 else f"{speed:.1f}"


def _clock(seconds: float) -> str:
    """Write a time as minutes and seconds, with hours if there are any.

    Examples
    --------
    >>> _clock(7.6), _clock(3725)
    ('0:08', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
