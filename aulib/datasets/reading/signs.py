"""By what a folder of each corpus is known: for the message that says what was looked for, and what it may be."""

from __future__ import annotations

import re

from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

#: File that ``data export --layout`` leaves in a folder: what looks like BP4D there is not BP4D.
MARKER = "made-by-aulib.json"

#: Corpus -> a pattern that its files have and no other corpus' files do.
SIGNS: dict[str, str] = {
    "FERA 2017 (fera2017)": r"FERA17_[A-Z]{2}_[A-Z]+\d+_T\d+\w*\.(?:csv|mp4)",
    "FERA 2015 (fera2015)": r"rec\d+/[^/]+\.eaf",
    "BP4D or BP4D+ (bp4d, bp4d-plus)": r"[FM]\d{3}_T\d+(?:_AU\d+)?\.csv|[FM]\d{3}/T\d+/\d+\.jpg",
    "DISFA (disfa)": r"[A-Z]+\d+_au\d+\.txt|(?:Left|Right)VideoSN\d+_comp\.avi",
    "DISFA+, which has no reader here": r"[A-Z]+\d+/[^/]*TrailNo[^/]*/AU\d+\.txt",
    "UNBC-McMaster (unbc)": r"[a-z]{2}\d{3}t\d[a-z]+\d{3}(?:_facs\.txt|_aam\.txt|\.png)",
    "CK+ (ckplus)": r"S\d{3}_\d{3}_\d{8}(?:_facs\.txt|_emotion\.txt|_landmarks\.txt|\.png)",
    "GFT (gft)": r"[^/]*\b\d{3}[A-C][^/]*\.(?:csv|mp4|avi)",
    "an export in aulib's plain layout": r"labels\.csv",
}


def not_here(tree: Tree, corpus: str, wanted: str) -> CorpusError:
    """The error to raise when a folder holds no label file of a corpus.

    Parameters
    ----------
    tree : Tree
    corpus : str
        As it stands in `SIGNS`, in brackets: ``disfa``.
    wanted : str
        Which files were looked for, with an example.

    Returns
    -------
    CorpusError
    """
    passed = next((f"; {one}" for one in tree.findings if one.level != "note"), "")
    if not tree.names:
        return CorpusError(f"{tree.root} is empty: {wanted} were looked for{passed}")
    others = {sign: pattern for sign, pattern in SIGNS.items() if corpus not in re.split("[(), ]+", sign)}
    likely = next(((sign, name) for sign, pattern in others.items() for name, _ in tree.match(pattern)), None)
    hint = f"; {likely[1]} looks like {likely[0]}" if likely else f"; it holds {tree.names[0]} and the like"
    wanted = f"{wanted} were looked for in all its folders"
    return CorpusError(f"{tree.root} holds no labels of {corpus}: {wanted}{hint}{passed}")
