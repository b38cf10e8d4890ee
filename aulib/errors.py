"""Errors that a reader can act on: each message names the thing that is wrong and the way to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

#: As many names as one line can tell; of more, the nearest few are told.
MANY, FEW = 30, 5

#: From which likeness on, 0 to 1, a name was perhaps meant.
LIKE = 0.65


def visible(text: object) -> str:
    r"""What somebody else has named or written, fit for a line of ours.

    A file may be called anything.  Raw, an escape sequence would repaint the terminal, a line end or a mark of writing
    direction would forge a line, and a byte that is no text would break the printing itself.

    Parameters
    ----------
    text : object
        Names of files and folders, cells of tables, messages that hold them.

    Returns
    -------
    str
        One line: what is not printable is spelt out, ``\x1b`` and ``\n``.
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in str(text))


class AulibError(Exception):
    """Base of the errors that the command line prints as one line, without a traceback."""

    def __str__(self) -> str:
        return visible(super().__str__())


class UnknownName(AulibError, KeyError):
    """A name that no registry holds.

    Parameters
    ----------
    kind : str
        What was looked for: ``method``, ``corpus``, ``profile`` …
    name : str
        The name that was given.
    known : iterable of str
        The names that exist: all of them are told, or the nearest of many.
    lists : str
        The command that lists them all.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], lists: str = "") -> None:
        names = sorted(known)
        likeness = {one: SequenceMatcher(None, str(name).lower(), one.lower()).ratio() for one in names}
        nearest = sorted(names, key=lambda one: -likeness[one])
        if len(names) > MANY:
            told = f"; nearest of {len(names)}: {', '.join(nearest[:FEW])}" + (f"; {lists} lists them" if lists else "")
        else:
            near = [repr(one) for one in names if likeness[one] == likeness[nearest[0]] > LIKE]
            told = (f"; did you mean {' or '.join(near)}?" if near else ";") + f" known: {', '.join(names)}"
        super().__init__(f"unknown {kind} {name!r}{told}")

    def __str__(self) -> str:  # KeyError would quote the message
        return visible(self.args[0])


class InputError(AulibError, ValueError):
    """An argument or an option has a value that it cannot have; the message names it, the value and what can be."""


class ManifestError(AulibError):
    """``data_manifest.yaml`` is broken; the message names the file, the entry and the key."""


class CorpusError(AulibError):
    """A corpus is missing, damaged, or not what its manifest entry says."""


class RecordError(AulibError):
    """A record of a run is missing or damaged."""


class StorageError(AulibError):
    """Nothing could be written: no space, or no permission."""
