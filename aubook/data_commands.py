"""What ``python -m aulib data …`` does.  Arguments are parsed in ``aulib.__main__``."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

from aulib import datasets, manifest, paths
from aulib.datasets import copies
from aulib.datasets.readers import READERS
from aulib.errors import AulibError, CorpusError, UnknownName, visible
from aulib.runs.profiles import PROFILES, profile
from synthface import identifier
from synthface.twins import TWINS


def _state(name: str) -> str:
    """Whether a corpus can be loaded here; the one place that says so."""
    if manifest.entry(name).source == "synthetic":
        return "ready to load"
    copy = copies.copy_of(name)
    if copy.path is None and _prepared(name):
        return f"prepared; no copy known here: set {manifest.entry(name).variable}"
    if copy.path is None:
        return f"no copy known here; set {manifest.entry(name).variable}"
    return f"copy at {paths.shown(copy.path)}" + ("" if copy.path.is_dir() else ", which is not there")


def _prepared(name: str) -> list[Path]:
    """Folders of the cache that hold aligned faces of a licensed corpus."""
    return sorted(file.parent for file in paths.corpora().glob(f"{name}-r*/corpus.json"))


def _width() -> int:
    """Columns that a text may take."""
    return max(40, min(100, get_terminal_size((100, 24)).columns))


def list_all(given: Namespace) -> int:
    """One line a corpus."""
    from aubook.pages.corpus_text import listing

    print(listing(manifest.entries().values(), _state))
    return 0


def info(given: Namespace) -> int:
    """Everything the manifest says about a corpus."""
    from aubook.pages.corpus_text import about

    print(about(manifest.entry(given.name), _state(given.name), _width()))
    return 0


def where(given: Namespace) -> int:
    """Folders in use, and the copies of licensed corpora that are known."""
    for name, variable, folder in (
        ("corpora", "AULIB_CORPORA", paths.corpora()),
        ("runs", "AULIB_RUNS", paths.runs()),
        ("references", "AULIB_RESULTS", paths.references()),
        ("your paths", "AULIB_CONFIG", paths.configuration()),
    ):
        print(f"{name:11} {paths.shown(folder):40} {variable}")
    print()
    for name, copy in copies.known().items():
        place = f"{paths.shown(copy.path)} ({copy.told_by})" if copy.path else "–"
        missing = "  NOT THERE" if copy.path and not copy.path.is_dir() else ""
        print(f"{name:11} {place:40} {manifest.entry(name).variable}{missing}")
        for folder in _prepared(name):
            print(f"{'':11} prepared: {paths.shown(folder)}")
        for folder in sorted(paths.corpora().glob(f"{name}-r*.partial")):
            print(f"{'':11} begun: {paths.shown(folder)}")
    return 0


def twins(given: Namespace) -> int:
    """Words that can follow the name of an embedded corpus."""
    for twin in TWINS.values():
        usage = f"+{twin.word}" if twin.low is None else f"+{twin.word}={twin.example:g}"
        span = "" if twin.low is None else f" ({twin.low:g} to {twin.high:g})"
        print(f"{usage:15} {twin.does}{span}")
    return 0


def prepare(given: Namespace) -> int:
    """Generate an embedded corpus, or align a copy of a licensed one."""
    if manifest.entry(given.name).source == "licensed":
        return _align(given)
    _generated(given)
    corpus = datasets.load(given.name, **_size(given), workers=given.workers)
    print(_summary(corpus))
    return 0


def _generated(given: Namespace) -> None:
    """Refuse what only a copy of a licensed corpus can be told."""
    told = {"path": given.path, "--option": given.option, "--align": given.align, "--detector": given.detector}
    for name, value in (told | {"--landmarks": given.landmarks}).items():
        if value:
            raise AulibError(
                f"{given.name} is generated: it takes no {name} (the profile or --side and --frames fix it)"
            )


def _align(given: Namespace) -> int:
    from aulib.datasets import prepared, store, verification

    copy, size = _copy(given), _size(given)
    prepared.check(copy)
    folder = prepared.folder_of(copy, size["frames_per_sequence"], size["side"])
    if store.is_whole(folder) and not given.again and copy.path is not None:
        prepared.path_of(copy)
        if changed := prepared.changes(copy, store.about(folder)):
            raise AulibError(
                f"{paths.shown(folder)} was prepared from other {changed} than {copy.path} has now; "
                f"{prepared.again(copy, folder)} takes the new ones"
            )
        print(f"prepared earlier, from the same labels; to look at the pictures again: "
              f"{prepared.again(copy, folder)}\n")  # fmt: skip
    prepared.prepare(copy, **size, workers=given.workers, again=given.again)
    known = store.about(folder)
    for line in verification.folded(known["findings"], _width()):
        print(line)
    print(_summary(prepared.load(copy, **size)))
    frames = size["frames_per_sequence"]
    print("all frames" if frames is None else f"at most {frames} frames of each sequence; --frames 0 takes all")
    print(f"landmarks by {', '.join(f'{who}: {n:,}' for who, n in known['landmarks_by'].items())}; aligned by "
          f"{known['align']!r}")  # fmt: skip
    _left_out(folder)
    print(f"in {paths.shown(folder)}")
    print(_how_to_load(given, copy, size))
    return 0


def _left_out(folder: Path) -> None:
    """Say how many pictures were left out, and the most frequent reasons."""
    import pandas as pd

    reasons = Counter(pd.read_csv(folder / "left_out.csv", dtype=str, keep_default_na=False)["why"])
    if reasons:
        print(f"left out: {_plural(reasons.total(), 'frame')}; which, and why: {paths.shown(folder / 'left_out.csv')}")
        for why, n in reasons.most_common(3):
            print(f"{'':10}{n:,} × {visible(why)}")


def _how_to_load(given: Namespace, copy: copies.Copy, size: dict) -> str:
    """How Python finds what was just prepared: notebooks only know the name and the profile."""
    usual = copies.copy_of(given.name)
    names = ("align", "detector", "landmarks")
    other: dict[str, Any] = {name: getattr(copy, name) for name in names if getattr(copy, name) != getattr(usual, name)}
    kept = {key: value for key, value in copy.options.items() if key != "skip_broken"}  # which changes no name
    if kept != {key: value for key, value in usual.options.items() if key != "skip_broken"}:
        other["options"] = kept
    if copy.made_by_aulib and not usual.made_by_aulib:
        other["path"] = copy.path  # its name says that it is no real copy
    sizes = [name for name in PROFILES if size in (profile(name).corpus_options(given.name, v) for v in (False, True))]
    if not other and sizes:
        return f"notebooks take it with corpus = {given.name!r} under profile {' or '.join(sizes)}"
    words = {key: str(value) if isinstance(value, Path) else value for key, value in (other | size).items()}
    call = ", ".join(f"{key}={value!r}" for key, value in words.items())
    why = f"{' and '.join(other)} written into {paths.shown(paths.configuration())}" if other else "a profile's size"
    return f"load it with: aulib.datasets.load({given.name!r}, {call}); notebooks want {why}"


def _plural(n: int, word: str) -> str:
    return f"{n:,} {word}" + ("" if n == 1 else "s")


def _summary(corpus) -> str:
    people = _plural(corpus.frames["subject"].nunique(), "subject")
    frames = _plural(len(corpus), "frame")
    return f"{corpus.identifier}: {frames} of {people}, {corpus.side} × {corpus.side} pixels"


def verify(given: Namespace) -> int:
    """Look through a copy of a licensed corpus, or compare a generated one with its checksums."""
    from aulib.datasets import store

    options = _size(given)
    if manifest.entry(given.name).source == "synthetic":
        _generated(given)
        folder = paths.corpora() / identifier(given.name, options["frames_per_sequence"], options["side"], 0)
        if not folder.exists():
            raise AulibError(f"{paths.shown(folder)} is not drawn yet: python -m aulib data prepare {given.name}")
        about = store.verify(folder)
        print(f"{about['identifier']}: all {len(about['sha256'])} files match their checksums")
        return 0
    from aulib.datasets import prepared, readers, verification

    copy = _copy(given)
    prepared.check(copy)
    prepared_folder = prepared.folder_of(copy, options["frames_per_sequence"], options["side"])
    if copy.path is None and store.is_whole(prepared_folder):
        about = store.verify(prepared_folder)
        print(f"{about['identifier']}: all {len(about['sha256'])} files match their checksums")
        return 0
    reading = readers.read(copy.name, prepared.path_of(copy), copy.options)
    print("\n".join(verification.folded(verification.report(reading, copy), _width())))
    return int(bool(reading.findings.of("error")))


def export(given: Namespace) -> int:
    """Write a corpus as files."""
    from aulib.datasets.export import check_folder, plain
    from aulib.datasets.layouts import LAYOUTS

    check_folder(given.folder)
    if given.layout not in (layouts := ["plain", *LAYOUTS]):
        raise UnknownName("layout", given.layout, layouts)
    about, size = manifest.entry(given.name), _size(given)
    if given.masks and given.layout != "plain":
        raise AulibError("--masks belong to the plain layout: no licensed corpus has true masks")
    if about.source == "licensed" and (given.camera or given.masks):
        raise AulibError(f"{given.name} is a real corpus: --camera and --masks exist for embedded ones only")
    if given.layout == "disfa" and about.coding != "intensity":
        raise AulibError(f"{given.name} codes occurrence only; DISFA's layout holds intensities: use layout bp4d")
    paths.writable(given.folder)
    corpus = datasets.load(given.name, **size)
    if given.layout == "plain":
        written = plain(corpus, given.folder, given.limit, camera=given.camera, masks=given.masks)
    else:
        written = LAYOUTS[given.layout](corpus, given.folder, given.limit, camera=given.camera)
    print(f"{written} frames in {paths.shown(given.folder)}")
    return 0


def fetch(given: Namespace) -> int:
    """Download what may be passed on freely."""
    from aulib.datasets.readers import gft_labels

    if given.what != "gft-labels":
        raise UnknownName("download", given.what, ["gft-labels"])
    if given.folder is not None:
        gft_labels.check_folder(given.folder)
        paths.writable(given.folder)
    folder = gft_labels.fetch(given.folder, given.source)
    print(f"in {paths.shown(folder)}; look with: python -m aulib data verify gft {paths.shown(folder)}")
    return 0


def _copy(given: Namespace) -> copies.Copy:
    """The copy that arguments, environment and configuration name."""
    if given.name not in READERS:
        raise UnknownName("reader", given.name, READERS)
    options: dict[str, Any] = {}
    for pair in given.option:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CorpusError(f"--option {pair}: write NAME=VALUE; python -m aulib data info {given.name} lists them")
        options[name] = value
    copy = copies.copy_of(
        given.name, given.path, options, align=given.align, detector=given.detector, landmarks=given.landmarks
    )
    _ = copy.landmark_table  # says if the table that was named is not there, before labels are read
    return copy


def _size(given: Namespace) -> dict:
    """Size of a corpus: the profile's, unless something else was asked for."""
    options = profile(given.profile).corpus_options(given.name, given.video)
    asked = {"side": given.side, "frames_per_sequence": given.frames}
    options |= {key: value for key, value in asked.items() if value is not None}
    if options["frames_per_sequence"] == 0:
        options["frames_per_sequence"] = None  # --frames 0: all
    return options


#: Act of the command line -> what does it.
ACTS: dict[str, Callable[[Namespace], int]] = {
    "list": list_all,
    "info": info,
    "twins": twins,
    "where": where,
    "verify": verify,
    "prepare": prepare,
    "export": export,
    "fetch": fetch,
}
