"""The page on protocols: fold lists drawn, and five papers side by side.

Everything comes from the registry of protocols, the fold lists and the scripts of the embedded corpora.  Nothing is
rendered and no run is read.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aulib.manifest import entries
from aulib.protocols import (
    PROTOCOLS,
    FoldList,
    Protocol,
    Said,
    fold_list,
    fold_lists,
    numbered,
    protocol,
    split,
)
from aulib.protocols.papers.conflicts import CONFLICTS
from aulib.runs.profiles import profile

COLOURS = {"part1": "#0072B2", "part2": "#E69F00", "part3": "#009E73", "part4": "#CC79A7", "part5": "#56B4E9",
           "train": "#d9d9d9", "validation": "#bdbdbd", "test": "#D55E00"}  # fmt: skip
DARK = {"part1"}  # white letters on it; black ones on the others
PLAIN = '<div class="provenance">{}</div>'


@dataclass
class Wordy(Table):
    """A table of phrases: cells may be broken, and what a paper does not say stands out."""

    width: str = "9em"

    def _repr_html_(self) -> str:
        shown = Table(self.frame.map(_marked), self.caption, self.lines)._repr_html_()
        shown = shown.replace('class="dataframe au-table"', 'class="dataframe au-table au-wordy"')
        style = f"min-width: {self.width}; white-space: normal; text-align: left; vertical-align: top"
        shown = shown.replace('class="row_heading', 'style="min-width: 6em; vertical-align: top" class="row_heading')
        return shown.replace("<td ", f'<td style="{style}" ')


def _marked(words: str) -> str:
    """HTML of a cell: *not stated* in italics, our choice on a line of its own."""
    stated, _, ours = words.partition("; ours: ")
    stated = "<em>not stated</em>" if stated == "not stated" else html.escape(stated)
    return stated + (f"<br><b>ours:</b> {html.escape(ours)}" if ours else "")


def _said(name: str) -> Callable[[Protocol], str]:
    return lambda rule: str(getattr(rule, name))


#: Row of the comparison -> what a protocol says there.
POINTS: dict[str, Callable[[Protocol], str]] = {
    "in": lambda rule: rule.paper,
    "AUs": lambda rule: f"{len(rule.aus)}: {', '.join(map(str, rule.aus))}",
    "positive label": _said("positive"),
    "people": _said("division"),
    "list": lambda rule: rule.lists or "none: people are dealt, or everybody trains",
    "registration": _said("registration"),
    "crop, pixels": _said("crop"),
    "augmentation": _said("augmentation"),
    "training frames": _said("sampling"),
    "initial weights": _said("initial"),
    "decision": _said("decision"),
    "averaging": _said("averaging"),
    "metrics": lambda rule: ", ".join(rule.metrics),
    "conflicts": lambda rule: ", ".join(rule.errata) or "none found",
}
WORDS = ("positive", "division", "registration", "crop", "augmentation", "sampling", "initial", "decision", "averaging")


def fold_picture(corpora: Sequence[str] = ("bp4d", "disfa")) -> Picture:
    """Everybody of some corpora, and the part each public list puts them in."""
    shown = {corpus: [one for one in fold_lists().values() if one.corpus == corpus and one.parts] for corpus in corpora}
    most = max(len(given[0].roster) for given in shown.values())
    figure, axes = plt.subplots(1, len(corpora), figsize=(6.2, 0.17 * most + 0.7), squeeze=False)
    for axis, (corpus, given) in zip(axes[0], shown.items(), strict=True):
        people = sorted(given[0].roster)
        for x, one in enumerate(given):
            for part, names in one.parts.items():
                for name in names:
                    y = people.index(name)
                    axis.add_patch(plt.Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, color=COLOURS[part], lw=0))
                    word = part.removeprefix("part")
                    axis.text(x, y, word, ha="center", va="center", fontsize=8, color="w" if part in DARK else "k")
        heads = ["-".join(word for word in one.name.split("-") if word != corpus) for one in given]
        axis.set(xlim=(-0.5, len(given) - 0.5), ylim=(most - 0.5, -0.5), yticks=range(len(people)), yticklabels=people)
        axis.set_xticks(range(len(given)), [head.replace("three-", "three\n") for head in heads])
        axis.set_title(f"{entries()[corpus].title.split('-')[0]}: {len(people)} people", fontsize=10, pad=10)
        axis.xaxis.tick_top()
        axis.tick_params(length=0, labelsize=8)
        axis.spines[:].set_visible(False)
    figure.tight_layout(w_pad=2)
    alt = "; ".join(
        f"{one.name}: " + ", ".join(f"{part} {len(names)}" for part, names in one.parts.items())
        for given in shown.values()
        for one in given
    )
    caption = "One row a person, one column a list; the number of the part, or training and test of a single division."
    return Picture(figure, f"Who is in which part. {alt}.", [_from_lists()], caption)


def numbering_picture(name: str = "bp4d-three") -> Picture:
    """What fold 1, 2 and 3 test in two public code bases."""
    codes = list(fold_list(name).numbering)
    names = list(fold_list(name).parts)
    figure, axes = plt.subplots(1, len(codes), figsize=(6.2, 2.1), sharey=True)
    for axis, code in zip(axes, codes, strict=True):
        for fold, tested in enumerate(numbered(name, code)):
            for x, part in enumerate(names):
                colour = COLOURS[part] if part == tested else "#eeeeee"
                axis.add_patch(plt.Rectangle((x - 0.47, fold - 0.44), 0.94, 0.88, color=colour, lw=0))
                word, ink = ("tested", "w" if part in DARK else "k") if part == tested else ("trains", "#555555")
                axis.text(x, fold, word, ha="center", va="center", fontsize=9, color=ink)
        axis.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5))
        axis.set_xticks(range(len(names)), [part.replace("part", "part ") for part in names])
        axis.set_yticks(range(len(names)), [f"“fold {k + 1}”" for k in range(len(names))])
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.set_title(code, fontsize=10)
    figure.tight_layout()
    told = "; ".join(f"{code}: folds 1, 2, 3 test {', '.join(numbered(name, code))}" for code in codes)
    return Picture(figure, f"{name} counted two ways. {told}.", [_from_lists()], "The same parts under other numbers.")


def lists() -> Table:
    """Every public list: who is in it, where it stands, how sure we are."""
    rows = {}
    for one in fold_lists().values():
        sizes = " / ".join(str(len(names)) for names in one.parts.values())
        rows[one.name] = {
            "corpus": one.corpus,
            "kind": one.kind,
            "people a part": sizes or _without_parts(one),
            "sure of the names": one.confidence,
            "comparable": "yes" if one.comparable else "no",
            "source": "; ".join(one.sources),
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "list"
    return Wordy(frame, "Subject lists", [_from_lists()], width="5em")


def _without_parts(one: FoldList) -> str:
    if one.kind == "leave-one-out":
        return f"1, {one.folds} times"
    if one.kind == "partition":
        return " / ".join(str(count) for count in one.counts["subjects"].values()) + ", by tag"
    return "by group"


def _from_lists() -> str:
    return PLAIN.format("Names only, from public code and papers; unproven on a copy of the corpora.")


def comparison(corpus: str, task: str = "detection") -> Table:
    """The papers side by side on one corpus: what each states, and what we do where it is silent.

    Parameters
    ----------
    corpus : str
        ``bp4d``, ``disfa``, ``gft``, ``bp4d-plus`` or ``fera2017``.
    task : {'detection', 'intensity'}
    """
    rules = [rule for rule in PROTOCOLS.values() if (rule.corpus, rule.task) == (corpus, task)]
    frame = pd.DataFrame({rule.name: {point: say(rule) for point, say in POINTS.items()} for rule in rules})
    title = entries()[corpus].title if corpus in entries() else corpus
    return Wordy(frame, f"{title}, {task}", [PLAIN.format("Made from the registry of protocols.")])


def silences() -> Table:
    """Which paper says what: each point stated, stated for some of its corpora, or not at all."""
    papers = list(dict.fromkeys(rule.paper.split()[0] for rule in PROTOCOLS.values() if rule.corpus))
    labels = {word: point for point in POINTS for word in WORDS if POINTS[point](_spoken(word)) == word}
    rows = {}
    for word in WORDS:
        cells = []
        for paper in papers:
            stated = [getattr(r, word).words is not None for r in PROTOCOLS.values() if r.paper.split()[0] == paper]
            cells.append("stated" if all(stated) else "in part" if any(stated) else "not stated")
        rows[labels[word]] = cells
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=papers)
    return Wordy(frame, "What the papers say", [PLAIN.format("Made from the registry of protocols.")], width="4em")


def _spoken(word: str) -> Protocol:
    """A protocol that says nothing but the name of one point, to find the row of that point."""
    return Protocol("", "", 1, 2, 0.5, 0, 0, "pooled", "", **{word: Said(word)})  # type: ignore[arg-type]


def conflicts() -> Table:
    """What is not comparable, whose numbers it touches, and what follows."""
    rows = {}
    for name, (found, done) in CONFLICTS.items():
        touched = [rule.name for rule in PROTOCOLS.values() if name in rule.errata]
        rows[name] = {"found": found, "touches": ", ".join(touched), "what follows": done}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    line = provenance.published("The five papers' texts and tables, recounted and compared")
    return Wordy(frame, "Conflicts between protocols, and the numbers that they touch", [line])


def folds_of(corpus: str, rule: str, profile_name: str = "laptop") -> Table:
    """Frames and people of every fold of an embedded corpus."""
    from aubook.pages.corpora import script_of  # brings the renderer along

    budget = profile(profile_name).corpus_options(corpus)
    frames = script_of(corpus, budget["frames_per_sequence"]).frames
    rows = {}
    for fold in range(1, protocol(rule).folds + 1):
        part = split(frames, protocol(rule), fold)
        rows[str(fold)] = {
            side: f"{len(index):,} frames, {frames['subject'].iloc[index].nunique()} people"
            for side, index in (("trains", part.train), ("validates", part.validation), ("tested", part.test))
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "fold"
    line = provenance.generated(f"Counted from the script of {corpus}, profile {profile_name}")
    return Table(frame, f"Folds of {corpus} under {rule}", [line])
