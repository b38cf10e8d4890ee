"""Pages that belong to no single paper: corpora, faces, alignment, protocols, metrics, status."""
