"""Where a number comes from: the line under every table and figure."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from aulib.datasets.synthetic import name_of
from aulib.manifest import entry
from aulib.results import Record

PUBLISHED = '<span class="badge-published">published</span>'


def badge(source: str) -> str:
    """A visible mark, ``synthetic`` or ``licensed``, as HTML."""
    return f'<span class="badge-{source}">{source} data</span>'


def text(records: Sequence[Record], note: str = "") -> str:
    """One line about the runs behind a table or figure, as plain text.

    Parameters
    ----------
    records : sequence of Record
        May be empty: then the line says that nothing was run.
    note : str
        Added at the end.
    """
    if not records:
        return "No run recorded: see the page on running the book." + (f" {note}" if note else "")
    about = [record.about for record in records]
    declared = [one["declaration"] for one in about]
    folds = sorted({d["fold"] for d in declared})
    total = declared[0]["protocol"]["folds"]
    parts = [
        "Data: "
        + _joined(
            f"{entry(corpus).title} ({identifier}), {entry(corpus).source}"
            for corpus, identifier in {_corpus(d): d["corpus"] for d in declared}.items()
        ),
        f"profile {_joined({d['profile'] for d in declared})}",
        f"fold{'s' if len(folds) > 1 else ''} {_joined(folds)} of {total}",
        f"seed {_joined({d['seed'] for d in declared})}",
        _joined({one["device"] for one in about}),
        _joined({f"aulib {one['versions']['aulib']}, torch {one['versions']['torch']}" for one in about}),
        f"{_duration(sum(one['wall_s'] for one in about))} in {len(records)} run{'s' if len(records) > 1 else ''}",
    ]
    return " · ".join(parts) + (f" · {note}" if note else "")


def line(records: Sequence[Record], note: str = "") -> str:
    """:func:`text` with the badge of its data, as HTML."""
    sources = {entry(_corpus(record.about["declaration"])).source for record in records}
    badges = " ".join(badge(source) for source in sorted(sources))
    return f'<div class="provenance">{badges} {html.escape(text(records, note))}</div>'


def generated(what: str) -> str:
    """Line for a picture that is drawn from the code or the renderer and belongs to no run."""
    from aulib import __version__

    return f'<div class="provenance">{badge("synthetic")} {html.escape(what)} · aulib {__version__}</div>'


def published(what: str) -> str:
    """Line for a table that holds nothing but printed numbers."""
    return f'<div class="provenance">{PUBLISHED} {html.escape(what)}</div>'


def _corpus(declared: dict[str, Any]) -> str:
    return name_of(declared["corpus"])


def _joined(values) -> str:
    return ", ".join(str(value) for value in (sorted(values) if isinstance(values, set) else values))


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
