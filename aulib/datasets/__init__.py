"""DATASETS: name -> loader.  ``load(name)`` is how everything else gets a corpus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aulib.datasets.base import Corpus
from aulib.errors import CorpusError
from aulib.manifest import entry


def _synthetic(name: str, **options) -> Corpus:
    from aulib.datasets.synthetic import cache  # numba and OpenCV only when a face is needed

    return cache.load(name, **options)


#: Corpus name -> function that loads it.  A corpus of the manifest without a loader is described, not readable.
DATASETS: dict[str, Callable[..., Corpus]] = {
    name: partial(_synthetic, name)
    for name in ("synth-bp4d", "synth-bp4d-plus", "synth-disfa", "synth-gft", "synth-pain", "synth-probe")
}


def load(name: str, **options) -> Corpus:
    """Load a corpus by its name in the manifest.

    Parameters
    ----------
    name : str
        For instance ``synth-bp4d``, or a control twin of an embedded corpus, ``synth-bp4d+ind`` (see
        :data:`aulib.datasets.synthetic.variants.TWINS`).
    **options
        Passed to the corpus' loader; embedded corpora take ``frames_per_sequence``, ``side``, ``seed``,
        ``workers`` and ``progress``.

    Returns
    -------
    Corpus

    Raises
    ------
    UnknownName
        If no entry of the manifest has this name.
    CorpusError
        If the corpus is licensed and aulib cannot read it yet, its files are damaged, or a twin is misspelt.
    """
    about = entry(name)
    base = name.partition("+")[0]
    if base not in DATASETS:
        hint = f"; its embedded stand-in is {about.stand_in!r}" if about.stand_in else ""
        raise CorpusError(
            f"{name} ({about.title}) is described in the manifest but this version of aulib has no reader for it{hint}"
        )
    return DATASETS[base](**options) if name == base else _synthetic(name, **options)
