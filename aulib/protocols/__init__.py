"""Protocols: who is trained and tested on what, which frames are drawn, and how scores are averaged.

The five papers use the same corpora with different folds, thresholds and averages, so none of that is a default
hidden in code: a :class:`Protocol` states it and every record and table repeats it.

==============  =======================================================================================
``terms``       what a protocol says: :class:`Protocol`, and :class:`Said` for a point on which a paper may be silent
``papers``      the protocols of the five papers, and our own
``rules``       the registry ``PROTOCOLS``, :func:`protocol`, and what of a protocol enters a run's key
``folds``       the public subject lists (``folds.yaml``), and how often AUs occur in their parts
``division``    :func:`split`: training, validation and test of a fold
``sampling``    which frames of a fold are drawn
==============  =======================================================================================
"""

from aulib.protocols.division import Split, group_of, parts, split
from aulib.protocols.folds import FoldList, fold_list, fold_lists, numbered, part_rates
from aulib.protocols.rules import PROTOCOLS, key_fields, protocol
from aulib.protocols.sampling import one_to_two, sample_frames
from aulib.protocols.terms import Protocol, Said

__all__ = [
    "PROTOCOLS",
    "FoldList",
    "Protocol",
    "Said",
    "Split",
    "fold_list",
    "fold_lists",
    "group_of",
    "key_fields",
    "numbered",
    "one_to_two",
    "part_rates",
    "parts",
    "protocol",
    "sample_frames",
    "split",
]
