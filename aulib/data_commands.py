"""What ``python -m aulib data …`` does.  Arguments are parsed in ``aulib.__main__``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from aulib import datasets, manifest, paths
from aulib.datasets import copies
from aulib.datasets.readers import READERS
from aulib.datasets.synthetic import identifier
from aulib.datasets.synthetic.variants import TWINS
from aulib.errors import AulibError, CorpusError, UnknownName
from aulib.profiles import profile


def _state(name: str) -> str:
    """Whether a corpus can be loaded here; the one place that says so."""
    if manifest.entry(name).source == "synthetic":
        return "ready to load"
    copy = copies.copy_of(name)
    if copy.path is None:
        return f"no copy known here; set {manifest.entry(name).variable}"
    return f"copy at {paths.shown(copy.path)}" + ("" if copy.path.is_dir() else ", which is not there")


def list_all(given: Namespace) -> int:
    """One line a corpus."""
    from aulib.report.corpus_text import listing

    print(listing(manifest.entries().values(), _state))
    return 0


def info(given: Namespace) -> int:
    """Everything the manifest says about a corpus."""
    from shutil import get_terminal_size

    from aulib.report.corpus_text import about

    width = max(40, min(100, get_terminal_size((100, 24)).columns))
    print(about(manifest.entry(given.name), _state(given.name), width))
    return 0


def where(given: Namespace) -> int:
    """Folders in use, and the copies of licensed corpora that are known."""
    for name, variable, folder in (
        ("corpora", "AULIB_CORPORA", paths.corpora()),
        ("runs", "AULIB_RUNS", paths.runs()),
        ("references", "AULIB_RESULTS", paths.references()),
        ("your copies", "AULIB_CONFIG", copies.configuration()),
    ):
        print(f"{name:11} {paths.shown(folder):40} {variable}")
    print()
    for name, copy in copies.known().items():
        place = f"{paths.shown(copy.path)} ({copy.told_by})" if copy.path else "–"
        missing = "  NOT THERE" if copy.path and not copy.path.is_dir() else ""
        print(f"{name:11} {place:40} {manifest.entry(name).variable}{missing}")
        for folder in sorted(paths.corpora().glob(f"{name}-r*/corpus.json")):
            print(f"{'':11} prepared: {paths.shown(folder.parent)}")
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
    if given.path is not None:
        raise AulibError(f"{given.name} is generated: it takes no path (the profile or --side and --frames fix it)")
    corpus = datasets.load(given.name, **_size(given), workers=given.workers)
    print(_summary(corpus))
    return 0


def _align(given: Namespace) -> int:
    from aulib.datasets import prepared, store

    copy = _copy(given)
    folder = prepared.prepare(copy, **_size(given), workers=given.workers, again=given.again)
    known = store.about(folder)
    for line in known["findings"]:
        print(line)
    print(_summary(prepared.load(copy, **_size(given))))
    print(f"landmarks by {', '.join(f'{who}: {n:,}' for who, n in known['landmarks_by'].items())}; aligned by "
          f"{known['align']!r}")  # fmt: skip
    if known["left_out"]:
        print(f"left out: {known['left_out']:,} frames; which, and why: {paths.shown(folder / 'left_out.csv')}")
    print(f"in {paths.shown(folder)}; notebooks take it with corpus = {given.name!r}")
    return 0


def _summary(corpus) -> str:
    people = corpus.frames["subject"].nunique()
    return f"{corpus.identifier}: {len(corpus):,} frames of {people} subjects, {corpus.side} × {corpus.side} pixels"


def verify(given: Namespace) -> int:
    """Look through a copy of a licensed corpus, or compare a generated one with its checksums."""
    from aulib.datasets import store

    options = _size(given)
    if manifest.entry(given.name).source == "synthetic":
        folder = paths.corpora() / identifier(given.name, options["frames_per_sequence"], options["side"], 0)
        about = store.verify(folder)
        print(f"{about['identifier']}: all {len(about['sha256'])} files match their checksums")
        return 0
    from aulib.datasets import prepared, readers, verification

    copy = _copy(given)
    prepared_folder = prepared.folder_of(copy, options["frames_per_sequence"], options["side"])
    if copy.path is None and store.is_whole(prepared_folder):
        about = store.verify(prepared_folder)
        print(f"{about['identifier']}: all {len(about['sha256'])} files match their checksums")
        return 0
    reading = readers.read(copy.name, prepared.path_of(copy), copy.options)
    print("\n".join(verification.report(reading, copy)))
    return int(bool(reading.findings.of("error")))


def export(given: Namespace) -> int:
    """Write a corpus as files."""
    from aulib.datasets.export import plain
    from aulib.datasets.layouts import LAYOUTS

    if given.layout != "plain" and given.layout not in LAYOUTS:
        raise UnknownName("layout", given.layout, ["plain", *LAYOUTS])
    corpus = datasets.load(given.name, **_size(given))
    if given.layout == "plain":
        written = plain(corpus, given.folder, given.limit, camera=given.camera, masks=given.masks)
    elif given.masks:
        raise AulibError("--masks belong to the plain layout: no licensed corpus has true masks")
    else:
        written = LAYOUTS[given.layout](corpus, given.folder, given.limit, camera=given.camera)
    print(f"{written} frames in {given.folder}")
    return 0


def fetch(given: Namespace) -> int:
    """Download what may be passed on freely."""
    from aulib.datasets import gft_labels

    if given.what != "gft-labels":
        raise UnknownName("download", given.what, ["gft-labels"])
    folder = gft_labels.fetch(given.folder, given.source)
    print(f"in {paths.shown(folder)}; look with: python -m aulib data verify gft {paths.shown(folder)}")
    return 0


def _copy(given: Namespace):
    """The copy that arguments, environment and configuration name."""
    if given.name not in READERS:
        raise UnknownName("reader", given.name, READERS)
    options: dict[str, Any] = {}
    for pair in given.option:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CorpusError(f"--option {pair}: write NAME=VALUE; python -m aulib data info {given.name} lists them")
        options[name] = value
    return copies.copy_of(
        given.name, given.path, options, align=given.align, detector=given.detector, landmarks=given.landmarks
    )


def _size(given: Namespace) -> dict:
    """Size of a corpus: the profile's, unless something else was asked for."""
    options = profile(given.profile).corpus_options(given.name)
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
