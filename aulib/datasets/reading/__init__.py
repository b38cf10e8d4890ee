"""Reading a folder that somebody got from a corpus' owners: never written to, never believed without a look.

=================  ==================================================================================
:mod:`findings`    what was noticed on the way: errors, warnings and notes, each with file and line
:mod:`tree`        every file below one root, and nothing outside it; members of zip archives too
:mod:`tables`      small text tables of numbers, with the line and the cell that is wrong
:mod:`columns`     tables whose columns are not known beforehand
:mod:`codes`       the corpora's codes to ours: 9, 999 and -1 are UNKNOWN, never absent
:mod:`media`       pictures by frame number: folders of images, videos
:mod:`points`      landmarks by frame number: text and MATLAB files, one table for all
:mod:`pictures`    folders of numbered pictures
:mod:`matching`    which picture belongs to which label: by number, where that leaves no doubt
:mod:`au_files`    corpora with a file for each AU, joined into one table
:mod:`listed`      label files that list the AUs that are present, and nothing else
:mod:`signs`       by what a folder of each corpus is known, for the message that it is not this one
:mod:`recording`   what a reader returns: recordings of people, and how they were found
=================  ==================================================================================

Two more rooms are shared by one family, BP4D, BP4D+ and FERA 2015:

=====================  ==============================================================================
:mod:`occurrence_csv`  their tables of occurrence and intensity
:mod:`bp4d_family`     their folders, old and new, and a sequence's table beside its pictures
=====================  ==============================================================================

A reader (``aulib/datasets/readers/bp4d.py`` and its neighbours) knows one corpus; the other rooms know none.
"""
