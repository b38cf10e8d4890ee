"""Runs: what is declared once, made once, and kept as a record that everything else only reads.

================  ======================================================================================
:mod:`methods`    what can be trained, in which stages, by which recipe
:mod:`profiles`   how much is spent on it
:mod:`declaration`  one run by plain values, and the key that it is kept under
:mod:`run`        ``run(declaration) -> record``; :mod:`runners` are what it does for each kind of method
:mod:`results`    the store of records
:mod:`probes`     what else is measured of a network before its weights are gone
================  ======================================================================================
"""
