"""Errors that a reader can act on: each message names the thing that is wrong and the way to mend it."""

from __future__ import annotations

from collections.abc import Iterable


class AulibError(Exception):
    """Base of the errors that the command line prints as one line, without a traceback."""


class UnknownName(AulibError, KeyError):
    """A name that no registry holds.

    Parameters
    ----------
    kind : str
        What was looked for: ``method``, ``corpus``, ``profile`` …
    name : str
        The name that was given.
    known : iterable of str
        The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(sorted(known))}")

    def __str__(self) -> str:  # KeyError would quote the message
        return str(self.args[0])


class InputError(AulibError, ValueError):
    """An argument is not what a function takes; the message names it, the value and its place."""


class ManifestError(AulibError):
    """``data_manifest.yaml`` is broken; the message names the file, the entry and the key."""


class CorpusError(AulibError):
    """A corpus is missing, damaged, or not what its manifest entry says."""


class RecordError(AulibError):
    """A record of a run is missing or damaged."""


class StorageError(AulibError):
    """Nothing could be written: no space, or no permission."""
