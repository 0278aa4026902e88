"""Bars as inline SVG: places across in percent of the width, heights in pixels. Pure; no style in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, HEAD, FOOT = 160, 20, 24
#: Bars and the gaps between them: so much of a step is bar, in percent.
WIDE = 72
#: At most so many words stand along the bottom of a phone.
MOST_WORDS = 4


@dataclass(frozen=True)
class Bar:
    """One bar: what it stands for, in full and short, its number, and its place."""

    label: str
    number: int
    x: str
    width: str
    y: int
    height: int
    word: str
    middle: str
    anchor: str


@dataclass(frozen=True)
class Chart:
    """Bars side by side below a line with the highest number. ``top``: that number, rounded up."""

    bars: tuple[Bar, ...]
    top: int
    height: int = HEAD + HEIGHT + FOOT
    line: int = HEAD
    base: int = HEAD + HEIGHT
    words: int = HEAD + HEIGHT + 18

    @property
    def total(self) -> int:
        return sum(bar.number for bar in self.bars)


def draw(numbers: Sequence[int], labels: Sequence[str], words: Sequence[str]) -> Chart:
    """Lay out one bar a number; ``labels`` name them in full, ``words`` briefly, of which a few are shown."""
    top = round_up(max(numbers, default=0))
    step = 100 / max(len(numbers), 1)
    every = -(-len(numbers) // MOST_WORDS) or 1
    last = len(numbers) - 1
    return Chart(
        tuple(
            _bar(
                n, number, labels[n], words[n] if (last - n) % every == 0 else "", step=step, top=top, is_last=n == last
            )
            for n, number in enumerate(numbers)
        ),
        top,
    )


def share(number: int, of: int) -> str:
    """A share of the width as SVG wants it: (1, 3) → "33.3%"."""
    return percent(100 * number / of if of else 0)


def percent(value: float) -> str:
    """With a point whatever the reader's language."""
    return f"{value:.1f}%"


def round_up(number: int) -> int:
    """The next of 5, 10, 20, 50, 100, 200 … at or above ``number``, for the top of a chart."""
    top, steps = 5, (2, 2, 2.5)
    for n in range(60):
        if top >= number:
            break
        top = int(top * steps[n % 3])
    return top


def _bar(n: int, number: int, label: str, word: str, *, step: float, top: int, is_last: bool) -> Bar:
    height = round(HEIGHT * number / top)
    height = max(height, 2) if number else 0
    gap = step * (100 - WIDE) / 200
    anchor = "end" if is_last else "middle"
    middle = percent(step * (n + 1) - gap if is_last else step * (n + 0.5))
    return Bar(
        label, number, percent(step * n + gap), percent(step * WIDE / 100), HEAD + HEIGHT - height, height, word,
        middle, anchor,
    )  # fmt: skip
