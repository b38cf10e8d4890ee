"""Where a number comes from: the line under every table and figure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from aulib.corpus import name_of
from aulib.manifest import entry
from aulib.runs.results import Record

#: What is said of the profile that only proves that everything runs.
MEANINGLESS = "its numbers mean nothing"

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
            f"{_title(identifier)} ({identifier}), {kind}"
            for identifier, kind in {d["corpus"]: source(one) for d, one in zip(declared, records, strict=True)}.items()
        ),
        _joined({profile(d["profile"]) for d in declared}),
        f"fold{'s' if len(folds) > 1 else ''} {_joined(folds)} of {total}",
        f"seed {_joined({d['seed'] for d in declared})}",
        _joined({one["device"] for one in about}),
        _joined({f"aulib {one['versions']['aulib']}, torch {one['versions']['torch']}" for one in about}),
        f"{_duration(sum(one['wall_s'] for one in about))} in {len(records)} run{'s' if len(records) > 1 else ''}",
    ]
    return " · ".join(parts) + (f" · {note}" if note else "")


def line(records: Sequence[Record], note: str = "") -> str:
    """:func:`text` with the badge of its data, as HTML."""
    badges = " ".join(badge(kind) for kind in sorted({source(record) for record in records}))
    return f'<div class="provenance">{badges} {html.escape(text(records, note))}</div>'


def profile(name: str) -> str:
    """The words ``profile laptop``; of ``smoke`` also that its numbers mean nothing."""
    return f"profile {name}" + (f" ({MEANINGLESS})" if name == "smoke" else "")


def head(caption: str, lines: Sequence[str]) -> str:
    """The caption of a table or figure; one whose lines name runs of ``smoke`` begins with a warning."""
    if not any(MEANINGLESS in line for line in lines):
        return caption
    return f"Profile smoke: {MEANINGLESS}. {caption}".strip()


def generated(what: str) -> str:
    """Line for a picture that is drawn from the code or the renderer and belongs to no run."""
    from aulib import __version__

    return f'<div class="provenance">{badge("synthetic")} {html.escape(what)} · aulib {__version__}</div>'


def published(what: str) -> str:
    """Line for a table that holds nothing but printed numbers."""
    return f'<div class="provenance">{PUBLISHED} {html.escape(what)}</div>'


def source(record: Record) -> str:
    """Whether a run saw drawn faces or people: ``synthetic`` or ``licensed``.

    An embedded corpus that was exported in the layout of a licensed one and read back is synthetic.
    """
    about = record.about
    return about.get("source") or entry(name_of(about["declaration"]["corpus"])).source


def ours(records: Sequence[Record]) -> str:
    """Heading of a column of our numbers, which says what they were measured on."""
    kinds = sorted({source(record) for record in records}) or ["synthetic"]
    return f"ours, {' and '.join(kinds)} data"


def _title(identifier: str) -> str:
    title = entry(name_of(identifier)).title
    exported = re.search(r"\+from=([^+]+)", identifier)
    return f"{name_of(exported[1])} exported in the layout of {title}" if exported else title


def _joined(values) -> str:
    return ", ".join(str(value) for value in (sorted(values) if isinstance(values, set) else values))


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
