"""Embedded corpora: rendered faces with FACS action units, generated on first use."""

from __future__ import annotations

#: Raise it when a generated pixel or label changes: caches and run keys depend on it.
VERSION = 1


def identifier(name: str, frames_per_sequence: int | None, side: int, seed: int) -> str:
    """Name of a variant of an embedded corpus; it holds everything that can change a pixel or a label."""
    return f"{name}-v{VERSION}-s{seed}-{frames_per_sequence or 'all'}x{side}"
