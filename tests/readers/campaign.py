"""Any number of mutated label and landmark files: what becomes of them.

::

    python -m tests.readers.campaign 2000 0        how many, and the seed

It prints a count of each verdict, and every wrong: a traceback, or a code that is used though it is not what the sound
file says.  The end is 1 if there is one.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.readers.cases import Case, wrongs
from tests.readers.miniature import miniatures
from tests.readers.mutations import OF_TEXTS, TEXT, mend


def trials(count: int, seed: int, folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(verdict, what was done to which file, what is wrong with it) of `count` mutated files.

    Three of four are files that labels depend on.
    """
    rng = random.Random(seed)
    layouts = miniatures()
    cases: dict[int, Case] = {}
    done = 0
    while done < count:
        at = rng.randrange(len(layouts))
        case = cases.get(at) or cases.setdefault(at, Case(layouts[at], folder / str(at)))
        texts = [name for name in case.names if TEXT.search(name)]
        title, fits, apply = rng.choice(OF_TEXTS)
        name = rng.choice(texts)
        if not fits.search(name) or (not case.cells(name) and rng.random() < 0.75):
            continue
        if (effect := apply(case.place, name, rng)) is None:
            continue
        wrong = wrongs(case, effect)
        mend(case.place, effect, case.sound)
        done += 1
        yield case.verdict, f"{case.one} | {title} | {name}", wrong


def main(count: int, seed: int) -> int:
    """Print what becomes of `count` files; 1 if anything is wrong."""
    verdicts: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for verdict, what, wrong in trials(count, seed, Path(folder)):
            verdicts[verdict] += 1
            bad += bool(wrong)
            for one in wrong:
                print(f"{what}: {one}")
    print(
        f"{count} mutated files, seed {seed}: " + ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common())
    )
    print(f"{verdicts['a traceback']} tracebacks, {bad} wrong in all")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
