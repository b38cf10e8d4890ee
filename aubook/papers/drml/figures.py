"""Figures of the DRML paper, from records or the renderer, in the engine's five shapes."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt

from aubook.engine import notes, transforms
from aubook.engine.picture import Picture
from aubook.engine.plots import Series, curves, dots, empty, images, matrix
from aubook.engine.scores import used
from aubook.engine.style import GREY, LIGHT, RED, colour
from aubook.papers.drml.runs import FIGURE_4, NETWORKS
from aubook.papers.drml.tables import gain, scores, skewness, with_file
from aubook.study import Study
from aulib import metrics
from aulib.aus import BP4D_AUS, UNKNOWN
from aulib.runs.methods import METHODS
from aulib.runs.profiles import profile
from aulib.runs.results import Record


def _first(study: Study, file: str, *names: str) -> dict[str, Record]:
    """Records of some methods' first fold and seed that have a file, by method."""
    found = {name: with_file(scores(study, name, "first"), file) for name in names}
    return {name: records[0] for name, records in found.items() if records}


def training(study: Study) -> Picture:
    """Validation AUC of every network against training images: did it train?"""
    found = _first(study, "history", *NETWORKS)
    if not found:
        return empty("Training curves", study)
    series, words = [], []
    for name, record in found.items():
        history, title = record.arrays("history"), METHODS[name].title
        shown = history["evaluated"] * record.about["declaration"]["recipe"]["batch"] / 1000
        series.append(Series(title, history["validation_auc"], colour(name), "o-", shown))
        words.append(f"{title} {history['validation_auc'].max():.2f}")
    return curves(
        {"": series}, "training images seen, thousands", "validation AUC, mean of 12 AUs",
        notes.by_folds(found.values()), "Validation AUC while training; grey: chance.",
        f"Validation AUC over training; best values: {', '.join(words)}.", size=(7, 3.8),
        decorate=lambda axes, _: axes.axhline(0.5, color=LIGHT, lw=0.8), ylim=(0.45, 1),
    )  # fmt: skip


