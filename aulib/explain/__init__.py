"""How a network came to its answer: saliency, and numbers that say how well a map fits a facial region."""
