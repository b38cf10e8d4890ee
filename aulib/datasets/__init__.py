"""DATASETS: name -> loader.  ``load(name)`` is how everything else gets a corpus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aulib.corpus import Corpus
from aulib.datasets.readers import READERS
from aulib.manifest import entry
from aulib.values import FRAMES, SEED, SIDE, WORKERS

#: Options of both loaders that are numbers.
NUMBERS = {"side": SIDE, "frames_per_sequence": FRAMES, "workers": WORKERS, "seed": SEED}


def _checked(options: dict) -> dict:
    """Options with numbers as plain ones, each within its range; of frames and workers None means all."""
    for key, allowed in NUMBERS.items():
        if key in options and not (options[key] is None and key in ("frames_per_sequence", "workers")):
            options[key] = allowed(options[key], key)
    return options


def _synthetic(name: str, **options) -> Corpus:
    from aulib.datasets import embedded  # numba and OpenCV only when a face is needed

    return embedded.load(name, **_checked(options))


def _licensed(name: str, *, faces: bool = True, **options) -> Corpus:
    from aulib.datasets import prepared  # OpenCV only when a picture is needed
    from aulib.datasets.copies import copy_of

    options = _checked(options)
    told = ("path", "options", "align", "detector", "landmarks")
    copy = copy_of(name, **{key: options.pop(key) for key in told if key in options})
    return prepared.load(copy, **options) if faces else prepared.labels(copy)


#: Corpus name -> function that loads it.
DATASETS: dict[str, Callable[..., Corpus]] = {
    **{
        name: partial(_synthetic, name)
        for name in ("synth-bp4d", "synth-bp4d-plus", "synth-disfa", "synth-gft", "synth-pain", "synth-probe")
    },
    **{name: partial(_licensed, name) for name in READERS},
}


def load(name: str, **options) -> Corpus:
    """Load a corpus by its name in the manifest.

    Parameters
    ----------
    name : str
        For instance ``synth-bp4d``; or a control twin of an embedded corpus, ``synth-bp4d+ind`` (see
        :data:`synthface.twins.TWINS`); or ``bp4d``, if you have a copy of it.
    **options
        Passed to the corpus' loader.  All take ``frames_per_sequence``, ``side``, ``workers`` and ``progress``;
        embedded corpora ``seed``; licensed ones ``path``, ``options``, ``align``, ``detector``, ``landmarks`` (see
        :class:`aulib.datasets.copies.Copy`), and ``faces=False`` for the labels alone.

    Returns
    -------
    Corpus

    Raises
    ------
    UnknownName
        If no entry of the manifest has this name.
    CorpusError
        If the corpus is licensed and nobody says where it lies, its files are damaged, or a twin is misspelt.
    InputError
        If a number is outside its range; frames may be None, all of them, and so may workers, all cores.
    """
    entry(name)
    base = name.partition("+")[0]
    return DATASETS[base](**options) if name == base else _synthetic(name, **options)
