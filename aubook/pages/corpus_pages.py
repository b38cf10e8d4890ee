"""Pages of the corpora, made from the manifest and from nothing else.

``workflow/stage.py`` writes :func:`page` of every entry into the stage as ``book/corpora/NAME.md``, and :func:`table`
beside them, which ``book/corpora/index.md`` includes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from aulib.aus import AUS
from aulib.datasets.readers import READERS, reader
from aulib.datasets.reading.recording import COMMON
from aulib.manifest import Confidence, Entry, Fact, entries, stands_in_for

#: Where the pages lead, seen from ``book/corpora``.
ATLAS = "../../notebooks/facs.ipynb"
PROTOCOLS = "../../notebooks/protocols.ipynb"
SYNTHETIC = "../../notebooks/synthetic.ipynb"
REALISM = "../../notebooks/realism.ipynb"

_HEADING = {
    True: ("corpus", "people", "coded frames", "AUs", "with intensity"),
    False: ("corpus", "people", "AUs", "with intensity", "stands in for"),
}


def facts(entry: Entry) -> list[tuple[str, str, Fact | None]]:
    """(label, value, how sure it is) of what can be said of a corpus in a few words; what is not known is left out."""
    codes = "0 to 5" if entry.coding == "intensity" else "absent or present"
    unknown = ", ".join(map(str, entry.unknown_codes)) or "no code for it"
    passing_on = entry.redistribution
    rows = [
        ("people", str(entry.subjects), "subjects"),
        ("groups", str(entry.groups or ""), "groups"),
        ("sequences", f"{entry.sequences:,}", "sequences"),
        ("coded frames", f"{entry.frames:,}" if entry.frames else "not known" if entry.facts else "", "frames"),
        ("frames a second", f"{entry.frame_rate:g}", "frame_rate"),
        ("media", entry.media, "media"),
        ("size", entry.size_of_media or "", "size_of_media"),
        ("action units", named(entry.aus), "aus"),
        ("coding", codes, "coding"),
        ("with intensity", named(entry.intensity_aus), "intensity_aus"),
        ("unknown in files", unknown if entry.source == "licensed" else "", "unknown_codes"),
        ("licence", entry.licence, "licence"),
        (
            "redistribution",
            f"media: {passing_on.media}; labels: {passing_on.labels}. {passing_on.note}" if passing_on else "",
            "redistribution",
        ),
        ("access", entry.access, "access"),
    ]
    return [(label, value, entry.facts.get(key)) for label, value, key in rows if value]


def named(aus: Iterable[int]) -> str:
    """``1 inner brow raiser, 2 outer brow raiser``."""
    return ", ".join(f"{au} {AUS[au].name}" for au in aus)


def own_copy(entry: Entry) -> str:
    """The commands with which the holder of a copy starts."""
    folder = f"/data/{entry.name}"
    return (
        f"python -m aulib data verify {entry.name} {folder}\n"
        f"python -m aulib data prepare {entry.name} {folder}\n"
        f"export {entry.variable}={folder}"
    )


def options(entry: Entry) -> list[tuple[str, str, str]]:
    """(name, default, what it does) of every option of the reader; none for an embedded corpus."""
    if entry.source != "licensed" or entry.name not in READERS:
        return []
    every = {**reader(entry.name).options, **COMMON}
    return [(name, str(one.default).lower() or "empty", one.words) for name, one in every.items()]


def page(entry: Entry) -> str:
    """The page of one corpus.

    Parameters
    ----------
    entry : Entry
        Of the manifest.

    Returns
    -------
    str
        MyST Markdown, to stand in ``book/corpora``.
    """
    parts = _licensed(entry) if entry.source == "licensed" else _embedded(entry)
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def table(known: Mapping[str, Entry] | None = None) -> str:
    """Two tables for the index: the licensed corpora, and the embedded ones."""
    known = entries() if known is None else known
    parts = []
    for licensed, words in ((True, "The corpora of the field"), (False, "The embedded corpora")):
        lines = [f"## {words}", "", _row(_HEADING[licensed])]
        lines.append(_row(["---", *["--:"] * 3, "--:" if licensed else "---"]))
        for one in known.values():
            if (one.source == "licensed") is not licensed:
                continue
            levels = len(one.aus) if one.coding == "intensity" else len(one.intensity_aus)
            numbers = [str(one.subjects), str(len(one.aus)), str(levels or "–")]
            if licensed:
                numbers.insert(1, f"{one.frames:,}" if one.frames else "–")
            else:
                numbers.append(", ".join(f"[{other}]({other}.md)" for other in stands_in_for(one.name)) or "–")
            lines.append(_row([f"[{one.title}]({one.name}.md)", *numbers]))
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(entry: Entry) -> Iterator[str]:
    yield f"# {entry.title}"
    year = f" · {entry.year}" if entry.year else ""
    yield f'<span class="badge-{entry.source}">{entry.source}</span> `{entry.name}`{year}'
    yield entry.summary


def _licensed(entry: Entry) -> Iterator[str]:
    yield from _head(entry)
    yield (
        ":::{warning}\nNobody of this project holds this corpus. What stands here was gathered from official "
        "documents, papers and public readers; marks say [how sure](#how-sure) we are of it. "
        + ("" if entry.proven else "**Our reader is unproven on the real data.** ")
        + "No number printed in this edition was measured on it.\n:::"
    )
    yield from _facts(entry)
    yield "## How to ask for it"
    yield "\n".join(f"{number}. {_flat(step)}" for number, step in enumerate(entry.steps, 1))
    yield from _use(entry)
    if every := options(entry):
        yield "## Options of the reader"
        yield (
            "Behind a command as `--option NAME=VALUE`, in `corpora.yaml` under `options`; defaults are in brackets."
        )
        yield "\n".join(f"`{name}` ({default})\n: {_flat(words)}\n" for name, default, words in every)
    yield "## Layouts that are recognised"
    yield "Folders are found by the names of their files, at any depth below the folder that you name."
    for layout in entry.layouts:
        yield _example(layout.name, layout.confidence, layout.tree, layout.note)
    yield "## What a label file looks like"
    yield "Every line below is made up. It shows the format, and holds nobody's data."
    for sample in entry.samples:
        yield _example(sample.name, sample.confidence, sample.text, sample.note)
    if entry.defects:
        yield "## Known defects, and what the reader does"
        yield "\n".join(
            f"- {_flat(one.what)} {_mark(one.confidence)}\n\n  *Here:* {_lower(_flat(one.handled))}\n"
            for one in entry.defects
        )
    yield "## Usual protocols"
    yield "\n".join(f"- {_flat(words)}" for words in entry.protocols)
    yield f"How this project divides people into training and test is on the page on [protocols]({PROTOCOLS})."
    yield "## Without a copy"
    yield _without(entry)
    yield "## To cite"
    yield "Work that uses the corpus cites " + _and(f"{{cite:t}}`{key}`" for key in entry.citations) + "."


def _facts(entry: Entry) -> Iterator[str]:
    yield "## Facts"
    lines = ["```{list-table}", ":stub-columns: 1", ":widths: 24 76", ":class: au-facts", ""]
    for label, value, fact in facts(entry):
        if label == "action units":
            label = f"[action units]({ATLAS})"
        text = _flat(value).rstrip(".")
        if fact is not None:
            text += (f"; {_flat(fact.note)}" if fact.note else "") + f" {_mark(fact.confidence)}"
        lines += [f"* - {label}", f"  - {text}"]
    yield "\n".join([*lines, "```"])


def _use(entry: Entry) -> Iterator[str]:
    yield "## Use your own copy"
    yield f"```bash\n{own_copy(entry)}\n```"
    yield (
        "The first line says which layout is recognised and what is odd; the second finds, crops and aligns the faces, "
        "once; with the third, everything else finds the copy in this session. "
        f'In a notebook set the parameter `corpus = "{entry.name}"`; in Python call '
        f'`aulib.datasets.load("{entry.name}")`. In place of the variable, an entry in `corpora.yaml` will do; '
        "`python -m aulib data where` prints where that file belongs."
    )
    yield f"```yaml\n{entry.name}:\n  path: /data/{entry.name}\n```"
    yield (
        "Your folder is only read. Prepared faces go to the cache of aulib, on this machine; nothing is uploaded. "
        "[Running the book](#own-copy) has the rest, also for those who hold labels alone."
    )


def _without(entry: Entry) -> str:
    if entry.stand_in is None:
        return "No embedded corpus takes its place."
    title = entries()[entry.stand_in].title
    note = f" {_flat(entry.stand_in_note)}" if entry.stand_in_note else ""
    return (
        f"The embedded corpus [{title}]({entry.stand_in}.md) takes its place.{note} What is measured there is "
        "never a result on people."
    )


def _embedded(entry: Entry) -> Iterator[str]:
    yield from _head(entry)
    yield f":::{{note}}\n**What it cannot tell.** {_flat(entry.limits or '')}\n:::"
    yield from _facts(entry)
    yield "## Make it"
    yield (
        f"```bash\npython -m aulib data prepare {entry.name}\npython -m aulib data verify {entry.name}\n"
        f"python -m aulib data export {entry.name} FOLDER --limit 200\n```"
    )
    yield (
        "The first line draws it now rather than at first use, the second compares the files with their checksums, the "
        "third writes frames as PNG and labels as CSV."
    )
    yield (
        f'In Python: `aulib.datasets.load("{entry.name}")`. A word behind the name makes a control twin, in which one '
        f'factor is changed, such as `"{entry.name}+ind"`; `python -m aulib data twins` lists them.'
    )
    yield "## Whose place it takes"
    real = [f"[{one.title}]({one.name}.md)" for name in stands_in_for(entry.name) if (one := entries()[name])]
    yield (
        f"It stands in for {_and(real)} where nobody has a copy. " if real else "It stands in for no real corpus. "
    ) + "Results on it are never replications of results on people."
    for name in stands_in_for(entry.name):
        if note := entries()[name].stand_in_note:
            yield f"For {entries()[name].title}: {_flat(note)}"
    yield "## More"
    yield (
        f"[Who is in the embedded corpora]({SYNTHETIC}) shows faces and statistics; [how real they are]({REALISM}) "
        "measures the gap."
    )


def _example(name: str, confidence: Confidence, text: str, note: str) -> str:
    after = f"\n\n{_flat(note)}" if note else ""
    return f"**{_flat(name)}** {_mark(confidence)}\n\n```text\n{text.rstrip()}\n```{after}"


def _mark(confidence: Confidence) -> str:
    return f'<span class="au-sure">{confidence}</span>'


def _flat(words: str) -> str:
    return " ".join(words.split())


def _lower(words: str) -> str:
    """First letter small, unless the first word is a name such as AU or FACS."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