def loss_curves(study: Study) -> Picture:
    """DRML Fig. 5a: training loss of DRML and AlexNet."""
    found = _first(study, "history", "drml", "alexnet")
    if not found:
        return empty("Fig. 5a", study)
    losses = {name: record.arrays("history")["loss"] for name, record in found.items()}
    series, words = [], []
    for name, loss in losses.items():
        window = max(1, len(loss) // 60)
        smooth = np.convolve(loss, np.ones(window) / window, mode="valid")
        series.append(Series(METHODS[name].title, smooth, colour(name), x=np.arange(len(smooth)) + window / 2))
        words.append(f"{METHODS[name].title} ends at {smooth[-1]:.2f}")
    return curves(
        {"": series}, "iteration", "loss, summed over 12 AUs", notes.by_folds(found.values()),
        "Fig. 5a. Training loss (thin: every step, thick: running mean). A lower training loss can also mean "
        "overfitting: compare with the validation curves.",
        f"Training loss over iterations: {'; '.join(words)}.", size=(7, 3.4),
        decorate=lambda axes, _: [axes.plot(loss, color=colour(n), alpha=0.15, lw=0.6) for n, loss in losses.items()],
    )  # fmt: skip


def relation_tables(study: Study) -> Picture:
    """DRML Fig. 5b-d: correlations among AUs in the true labels and in the decisions of DRML and AlexNet."""
    networks = [scores(study, name, "first") for name in ("drml", "alexnet")]
    if not all(networks):
        return empty("Fig. 5b-d", study)
    known = (networks[0].frames.truth != UNKNOWN).all(axis=1)
    labels = {"true labels": networks[0].frames.truth} | {one.title: one.frames.scores >= 0.5 for one in networks}
    with np.errstate(invalid="ignore", divide="ignore"):
        tables = {title: np.corrcoef(of[known], rowvar=False) for title, of in labels.items()}
    i, j = BP4D_AUS.index(6), BP4D_AUS.index(12)
    words = ", ".join(f"{title} {table[i, j]:.2f}" for title, table in tables.items())
    return matrix(
        tables, BP4D_AUS, BP4D_AUS, "correlation",
        notes.by_folds(used(*networks), "decisions at 0.5 on the test frames"),
        "Fig. 5b–d. Correlation coefficients between AUs.",
        f"Three 12 by 12 tables of correlations among AUs. AU6 with AU12: {words}.",
    )  # fmt: skip


def saliency(study: Study, subject: str = "synthetic") -> Picture:
    """DRML Fig. 4: where ten AUs look, for three networks, on embedded faces or on the public-domain photograph.

    Parameters
    ----------
    study : Study
    subject : {'synthetic', 'photograph'}
    """
    from aulib.runs.probes import FIGURE_4_AUS

    found = _first(study, "probe-saliency", *FIGURE_4)
    if len(found) < len(FIGURE_4):
        return empty("Fig. 4", study)
    maps = {METHODS[n].title: r.arrays("probe-saliency")[subject].astype(np.float32) for n, r in found.items()}
    what = "embedded faces, each showing one AU" if subject == "synthetic" else "a public-domain photograph"
    return images(
        {"face": list(_faces(subject, study)), **{title: list(heat) for title, heat in maps.items()}},
        [f"AU{au}" for au in FIGURE_4_AUS], notes.by_folds(found.values()),
        f"Fig. 4. Magnitude of the gradient of an AU's output at each pixel, on {what}.",
        f"Saliency maps of ten AUs by DRML, ConvNet and AlexNet on {what}; bright is influential.",
    )  # fmt: skip


def _faces(subject: str, study: Study) -> np.ndarray:
    """The crops that the saliency maps of a profile belong to, (10, crop, crop, 3)."""
    from aulib.datasets.alignment import align_photograph, centre_crops
    from aulib.runs.probes import FIGURE_4_AUS

    size = profile(study.profile)
    if subject == "photograph":
        from skimage.data import astronaut

        crop = centre_crops(align_photograph(astronaut(), size.side)[None], np.array([0]), size.crop())
        return np.repeat(crop, len(FIGURE_4_AUS), axis=0)
    from synthface.gallery import PERSONS, showing

    faces = np.stack([showing(i % PERSONS, {au: 5}, size.side) for i, au in enumerate(FIGURE_4_AUS)])
    return centre_crops(faces, np.arange(len(faces)), size.crop())


def patches(study: Study) -> Picture:
    """DRML Fig. 1: what a patch method weighs (left) and where DRML looks (right), for a smile."""
    from aulib.features.shape import INNER
    from aulib.runs.probes import FIGURE_4_AUS
    from synthface.gallery import PERSONS, rendered

    found = _first(study, "probe-patches", "lsvm") | _first(study, "probe-saliency", "drml")
    if len(found) < 2:
        return empty("Fig. 1", study)
    size, column = profile(study.profile), FIGURE_4_AUS.index(12)
    face, start = rendered(column % PERSONS, {12: 5}, size.side), (size.side - size.crop()) // 2
    crop = face.image[start : start + size.crop(), start : start + size.crop()]
    weight = found["lsvm"].arrays("probe-patches")["importance"][BP4D_AUS.index(12)]  # (49,)
    heat = found["drml"].arrays("probe-saliency")["synthetic"][column].astype(np.float32)
    picture = images(
        {"": [crop, crop]}, ["LSVM: weight of each fixed patch", "DRML: gradient at each pixel"],
        notes.by_folds(found.values()),
        "Fig. 1. A patch method weighs fixed places; DRML finds its own. Here for AU12 (lip corner puller).",
        "A smiling embedded face twice: circles at 49 landmarks sized by the weights of a linear "
        "classifier for AU12, and the saliency map of DRML for AU12.", inch=3.8,
    )  # fmt: skip
    left, right = picture.figure.axes
    points = face.landmarks[list(INNER)] - start
    left.scatter(*points.T, s=400 * (weight / weight.max()) ** 2, c=RED, alpha=0.55, edgecolors="white")
    right.imshow(heat, cmap="inferno", alpha=0.6, vmax=np.quantile(heat, 0.995))
    return picture


def gain_by_skewness(study: Study) -> Picture:
    """F1 gain of each network over LSVM against the skewness of the AU (Sec. 4.2)."""
    svm, *networks = (scores(study, name) for name in ("lsvm", "alexnet", "convnet", "lcn", "drml"))
    networks = [one for one in networks if one]
    if not svm or not networks:
        return empty("Gain and skewness", study)
    skew = skewness(svm)
    series = [Series(one.title, gain(one, svm), colour(one.name), "o", skew) for one in networks]

    def name_aus(axes, _: str) -> None:
        axes.axhline(0, color=GREY, lw=0.8)
        for au, x, y in zip(BP4D_AUS, skew, series[-1].values, strict=True):
            axes.annotate(str(au), (x, y), xytext=(4, 3), textcoords="offset points", fontsize=8)

    return curves(
        {"": series}, "skewness: negatives for each positive test frame", "F1 above LSVM, points",
        notes.by_folds(used(svm, *networks)), "Does a multi-label network gain most on rare AUs?",
        "F1 gain over LSVM against skewness, one dot an AU and network; AU numbers at the dots of the last network.",
        size=(7, 3.8), decorate=name_aus,
    )  # fmt: skip


def lift_by_au(study: Study) -> Picture:
    """How much saliency prefers the AU's true region, AU by AU, for three networks and their untrained twins."""
    from aulib.runs.probes import FIGURE_4_AUS

    found = _first(study, "probe-saliency", *FIGURE_4)
    if not found:
        return empty("Saliency scores", study)
    panels: dict[str, list[Series]] = {"trained": [], "untrained twin": []}
    for name, record in found.items():
        for series, key in zip(panels.values(), ("lift", "untrained_lift"), strict=True):
            lift = record.arrays("probe-saliency")[key].mean(axis=1).tolist()
            by_au = dict(zip(FIGURE_4_AUS, lift, strict=True))
            series.append(Series(METHODS[name].title, by_au, colour(name)))
    caption = "Mean over eight people; 1 is no preference."
    return dots(panels, FIGURE_4_AUS, "lift on the true region", notes.by_folds(found.values()), caption, zero=1)


def threshold_images(study: Study, method: str = "drml") -> tuple[list[float], list[Picture]]:
    """F1 by AU at decision thresholds 0.05 to 0.95: the pictures of the kernel-free slider."""
    one = scores(study, method, "first")
    if not one:
        return [0.5], [empty("Thresholds", study)]
    thresholds = [round(0.05 * k, 2) for k in range(1, 20)]
    curve = 100 * metrics.f1_curve(one.frames.truth, one.frames.scores, np.array(thresholds))  # (T, A)
    constant = np.array(list(transforms.constant(one).per_au("f1").values()))
    lines = notes.by_folds(one.records)
    return thresholds, [_at_threshold(curve, constant, thresholds, k, lines) for k in range(len(thresholds))]


def _at_threshold(curve: np.ndarray, constant: np.ndarray, thresholds: list[float], k: int, lines) -> Picture:
    figure, (bars, mean) = plt.subplots(1, 2, figsize=(10, 3.4), width_ratios=(1.3, 1))
    x = np.arange(len(BP4D_AUS))
    bars.bar(x, np.nan_to_num(curve[k]), color=colour("drml"))
    bars.plot(x, constant, "k_", ms=16, mew=2, label="always present")
    bars.set(xticks=x, xticklabels=BP4D_AUS, ylim=(0, 100), xlabel="AU", ylabel="F1-frame, percent",
             title=f"threshold τ = {thresholds[k]:.2f}")  # fmt: skip
    bars.legend(frameon=False, loc="upper right", fontsize=8)
    mean.plot(thresholds, np.nanmean(curve, axis=1), color=colour("drml"))
    mean.axhline(constant.mean(), color="k", lw=1)
    mean.plot(thresholds[k], np.nanmean(curve[k]), "o", color=colour("drml"), ms=8)
    mean.set(xlabel="threshold τ", title="mean of 12 AUs", ylim=(0, 100))
    figure.tight_layout()
    alt = f"F1 of DRML by AU at threshold {thresholds[k]:.2f}; mean {np.nanmean(curve[k]):.1f}."
    return Picture(figure, alt, lines)
