"""aulib: the code behind a reproducible companion to five papers on facial action units.

Importing the package is light: neither torch nor matplotlib is loaded until something needs them.
"""

__version__ = "0.2.0.dev0"
