"""Which of our corpora a folder may hold, by the names of its files: for the message that it is not this one."""

from __future__ import annotations

from aulib.datasets.reading.tree import Tree

#: Corpus -> the pattern of a label file that no other corpus has.
SIGNS: dict[str, str] = {
    "fera2017": r"FERA17_[^/]*\.(?:csv|mp4)",
    "fera2015": r"(?:FERA2015[^/]*\.csv|[^/]+\.eaf)",
    "bp4d": r"[FM]\d{3}_T\d+(?:_AU\d+)?\.csv",
    "disfa": r"SN\d+_au\d+\.txt",
    "unbc": r"FACS/\d+-[a-z]{2}\d+/[^/]+/[^/]+_facs\.txt",
    "ckplus": r"S\d{3}_\d{3}_\d{8}_facs\.txt",
}


def looks_like(tree: Tree, asked: str) -> str:
    """``; it looks like disfa (Labels/SN001_au1.txt)``, or nothing where no other corpus is recognised."""
    for corpus, pattern in SIGNS.items():
        found = next((name for name, _ in tree.match(pattern)), None) if corpus != asked else None
        if found:
            return f"; it looks like {corpus} ({found})"
    return ""
