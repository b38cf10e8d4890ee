"""How real are the embedded corpora: other people's programs, image statistics, and the checks of admission.

Pure functions of recorded runs and of two small files.  A run that is missing shows as an empty cell that says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook import papers
from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import AVERAGE, EMPTY, Table
from aubook.papers.corpora import CALIBRATED, PROBE
from aubook.study import Study
from aulib import metrics, paths
from aulib.aus import UNKNOWN
from aulib.corpus import Corpus
from aulib.protocols import protocol
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.results import Record

NOT_RUN = "not run"
MET, MISSED = "met", "not met"

#: AUs whose signs lie in the skin as much as in the outline: here pictures must beat landmarks.
IN_THE_SKIN = (6, 9, 14, 17)


# -- What programs that never saw our renderer make of it --


def _figures() -> list[dict]:
    """What ``benchmarks/third_parties.py`` recorded; empty if it has not been run."""
    file = paths.references() / "third_parties.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def _by_au(figures: list[dict]) -> dict[tuple[int, str], dict]:
    """Figures that are about one AU, as a third party sees it: (AU, what) -> figure."""
    found = {}
    for figure in figures:
        if match := re.match(r"(?:mesh|one side): AU(\d+) (.*)", figure["name"]):
            found[int(match[1]), match[2]] = figure
    return found


def _reached(figure: dict) -> bool:
    wanted, value = figure["threshold"], float(figure["value"])
    return bool(value <= wanted if figure["at_most"] else value >= wanted)  # NaN reaches nothing


def _recorded_line(figures: list[dict]) -> list[str]:
    if not figures:
        note = "No figures recorded: benchmarks/third_parties.py writes results/third_parties.json."
        return [f'<div class="provenance">{note}</div>']
    versions = ", ".join(sorted({str(figure["version"]) for figure in figures}))
    return [provenance.generated(f"results/third_parties.json, generator version {versions}")]


def third_parties() -> Table:
    """Figures of detectors that were made for photographs, beside the thresholds they were to reach."""
    figures, caption = _figures(), "Programs made for photographs, on embedded faces"
    rows = []
    for figure in figures:
        if re.search(r": AU\d+ ", figure["name"]):
            continue
        wanted = figure["threshold"]
        rows.append(
            {
                "figure": figure["name"],
                "verdict": "" if wanted is None else MET if _reached(figure) else MISSED,
                "value": f"{figure['value']:.3f}",
                "demanded": "reported only"
                if wanted is None
                else f"{'at most' if figure['at_most'] else 'at least'} {wanted:g}",
                "n": str(figure["n"]),
            }
        )
    if not rows:
        rows = [{"figure": "all figures", "value": NOT_RUN}]
    frame = pd.DataFrame(rows).set_index("figure")
    judged = [figure for figure in figures if figure["threshold"] is not None and not figure["name"].startswith("ours")]
    words = f"{caption}: {sum(map(_reached, judged))} of {len(judged)} thresholds reached, single AUs counted"
    return Table(frame, words if judged else caption, _recorded_line(figures))


def third_parties_by_au() -> Table:
    """What the landmark detector sees of each AU, and how much of it shows on the other side of the face."""
    figures = _figures()
    found = _by_au(figures)
    columns = {
        "moves as FACS says, share of people": "moves the FACS way",
        "demanded": "demanded",
        "steps of the median that rise": "median rises at each step",
        "rank correlation with intensity": "rank correlation with intensity",
        "shows on the other side": "leak of pixels",
    }
    rows = {}
    for au in sorted({au for au, _ in found}):
        row: dict[str, float | str] = {}
        for title, what in columns.items():
            if what == "demanded":
                figure = found.get((au, "moves the FACS way"))
                row[title] = (
                    EMPTY if figure is None else f"{figure['threshold']:g}: {MET if _reached(figure) else MISSED}"
                )
            else:
                figure = found.get((au, what))
                row[title] = EMPTY if figure is None else f"{figure['value']:.2f}"
        rows[str(au)] = row
    frame = pd.DataFrame.from_dict(rows or {"all": {"all figures": NOT_RUN}}, orient="index").rename_axis("AU")
    return Table(frame, "Single AUs, one at a time, as a landmark detector sees them", _recorded_line(figures))


def texture(faces: np.ndarray, side: int = 200) -> Picture:
    """Spectral slope and gradient kurtosis of embedded faces beside those of a photograph of a person.

    Parameters
    ----------
    faces : ndarray of uint8, shape (n, side, side, 3)
    side : int
    """
    from skimage.data import astronaut

    from aulib.datasets.alignment import align_photograph
    from synthface.realism import gradient_kurtosis, spectral_slope

    photograph = align_photograph(astronaut(), side)
    figure, axes = plt.subplots(1, 2, figsize=(6.2, 2.2), gridspec_kw={"wspace": 0.3})
    words = []
    for axis, function, name in (
        (axes[0], spectral_slope, "spectral slope"),
        (axes[1], gradient_kurtosis, "gradient kurtosis"),
    ):
        ours = np.array([function(face) for face in faces])
        theirs = function(photograph)
        axis.hist(ours, bins=20, color="#D55E00")
        axis.axvline(theirs, color="#333333", lw=2)
        axis.set(xlabel=name, ylabel="frames")
        axis.set_title(f"photograph {theirs:.2f}, ours {np.median(ours):.2f}", fontsize=9)
        words.append(f"{name} {theirs:.2f} in the photograph, {np.median(ours):.2f} in the middle of our frames")
    line = provenance.generated(f"{len(faces)} rendered frames; line: scikit-image's public-domain photograph")
    return Picture(figure, "; ".join(words) + ".", [line], "Bars: our frames. Line: one photograph.")


# -- Records --


@dataclass(frozen=True)
class Outcome:
    """What a run said of its test frames: scores (n, A), codes (n, A), and the AUs of the columns."""

    scores: np.ndarray
    codes: np.ndarray
    aus: tuple[int, ...]
    threshold: int

    def auc(self, low: Callable[[np.ndarray], np.ndarray] | None = None) -> pd.Series:
        """AUC of each AU; `low` restricts the frames by their codes."""
        keep = self.codes != UNKNOWN if low is None else low(self.codes)
        truth = np.where(keep, self.codes >= self.threshold, UNKNOWN).astype(np.int8)
        return pd.Series(metrics.auc(truth, self.scores), index=list(self.aus))


def _runs(study: str | Study) -> dict[str, tuple[Declaration, Record | None]]:
    declared = papers.declarations("corpora", study)
    return {label: (declaration, results.find(declaration)) for label, declaration in declared.items()}


def outcome(declaration: Declaration, record: Record) -> Outcome:
    """Scores and codes of the corpus that a run was trained on."""
    arrays = record.arrays(declaration.corpus)
    aus = tuple(int(au) for au in arrays["aus"])
    return Outcome(
        arrays["scores"].astype(np.float32),
        arrays["codes"].astype(np.int8),
        aus,
        protocol(declaration.protocol).threshold,
    )


def hidden(declaration: Declaration, record: Record) -> pd.Series:
    """AUC of each AU on faces without that AU's region."""
    own, probe = outcome(declaration, record), record.arrays("probe-hidden-region")
    return Outcome(probe["scores"].astype(np.float32), own.codes[probe["rows"]], own.aus, own.threshold).auc()


