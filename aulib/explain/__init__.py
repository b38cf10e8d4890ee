"""How a network came to its answer: saliency, embeddings, activation maximization, and numbers that judge each."""
