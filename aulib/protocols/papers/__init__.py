"""The protocols of the five papers, one file a paper, and our own.

What a paper states stands with its section; where it is silent stands what we do.  Sizes are in pixels of the
registered face.
"""
