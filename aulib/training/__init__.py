"""How a network is trained: the loop, its inputs, its checkpoints, and the recipes that the loop follows."""