def _over(runs: dict, start: str, value: Callable[[Declaration, Record], pd.Series]) -> pd.DataFrame:
    """One column a recorded run whose label begins so; empty if there is none."""
    return pd.DataFrame(
        {label: value(*pair) for label, pair in runs.items() if label.startswith(start) and pair[1] is not None}
    )


def _auc(declaration: Declaration, record: Record) -> pd.Series:
    return outcome(declaration, record).auc()


def _second_level(declaration: Declaration, record: Record) -> pd.Series:
    return outcome(declaration, record).auc(lambda codes: (codes == 0) | (codes == 2))


def _line(runs: dict, labels: Sequence[str]) -> list[str]:
    found = [record for label, (_, record) in runs.items() if record is not None and label in labels]
    missing = [label for label in labels if runs[label][1] is None]
    return [provenance.line(found, f"not run: {', '.join(missing)}" if missing and found else "")]


def probe_table(study: str | Study) -> Table:
    """AU by AU on the probe set: from pictures, from landmarks, and with the AU's region hidden."""
    from aulib.manifest import entry

    runs = _runs(study)
    aus = entry(PROBE).aus
    image, marks = _over(runs, "image-seed", _auc), _over(runs, "landmarks-seed", _auc)
    parts = {
        "CNN": image.mean(axis=1),
        "CNN, worst seed": image.min(axis=1),
        "landmarks": marks.mean(axis=1),
        "landmarks, linear": _over(runs, "linear-seed", _auc).mean(axis=1),
        "CNN − landmarks": image.mean(axis=1) - marks.mean(axis=1) if len(image) and len(marks) else None,
        "level 2 against 0": _over(runs, "image-seed", _second_level).mean(axis=1),
        "region hidden": _over(runs, "image-seed", hidden).mean(axis=1),
        "labels shuffled": _over(runs, "image-shuffled", _auc).mean(axis=1),
    }
    frame = pd.DataFrame(index=pd.Index([str(au) for au in aus] + [AVERAGE], name="AU"))
    for name, column in parts.items():
        if column is None or not len(column):
            frame[name] = NOT_RUN
        else:
            values = column.reindex(list(aus))
            frame[name] = [*values, values.mean()]
    used = [
        label for label in runs if label.startswith(("image-seed", "landmarks-seed", "linear-seed", "image-shuffled"))
    ]
    return Table(frame, "Probe set: area under the ROC curve", _line(runs, used), decimals=3)


