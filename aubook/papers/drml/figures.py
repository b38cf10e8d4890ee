"""Figures: pure functions of records (or of the renderer), returned with the line that says where they come from."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt

from aubook import papers
from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.papers.drml import claims, scores
from aubook.papers.drml.runs import FIGURE_4, NETWORKS
from aubook.study import Study
from aulib.aus import BP4D_AUS
from aulib.runs.methods import METHODS

#: One colour a method, the same in every figure; readable by colour-blind eyes (Okabe and Ito).
COLOURS = {
    "lsvm": "#999999",
    "alexnet": "#E69F00",
    "convnet": "#56B4E9",
    "lcn": "#009E73",
    "drml": "#D55E00",
    "small-cnn": "#0072B2",
}


def empty(what: str, profile: str | Study) -> Picture:
    """What stands in for a figure whose runs are missing."""
    figure, axes = plt.subplots(figsize=(6, 1.2))
    axes.axis("off")
    axes.text(0.5, 0.5, f"{what}: not run under profile {profile}", ha="center", va="center", color="#666666")
    return Picture(figure, f"{what}: no run recorded under profile {profile}.", [provenance.line([])])


def training(profile: str | Study) -> Picture:
    """Validation AUC of every network against training images: did it train?"""
    declared = papers.declarations("drml", profile)
    figure, axes = plt.subplots(figsize=(7, 4))
    used, words = [], []
    for name in NETWORKS:
        for record in scores.found(declared, name)[:1]:
            history = record.arrays("history")
            images = history["evaluated"] * declared[record.label].recipe.batch
            axes.plot(
                images / 1000, history["validation_auc"], "o-", ms=3, color=COLOURS[name], label=METHODS[name].title
            )
            used.append(record)
            words.append(f"{METHODS[name].title} {history['validation_auc'].max():.2f}")
    if not used:
        return empty("Training curves", profile)
    axes.axhline(scores.TRAINED_AUC, color="#666666", lw=0.8, ls="--")
    axes.axhline(0.5, color="#bbbbbb", lw=0.8)
    axes.set(xlabel="training images seen, thousands", ylabel="validation AUC, mean of 12 AUs", ylim=(0.45, 1))
    axes.legend(frameon=False, ncols=3)
    return Picture(
        figure,
        f"Validation AUC over training; best values: {', '.join(words)}.",
        [provenance.line(used)],
        "Validation AUC while training. Dashed: .80, from which we call a network trained; grey: chance.",
    )


def loss_curves(profile: str | Study) -> Picture:
    """DRML Fig. 5a: training loss of DRML and AlexNet."""
    declared = papers.declarations("drml", profile)
    figure, axes = plt.subplots(figsize=(7, 3.6))
    used, words = [], []
    for name in ("drml", "alexnet"):
        record = scores.lead(declared, name)
        if record is None:
            continue
        loss = record.arrays("history")["loss"]
        window = max(1, len(loss) // 60)
        smooth = np.convolve(loss, np.ones(window) / window, mode="valid")
        steps = np.arange(len(smooth)) + window / 2
        axes.plot(np.arange(len(loss)), loss, color=COLOURS[name], alpha=0.15, lw=0.6)
        axes.plot(steps, smooth, color=COLOURS[name], label=METHODS[name].title)
        used.append(record)
        words.append(f"{METHODS[name].title} ends at {smooth[-1]:.2f}")
    if not used:
        return empty("Fig. 5a", profile)
    axes.set(xlabel="iteration", ylabel="loss, summed over 12 AUs")
    axes.legend(frameon=False)
    return Picture(
        figure,
        f"Training loss over iterations: {'; '.join(words)}.",
        [provenance.line(used)],
        "Fig. 5a. Training loss (thin: every step, thick: running mean). A lower training loss can also mean "
        "overfitting: compare with the validation curves.",
    )


def relation_tables(profile: str | Study) -> Picture:
    """DRML Fig. 5b-d: correlations among AUs in the true labels and in the decisions of DRML and AlexNet."""
    import seaborn as sns

    found = {name: claims.relations(profile, name) for name in ("drml", "alexnet")}
    if any(value is None for value in found.values()):
        return empty("Fig. 5b-d", profile)
    truth = found["drml"][0]  # type: ignore[index]
    tables = [("true labels", truth)] + [(METHODS[name].title, value[1]) for name, value in found.items()]  # type: ignore
    figure, axes = plt.subplots(1, 4, figsize=(12, 4), width_ratios=(1, 1, 1, 0.05))
    for axis, (title, table) in zip(axes[:3], tables, strict=True):
        sns.heatmap(
            np.nan_to_num(table),
            ax=axis,
            vmin=-1,
            vmax=1,
            cmap="RdBu_r",
            square=True,
            cbar_ax=axes[3],
            xticklabels=BP4D_AUS,
            yticklabels=BP4D_AUS,
            cbar_kws={"label": "correlation"},
        )
        axis.set_title(title)
        axis.tick_params(labelsize=8)
    i, j = BP4D_AUS.index(6), BP4D_AUS.index(12)
    alt = (
        "Three 12 by 12 tables of correlations among AUs. AU6 with AU12: "
        + ", ".join(f"{title} {table[i, j]:.2f}" for title, table in tables)
        + "."
    )
    records = found["drml"][2] + found["alexnet"][2]  # type: ignore[index]
    return Picture(
        figure,
        alt,
        [provenance.line(records, "decisions at 0.5 on the test frames")],
        "Fig. 5b–d. Correlation coefficients between AUs.",
    )


def saliency(profile: str | Study, subject: str = "synthetic") -> Picture:
    """DRML Fig. 4: where ten AUs look, for three networks, on embedded faces or on the public-domain photograph.

    Parameters
    ----------
    profile : str
    subject : {'synthetic', 'photograph'}
    """
    from aulib.runs.probes import FIGURE_4_AUS

    declared = papers.declarations("drml", profile)
    records = [r for name in FIGURE_4 if (r := scores.lead(declared, name)) and r.has("probe-saliency")]
    if len(records) < len(FIGURE_4):
        return empty("Fig. 4", profile)
    faces = _faces(subject, next(iter(declared.values())).profile_spec)
    figure, axes = plt.subplots(
        len(FIGURE_4) + 1, len(FIGURE_4_AUS), figsize=(13, 5.6), gridspec_kw={"wspace": 0.04, "hspace": 0.04}
    )
    for column, au in enumerate(FIGURE_4_AUS):
        axes[0, column].imshow(faces[column])
        axes[0, column].set_title(f"AU{au}", fontsize=10)
        for row, record in enumerate(records, 1):
            heat = record.arrays("probe-saliency")[subject][column].astype(np.float32)
            # A few pixels hold the largest gradients: without a cut the rest of the map would be black.
            axes[row, column].imshow(heat, cmap="inferno", vmax=np.quantile(heat, 0.995))
    for row, title in enumerate(["face", *(METHODS[name].title for name in FIGURE_4)]):
        axes[row, 0].set_ylabel(title, fontsize=10)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    what = "embedded faces, each showing one AU" if subject == "synthetic" else "a public-domain photograph"
    return Picture(
        figure,
        f"Saliency maps of ten AUs by DRML, ConvNet and AlexNet on {what}; bright is influential.",
        [provenance.line(records)],
        f"Fig. 4. Magnitude of the gradient of an AU's output at each pixel, on {what}.",
    )


def _faces(subject: str, budget) -> np.ndarray:
    """The crops that the saliency maps of a profile belong to, (10, crop, crop, 3)."""
    from aulib.datasets.alignment import align_photograph, centre_crops
    from aulib.runs.probes import FIGURE_4_AUS

    if subject == "photograph":
        from skimage.data import astronaut

        crop = centre_crops(align_photograph(astronaut(), budget.side)[None], np.array([0]), budget.crop())
        return np.repeat(crop, len(FIGURE_4_AUS), axis=0)
    from synthface.gallery import PERSONS, showing

    faces = np.stack([showing(i % PERSONS, {au: 5}, budget.side) for i, au in enumerate(FIGURE_4_AUS)])
    return centre_crops(faces, np.arange(len(faces)), budget.crop())


def patches(profile: str | Study) -> Picture:
    """DRML Fig. 1: what a patch method weighs (left) and where DRML looks (right), for a smile."""
    from aulib.runs.probes import FIGURE_4_AUS

    declared = papers.declarations("drml", profile)
    svm, drml = (scores.lead(declared, name) for name in ("lsvm", "drml"))
    if svm is None or drml is None or not svm.has("probe-patches") or not drml.has("probe-saliency"):
        return empty("Fig. 1", profile)
    from synthface.gallery import PERSONS, rendered

    budget = next(iter(declared.values())).profile_spec
    column = FIGURE_4_AUS.index(12)
    face = rendered(column % PERSONS, {12: 5}, budget.side)
    start = (budget.side - budget.crop()) // 2
    crop = face.image[start : start + budget.crop(), start : start + budget.crop()]
    importance = svm.arrays("probe-patches")["importance"][BP4D_AUS.index(12)]  # (49,)
    points = face.landmarks[inner_landmarks()] - start
    figure, axes = plt.subplots(1, 2, figsize=(8, 4.2))
    axes[0].imshow(crop)
    axes[0].scatter(
        *points.T, s=400 * (importance / importance.max()) ** 2, c="#D55E00", alpha=0.55, edgecolors="white"
    )
    axes[0].set_title("LSVM: weight of each fixed patch")
    axes[1].imshow(crop)
    heat = drml.arrays("probe-saliency")["synthetic"][column].astype(np.float32)
    axes[1].imshow(heat, cmap="inferno", alpha=0.6, vmax=np.quantile(heat, 0.995))
    axes[1].set_title("DRML: gradient at each pixel")
    for axis in axes:
        axis.axis("off")
    return Picture(
        figure,
        "A smiling embedded face twice: circles at 49 landmarks sized by the weights of a linear "
        "classifier for AU12, and the saliency map of DRML for AU12.",
        [provenance.line([svm, drml])],
        "Fig. 1. A patch method weighs fixed places; DRML finds its own. Here for AU12 (lip corner puller).",
    )


def inner_landmarks() -> np.ndarray:
    """Indices of the 49 inner landmarks among the 68 of the iBUG scheme: no jaw, no inner mouth corners."""
    return np.array([i for i in range(17, 68) if i not in (60, 64)])


def gain_by_skewness(profile: str | Study) -> Picture:
    """F1 gain of each network over LSVM against the skewness of the AU (Sec. 4.2)."""
    declared = papers.declarations("drml", profile)
    svm = scores.found(declared, "lsvm")
    if not svm:
        return empty("Gain and skewness", profile)
    figure, axes = plt.subplots(figsize=(7, 4))
    skew = claims.skewness(svm)
    used = list(svm)
    for name in ("alexnet", "convnet", "lcn", "drml"):
        records = scores.found(declared, name)
        if records:
            used += records
            gain = claims._by_au(records, "f1") - claims._by_au(svm, "f1")  # type: ignore[operator]
            axes.scatter(skew, gain, color=COLOURS[name], label=METHODS[name].title)
            top = gain
    for au, x, y in zip(BP4D_AUS, skew, top, strict=True):
        axes.annotate(str(au), (x, y), xytext=(4, 3), textcoords="offset points", fontsize=8)
    axes.axhline(0, color="#999999", lw=0.8)
    axes.set(xlabel="skewness: negatives for each positive test frame", ylabel="F1 above LSVM, points")
    axes.legend(frameon=False, ncols=2)
    return Picture(
        figure,
        "F1 gain over LSVM against skewness, one dot an AU and network; AU numbers at the dots of the last network.",
        [provenance.line(used)],
        "Does a multi-label network gain most on rare AUs?",
    )


def threshold_images(profile: str | Study, method: str = "drml") -> tuple[list[float], list[Picture]]:
    """F1 by AU at decision thresholds 0.05 to 0.95: the pictures of the kernel-free slider."""
    record = scores.lead(papers.declarations("drml", profile), method)
    if record is None:
        return [0.5], [empty("Thresholds", profile)]
    from aulib import metrics

    given = scores.own([record])
    thresholds = [round(0.05 * k, 2) for k in range(1, 20)]
    curve = 100 * metrics.f1_curve(given.truth, given.scores, np.array(thresholds))  # (T, A)
    constant = scores.always_present(given, "f1", "pooled")
    return thresholds, [_threshold_picture(curve, constant, thresholds, k, record) for k in range(len(thresholds))]


def _threshold_picture(curve, constant, thresholds, k: int, record) -> Picture:
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), width_ratios=(1.3, 1))
    x = np.arange(len(BP4D_AUS))
    axes[0].bar(x, np.nan_to_num(curve[k]), color=COLOURS["drml"])
    axes[0].plot(x, constant, "k_", ms=16, mew=2, label="always present")
    axes[0].set(
        xticks=x,
        xticklabels=BP4D_AUS,
        ylim=(0, 100),
        xlabel="AU",
        ylabel="F1-frame, percent",
        title=f"threshold τ = {thresholds[k]:.2f}",
    )
    axes[0].legend(frameon=False, loc="upper right", fontsize=8)
    axes[1].plot(thresholds, np.nanmean(curve, axis=1), color=COLOURS["drml"])
    axes[1].axhline(constant.mean(), color="k", lw=1)
    axes[1].plot(thresholds[k], np.nanmean(curve[k]), "o", color=COLOURS["drml"], ms=8)
    axes[1].set(xlabel="threshold τ", title="mean of 12 AUs", ylim=(0, 100))
    figure.tight_layout()
    return Picture(
        figure,
        f"F1 of DRML by AU at threshold {thresholds[k]:.2f}; mean {np.nanmean(curve[k]):.1f}.",
        [provenance.line([record])],
    )


def lift_by_au(profile: str | Study) -> Picture:
    """How much saliency prefers the AU's true region, AU by AU, for three networks and their untrained twins."""
    from aulib.runs.probes import FIGURE_4_AUS

    declared = papers.declarations("drml", profile)
    records = {name: r for name in FIGURE_4 if (r := scores.lead(declared, name)) and r.has("probe-saliency")}
    if not records:
        return empty("Saliency scores", profile)
    figure, axes = plt.subplots(figsize=(9, 3.4))
    x, width = np.arange(len(FIGURE_4_AUS)), 0.8 / len(records)
    words = []
    for k, (name, record) in enumerate(records.items()):
        arrays = record.arrays("probe-saliency")
        lift = arrays["lift"].mean(axis=1)
        axes.bar(x + k * width, lift, width, color=COLOURS[name], label=METHODS[name].title)
        axes.plot(x + k * width, arrays["untrained_lift"].mean(axis=1), "k_", ms=6)
        words.append(f"{METHODS[name].title} {lift.mean():.2f}")
    axes.axhline(1, color="#999999", lw=0.8)
    axes.set(xticks=x + 0.4 - width / 2, xticklabels=FIGURE_4_AUS, xlabel="AU", ylabel="lift on the true region")
    axes.legend(frameon=False, ncols=3)
    return Picture(
        figure,
        f"Lift of saliency on the AU's true region by AU; means: {', '.join(words)}.",
        [provenance.line(list(records.values()))],
        "Mean over eight people. Dashes: the untrained twin; 1 is no preference.",
    )
