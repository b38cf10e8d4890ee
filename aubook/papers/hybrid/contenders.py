"""Contender: a method under one setting with all of its runs that exist; what is compared, and how it is judged."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from aubook import advice, papers
from aubook.engine import provenance
from aubook.papers.drml import scores
from aubook.papers.hybrid.common import Interval, tested
from aubook.papers.hybrid.decisions import NOT_RUN
from aubook.papers.hybrid.people import Measure, Scored, concatenated
from aubook.papers.hybrid.resampling import draws, interval
from aubook.papers.hybrid.runs import label
from aubook.study import Study
from aulib.corpus import name_of
from aulib.metrics import mean_of_defined
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.methods import METHODS
from aulib.runs.results import Record

#: Corpus and number of folds of Tables 1 and 2, in the order of the paper.
SETTINGS = (("gft", 3), ("gft", 10), ("bp4d", 3), ("bp4d", 10))
CORPUS = {"gft": "GFT", "bp4d": "BP4D"}

COLOURS = {
    "always": "#bbbbbb",
    "svm-hog": "#777777",
    "svm-fc7": "#56B4E9",
    "anet": "#E69F00",
    "smoothed": "#009E73",
    "lstm": "#0072B2",
    "hybrid": "#D55E00",
}


#: So many missing runs are named, the others counted.
NAMED = 16


@dataclass
class Contender:
    """One method, or something made of its scores, on the tested frames of one setting.

    Parameters
    ----------
    name, title : str
    records : list of Record
        Behind it; empty if nothing was run.
    seeds : dict of int to Scored
        Tested frames of all folds, by seed of the training.
    lacks : tuple of str
        Labels of its runs that are declared under this study and not recorded.
    """

    name: str
    title: str
    records: list[Record] = field(default_factory=list)
    seeds: dict[int, Scored] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()

    @property
    def undertrained(self) -> bool:
        """Whether a network behind it did not converge within its budget."""
        return any(scores.training_state(record) == "undertrained" for record in self.records)

    @property
    def head(self) -> str:
        """Title, with what a reader must know before comparing."""
        return f"{self.title}{'' if self.seeds else ' (not run)'}{' (undertrained)' if self.undertrained else ''}"

    @property
    def people(self) -> np.ndarray:
        """Everybody it was tested on."""
        return np.unique(np.concatenate([one.people for one in self.seeds.values()]))

    @property
    def aus(self) -> tuple[int, ...]:
        """AUs that it tells."""
        return next(iter(self.seeds.values())).tested.aus if self.seeds else ()

    def per_au(self, measure: Measure) -> dict[int, float]:
        """A measure in percent by AU: mean over folds, then over seeds."""
        if not self.seeds:
            return {}
        values = self.resampled(measure, self.people, np.ones((1, len(self.people))))[0]
        return dict(zip(self.aus, values.tolist(), strict=True))

    def samples(self, measure: Measure, people: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Mean over AUs on every resample, shape (R,); see :func:`~aubook.papers.hybrid.resampling.draws`."""
        return mean_of_defined(self.resampled(measure, people, weights), axis=1)

    def mean(self, measure: Measure) -> Interval | None:
        """Mean over AUs with its interval over subjects; None if nothing was run."""
        return interval(self.samples(measure, *draws(self.people))) if self.seeds else None

    def resampled(self, measure: Measure, people: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """A measure by AU on every resample, shape (R, A)."""
        return np.mean([one.values(measure, people, weights) for one in self.seeds.values()], axis=0)


def contender(study: Study, method: str, corpus: str, folds: int) -> Contender:
    """A row of Tables 1 and 2, with those of its folds and seeds that were run."""
    declared = papers.declarations("hybrid", study)
    wanted = (label(method, corpus, folds, fold, seed) for seed in study.seeds for fold in range(1, folds + 1))
    return _of(method, METHODS[method].title, (declared[name] for name in wanted if name in declared))


def named(study: Study, name: str, title: str) -> Contender:
    """A run beside the tables, by its label."""
    declared = papers.declarations("hybrid", study)
    return _of(name, title, [declared[name]] if name in declared else [])


def _of(name: str, title: str, wanted: Iterable[Declaration]) -> Contender:
    found = [(run.label, results.find(run)) for run in wanted]
    records = [record for _, record in found if record is not None]
    seeds = {seed: joined(group) for seed, group in scores.by_seed(records).items()}
    return Contender(name, title, records, seeds, tuple(label for label, record in found if record is None))


def joined(records: Sequence[Record]) -> Scored:
    """Tested frames of several folds of one training; read once a session, with all that is counted in them."""
    return _joined(tuple((record, record.digest) for record in records))


@lru_cache(maxsize=64)
def _joined(records: tuple[tuple[Record, str], ...]) -> Scored:
    parts = []
    for record, _ in records:
        declared = record.about["declaration"]
        given = tested(record, name_of(declared["corpus"]), declared["protocol"]["threshold"])
        parts.append(Scored(given, np.full(len(given.frame), declared["fold"])))
    return concatenated(parts)


def aligned(*contenders: Contender) -> list[Contender]:
    """The same contenders on the seeds, AUs and frames that all of them have, row by row the same frames.

    Without a common seed or frame they come back empty, as if they had not been run.
    """
    out = [replace(one, seeds={}) for one in contenders]
    shared = set.intersection(*(set(one.seeds) for one in contenders))
    for seed in sorted(shared):
        given = [one.seeds[seed] for one in contenders]
        aus = tuple(au for au in given[0].tested.aus if all(au in other.tested.aus for other in given))
        places = [np.stack([one.fold, one.tested.video, one.tested.frame], axis=1) for one in given]
        if all(np.array_equal(places[0], other) for other in places[1:]):
            rows = [slice(None)] * len(given)
        else:
            sets = [list(map(tuple, place.tolist())) for place in places]
            common = set.intersection(*map(set, sets))
            rows = [np.array([row for row, where in enumerate(own) if where in common], int) for own in sets]
        if not aus or not len(places[0][rows[0]]):
            continue
        for one, scored, kept in zip(out, given, rows, strict=True):
            whole = isinstance(kept, slice) and scored.tested.aus == aus  # then it keeps what was counted in it
            one.seeds[seed] = scored if whole else scored.at(kept).of(aus)
    return out


def difference(first: Contender, second: Contender, measure: Measure = "f1", level: float = 0.95) -> Interval | None:
    """Mean over AUs of the first minus the second, on the same frames of the same people; None if either is missing."""
    a, b = aligned(first, second)
    if not a.seeds:
        return None
    drawn = draws(a.people)
    return interval(a.samples(measure, *drawn) - b.samples(measure, *drawn), level)


def ahead(first: Contender, second: Contender, measure: Measure = "f1") -> tuple[int, int] | None:
    """On how many AUs the first is above the second, and on how many both have a value."""
    a, b = aligned(first, second)
    if not a.seeds:
        return None
    own, other = (np.array(list(one.per_au(measure).values())) for one in (a, b))
    known = ~np.isnan(own + other)
    return int((own[known] > other[known]).sum()), int(known.sum())


def everywhere(first: Contender, second: Contender, measure: Measure = "f1") -> float | None:
    """In which share of resamples the first is above the second on every AU that has a value; None if not run."""
    a, b = aligned(first, second)
    if not a.seeds:
        return None
    drawn = draws(a.people)
    lead = a.resampled(measure, *drawn)[1:] - b.resampled(measure, *drawn)[1:]
    return float(((lead > 0) | np.isnan(lead)).all(axis=1).mean())


def judged(word: str, *involved: Contender) -> str:
    """A verdict, withdrawn where a network behind it did not converge."""
    bad = [one.title for one in involved if one.undertrained]
    return f"not judged: {', '.join(dict.fromkeys(bad))} undertrained" if bad and word != NOT_RUN else word


def used(*contenders: Contender) -> list[Record]:
    """Records behind several contenders, each once."""
    return list({record.key: record for one in contenders for record in one.records}.values())


def note(words: str) -> str:
    """A remark under a table, as HTML."""
    return f'<div class="au-note">{html.escape(words)}</div>'


def pretraining_note(*contenders: Contender) -> list[str]:
    """A remark where networks did not begin with random weights, or nothing: they saw more faces than their rivals."""
    began = [record for record in used(*contenders) if "init_from" in record.about["declaration"]]
    names = [METHODS[record.about["declaration"]["method"]].title for record in began]
    if not names:
        return []
    return [
        note(
            f"Under this profile {', '.join(dict.fromkeys(names))} began with weights learnt on drawn faces of other "
            "people, which an SVM on HOG never saw; LSTM, Hybrid and ANet^T are built on such an ANet. The paper does "
            "not say where its own networks began."
        )
    ]


def missing(study: Study, *contenders: Contender) -> list[str]:
    """A remark that names the runs that are missing, or nothing."""
    lacking = list(dict.fromkeys(label for one in contenders for label in one.lacks))
    # what has no run of its own to wait for: something made of another's scores, or not part of this study
    names = dict.fromkeys(one.title for one in contenders if not one.seeds and not one.lacks)
    if not lacking and not names:
        return []
    more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
    said = "; ".join(part for part in (", ".join(lacking[:NAMED]) + more, ", ".join(names)) if part)
    return [note(f"Not run under profile {study}: {said}. Run `{advice.to_run(study, 'hybrid')}`.")]


def provenance_footer(contenders: Sequence[Contender], words: str = "") -> str:
    """Provenance of everything that went into a table or figure, one line for each number of folds."""
    groups: dict[int, list[Record]] = {}
    for record in used(*contenders):
        groups.setdefault(record.about["declaration"]["protocol"]["folds"], []).append(record)
    lines = [provenance.line(group) for _, group in sorted(groups.items())] or [provenance.line([])]
    return "".join(lines) + (note(words) if words else "")
