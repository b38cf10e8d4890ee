"""Embedded corpora: rendered faces with FACS action units, generated on first use.

==================  =================================================================================
:mod:`face`         a procedural 3D face: people, action units, skin, hair, light, camera
:mod:`labels`       who does what when: AU events calibrated to published statistics
:mod:`corpora`      the corpora: population, recording, tasks
:mod:`synthface.twins`  control twins: the same corpus with one factor changed
:mod:`script`       labels, head motion, gaze and occlusion of every frame, before anything is drawn
:mod:`render`       one person's frames from the script; true masks of an AU
:mod:`cache`        generated when first needed, in parallel, resumable, checksummed
:mod:`gallery`      faces made to order, for figures
==================  =================================================================================
"""

from __future__ import annotations

from synthface.twins import parse

#: Raise it when a generated pixel or label changes: caches and run keys depend on it.
VERSION = 2


def identifier(name: str, frames_per_sequence: int | None, side: int, seed: int) -> str:
    """Name of a variant of an embedded corpus; it holds everything that can change a pixel or a label."""
    base, variant = parse(name)
    return f"{base}-v{VERSION}-s{seed}-{frames_per_sequence or 'all'}x{side}{variant.suffix}"
