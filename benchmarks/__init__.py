"""Speed, measured as ratios of CPU time side by side in one process; see ``run.py``."""
