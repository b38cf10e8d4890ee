"""What the manifest says, for a terminal: one line a corpus, or all about one of them in wrapped paragraphs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

from aubook.pages.corpus_pages import facts, options, own_copy
from aulib.manifest import Entry, entries, stands_in_for


def listing(known: Iterable[Entry], state: Callable[[str], str]) -> str:
    """Aligned columns: name, source, coding, people, coded frames, and what `state` says of the name."""
    rows = [("name", "source", "coding", "people", "frames", "state")]
    for one in known:
        frames = f"{one.frames:,}" if one.frames else "–"
        rows.append((one.name, one.source, one.coding, str(one.subjects), frames, state(one.name)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in (3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return "\n".join(lines)


def about(entry: Entry, state: str, width: int = 100) -> str:
    """Everything about one corpus.

    Parameters
    ----------
    entry : Entry
        Of the manifest.
    state : str
        Whether it can be loaded here.
    width : int
        Columns of the terminal; paragraphs are broken to fit, folder trees and examples are not.
    """
    licensed = entry.source == "licensed"
    year = f", {entry.year}" if entry.year else ""
    lines = [*_wrapped(f"{entry.title} ({entry.name})", width), *_wrapped(f"{entry.source}{year}: {state}", width), ""]
    lines += _wrapped(entry.summary, width)
    lines += ["", "Facts"]
    for label, value, fact in facts(entry):
        note = f"; {fact.note}" if fact and fact.note else ""
        sure = f" [{fact.confidence}]" if fact else ""
        lines += _wrapped(value.rstrip(".") + note + sure, width, f"  {label:17}", " " * 19)
    if licensed:
        lines += ["", *_wrapped("In brackets, how sure we are; nobody of this project holds the data.", width, "  ")]
        if not entry.proven:
            lines += _wrapped("Our reader is unproven on the real data.", width, "  ")
    lines += _listed("How to ask for it", enumerate(entry.steps, 1), width)
    if licensed:
        lines += ["", "Use your own copy (it is only read)", *textwrap.indent(own_copy(entry), "  ").splitlines()]
    lines += _listed(
        "Options of the reader (default in brackets)",
        (("-", f"{name} ({default}): {words}") for name, default, words in options(entry)),
        width,
    )
    for title, examples in (
        ("Layouts that are recognised", [(one.name, one.confidence, one.tree, one.note) for one in entry.layouts]),
        ("Label files (made-up lines)", [(one.name, one.confidence, one.text, one.note) for one in entry.samples]),
    ):
        for number, (name, confidence, text, note) in enumerate(examples):
            lines += ["", title] if number == 0 else [""]
            lines += _wrapped(f"{name} [{confidence}]", width, "  ")
            lines += textwrap.indent(text.rstrip(), "      ").splitlines()
            lines += _wrapped(note, width, "  ")
    for number, defect in enumerate(entry.defects):
        lines += ["", "Known defects, and what the reader does"] if number == 0 else []
        lines += _wrapped(f"{_flat(defect.what)} [{defect.confidence}]", width, "  - ", "    ")
        lines += _wrapped(defect.handled, width, "    here: ", "          ")
    lines += _listed("Usual protocols", (("-", words) for words in entry.protocols), width)
    lines += ["", *_wrapped(_place(entry), width)]
    if entry.limits:
        lines += ["", *_wrapped(f"What it cannot tell: {entry.limits}", width)]
    return "\n".join(lines)


def _place(entry: Entry) -> str:
    """Which corpus takes its place, or whose place it takes."""
    if entry.source == "licensed":
        return f"Embedded stand-in: {entry.stand_in or 'none'}. {entry.stand_in_note}"
    real = [entries()[name].title for name in stands_in_for(entry.name.partition("+")[0])]
    return f"Stands in for: {', '.join(real) or 'no real corpus'}."


def _listed(title: str, items: Iterable[tuple[object, str]], width: int) -> Iterator[str]:
    for number, (sign, words) in enumerate(items):
        if number == 0:
            yield from ("", title)
        first = f"  {sign}. " if isinstance(sign, int) else f"  {sign} "
        yield from _wrapped(words, width, first, " " * len(first))


def _flat(words: str) -> str:
    return " ".join(words.split())


def _wrapped(words: str, width: int, first: str = "", then: str | None = None) -> list[str]:
    return textwrap.wrap(
        _flat(words), width, initial_indent=first, subsequent_indent=first if then is None else then,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
