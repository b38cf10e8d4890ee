"""``python -m aulib.features``: train the identity descriptor and say how well it names people."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields

from aulib import paths
from aulib.datasets.store import cores
from aulib.errors import AulibError
from aulib.values import SEED, WORKERS, Number, Whole, argument

from .identity import train
from .people import SMALL, Recipe


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 1 after an error that its one line explains, 130 when it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m aulib.features", description=__doc__)
    for field in fields(Recipe):
        default = getattr(SMALL, field.name)
        kind = SEED if field.name == "seed" else Whole(1) if isinstance(default, int) else Number(0)
        parser.add_argument(f"--{field.name}", type=argument(kind), default=default, help=f"default {default}")
    parser.add_argument("--workers", type=argument(WORKERS), default=cores(), help="that draw; all cores by default")
    options = vars(parser.parse_args(arguments))
    workers = options.pop("workers")
    try:
        recipe = Recipe(**options)
        about = train(recipe, workers=workers)
    except AulibError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    print(
        f"{paths.shown(recipe.folder)}: names {about['accuracy']:.1%} of {about['held_out']} held-out pictures "
        f"of {recipe.people} people (chance {about['chance']:.1%})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