def dependence_table(study: str | Study) -> Table:
    """The BP4D-like corpus and its independent twin: how much of a score comes from the company of other AUs."""
    from aulib.manifest import entry

    runs, aus = _runs(study), entry(CALIBRATED).aus
    frame = pd.DataFrame(index=pd.Index([str(au) for au in aus] + [AVERAGE], name="AU"))
    for sees in ("image", "landmarks", "linear"):
        for words in ("calibrated", "independent"):
            declaration, record = runs[f"{sees}-{words}"]
            values = None if record is None else _auc(declaration, record).reindex(list(aus))
            frame[sees, words] = NOT_RUN if values is None else [*values, values.mean()]
        both = [runs[f"{sees}-{words}"][1] is not None for words in ("calibrated", "independent")]
        frame[sees, "company"] = frame[sees, "calibrated"] - frame[sees, "independent"] if all(both) else NOT_RUN
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    used = [label for label in runs if label.endswith(("calibrated", "independent"))]
    return Table(
        frame, "Area under the ROC curve with and without dependence between AUs", _line(runs, used), decimals=3
    )


def gains(study: str | Study) -> Picture:
    """CNN and landmarks on the probe set, one dot an AU; AUs whose signs lie in the skin are marked."""
    runs = _runs(study)
    image, marks = _over(runs, "image-seed", _auc), _over(runs, "landmarks-seed", _auc)
    figure, axes = plt.subplots(figsize=(4.4, 4.0))
    axes.plot([0.4, 1], [0.4, 1], color="#999999", lw=0.8)
    axes.set(xlim=(0.4, 1), ylim=(0.4, 1), xlabel="AUC from true landmarks", ylabel="AUC from the picture")
    alt = "no run recorded"
    if len(image) and len(marks):
        x, y = marks.mean(axis=1), image.mean(axis=1)
        axes.scatter(x, y, color=["#D55E00" if au in IN_THE_SKIN else "#777777" for au in x.index], s=22)
        for au in x.index:
            axes.annotate(str(au), (x[au], y[au]), xytext=(4, 3), textcoords="offset points", fontsize=8)
        alt = f"Pictures beat landmarks on {(y > x).sum()} of {len(x)} AUs; mean AUC {y.mean():.3f} and {x.mean():.3f}."
    else:
        axes.text(0.7, 0.7, NOT_RUN, ha="center")
    used = [label for label in runs if label.startswith(("image-seed", "landmarks-seed"))]
    return Picture(figure, alt, _line(runs, used), "Above the line the picture says more than the landmarks.")


# -- Who is it? --


def identity_features(faces: np.ndarray) -> dict[str, np.ndarray]:
    """Raw grey pixels (32 × 32) and HOG of faces ``(n, S, S, 3)``: name -> (n, D)."""
    import cv2
    from skimage.feature import hog

    grey = [cv2.resize(cv2.cvtColor(np.asarray(face), cv2.COLOR_RGB2GRAY), (96, 96)) for face in faces]
    return {
        "pixels": np.stack([cv2.resize(image, (32, 32)).ravel() for image in grey]).astype(np.float32),
        "HOG": np.stack([hog(image, 8, (12, 12), (2, 2)) for image in grey]).astype(np.float32),
    }


def nearest_is_same(features: np.ndarray, subjects: np.ndarray, sequences: np.ndarray) -> float:
    """Share of frames whose nearest neighbour, sought in other sequences only, is the same person."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    likeness = unit @ unit.T
    video = pd.factorize(pd.Series(subjects.astype(str)) + "/" + pd.Series(sequences.astype(str)))[0]
    likeness[video[:, None] == video] = -np.inf
    return float((subjects[likeness.argmax(axis=1)] == subjects).mean())


def identity(corpus: Corpus, per_video: int = 3) -> pd.Series:
    """Accuracy of naming the person by the nearest neighbour from another sequence, by feature, and chance."""
    video = corpus.frames["subject"] + "/" + corpus.frames["sequence"]
    number = video.groupby(video).cumcount().to_numpy()
    rows = np.flatnonzero(number < per_video)
    subjects, sequences = (corpus.frames[name].to_numpy()[rows] for name in ("subject", "sequence"))
    features = identity_features(corpus.faces[rows])
    found = {name: nearest_is_same(values, subjects, sequences) for name, values in features.items()}
    return pd.Series({**found, "chance": 1 / len(set(subjects))})


def identity_table(corpus: Corpus) -> Table:
    """:func:`identity` as a table."""
    frame = (100 * identity(corpus)).to_frame("right, percent")
    line = provenance.generated(f"{corpus.identifier}: three frames a video, neighbours from other videos only")
    return Table(frame, f"Whose face is it? Nearest neighbour in {corpus.name}", [line])
