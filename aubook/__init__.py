"""The book: everything a reader sees, as a function of what the runs of :mod:`aulib` recorded.

It imports :mod:`aulib`; never the other way round, but for the door ``python -m aulib``.
"""
