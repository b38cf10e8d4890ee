"""What a reader notices: nothing is left out without a line here, and every line names a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aulib.errors import CorpusError, visible

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


class Unreadable(CorpusError):
    """One file cannot be read as what its name says; the message says where and why.

    Parameters
    ----------
    file : str
        Path below the corpus' root.
    why : str
        What was expected and what was found.
    line : int, optional
        From 1.
    """

    def __init__(self, file: str, why: str, line: int | None = None) -> None:
        self.file, self.why, self.line = file, why, line
        super().__init__(f"{self.where}: {why}")

    @property
    def where(self) -> str:
        """``file`` or ``file:line``."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed.

    Parameters
    ----------
    level : {'error', 'warning', 'note'}
        An *error* left something out that should be there; a *warning* read it, with a reservation; a *note* is good
        to know.
    kind : str
        What it is, in words that are the same for all of its kind: findings are counted by it.  Names and cells in
        it, as in `where` and `detail`, are made :func:`~aulib.errors.visible`.
    where : str
        ``file`` or ``file:line`` below the root.
    detail : str
        What was there.
    count : int
        How many frames or cells it concerns.
    """

    level: Level
    kind: str
    where: str
    detail: str = ""
    count: int = 1

    def __post_init__(self) -> None:
        for name in ("kind", "where", "detail"):
            object.__setattr__(self, name, visible(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}" + (f" ({self.detail})" if self.detail else "")

    @property
    def place(self) -> str:
        """Where, and what was there; what concerns the whole copy (``.``) has no place of its own."""
        if self.where == ".":
            return self.detail
        return f"{self.where} ({self.detail})" if self.detail else self.where


def some(names: Sequence[str], shown: int = 5) -> str:
    """The first few of many names: ``F001, F002, F003 and 38 more``."""
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


class Findings:
    """A list of findings that can be counted, printed and, where they are errors, raised."""

    def __init__(self, found: Iterable[Finding] = ()) -> None:
        self._all = list(found)

    def __iter__(self):
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def error(self, kind: str, where: str, detail: str = "", count: int = 1) -> None:
        """Something is left out."""
        self._all.append(Finding("error", kind, where, detail, count))

    def warning(self, kind: str, where: str, detail: str = "", count: int = 1) -> None:
        """Something is read with a reservation."""
        self._all.append(Finding("warning", kind, where, detail, count))

    def note(self, kind: str, where: str, detail: str = "", count: int = 1) -> None:
        """Something is good to know."""
        self._all.append(Finding("note", kind, where, detail, count))

    def unreadable(self, trouble: Unreadable, count: int = 1) -> None:
        """A file that was left out."""
        self.error(trouble.why, trouble.where, "the file is left out", count)

    def of(self, level: Level) -> list[Finding]:
        """All of one level."""
        return [one for one in self._all if one.level == level]

    def counted(self) -> list[tuple[Level, str, int, list[Finding]]]:
        """(level, kind, number of cells or frames, findings), errors first, most frequent first."""
        groups: dict[tuple[Level, str], list[Finding]] = {}
        for one in self._all:
            groups.setdefault((one.level, one.kind), []).append(one)
        rows = [(level, kind, sum(one.count for one in found), found) for (level, kind), found in groups.items()]
        return sorted(rows, key=lambda row: (LEVELS.index(row[0]), -row[2], row[1]))

    def lines(self, examples: int = 3) -> list[str]:
        """A readable list: one line a kind, with its first places below."""
        out = []
        for level, kind, total, found in self.counted():
            out.append(f"{level:8}{kind}" + (f": {total:,}" if total > 1 else ""))
            out += [f"{'':10}{one.place}" for one in found[:examples] if one.place]
            if len(found) > examples:
                out.append(f"{'':10}… and {len(found) - examples:,} more places")
        return out

    def raise_errors(self, what: str) -> None:
        """Raise the first error, saying how many there are and how to go on without them.

        Parameters
        ----------
        what : str
            Name of the corpus.

        Raises
        ------
        CorpusError
            If there is an error.
        """
        errors = self.of("error")
        if errors:
            more = f"; {len(errors) - 1} more of {len(errors)}" if len(errors) > 1 else ""
            raise CorpusError(
                f"{what}: {errors[0]}{more}. Mend the copy, or go on without what cannot be read: --option "
                f"skip_broken=true; `python -m aulib data verify {what} PATH` lists everything"
            )
