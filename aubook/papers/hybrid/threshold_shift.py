r"""Does MOMU gain more than a shifted threshold?  (Hybrid Sec. 5.3; claim HYB-17)

A network that is trained with batches in which an AU has the share q learns to answer with the odds of such batches.
If all else were equal, its score p' and that of a network trained at the corpus' own rate r would differ by a constant:

.. math:: \operatorname{logit} p' = \operatorname{logit} p + \log\frac{q / (1 - q)}{r / (1 - r)}

so that its decision at 0.5 is the other's at another threshold, and nothing that looks at the order of frames alone, as
AUC does, would change.  Both rates are known: the batches are drawn again and counted.  All else is not quite equal:
MOMU never shows a frame without any AU, and changes which AUs come together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aubook.engine.widgets import slider
from aubook.papers.drml.figures import empty
from aubook.papers.drml.tables import _note
from aubook.papers.hybrid import resampling
from aubook.papers.hybrid.common import Interval, Tested
from aubook.papers.hybrid.sampling import COLOURS
from aubook.papers.hybrid.sampling_runs import (
    LIKE,
    STRATEGIES,
    TITLES,
    Run,
    Scores,
    base_rates,
    batch_rates,
    joined,
    measured,
    runs,
)
from aubook.study import Study
from aulib import metrics

#: A rate of 0 or 1 has no odds: the nearest that counts.
_EDGE = 1e-4


def best_thresholds(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Threshold of highest F1 for each AU, midway between two neighbouring scores; shape (A,).

    Parameters
    ----------
    truth : ndarray of int8, shape (N, A)
    scores : ndarray of float, shape (N, A)
        0 to 1.

    Returns
    -------
    ndarray of float
        Of several that are as good, the one next to 0.5; 0.5 for an AU that no frame shows.
    """
    out = np.full(truth.shape[1], 0.5)
    for unit in range(truth.shape[1]):
        known = truth[:, unit] >= 0
        y, s = truth[known, unit : unit + 1], scores[known, unit : unit + 1].astype(float)
        if not y.any():
            continue
        values = np.unique(s)
        cuts = np.r_[values[0] / 2, (values[1:] + values[:-1]) / 2, 0.5]
        curve = metrics.f1_curve(y, s, cuts)[:, 0]
        best = cuts[curve >= curve.max() - 1e-12]
        out[unit] = best[np.argmin(np.abs(best - 0.5))]
    return out


def log_odds_ratio(rate: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Logarithm of the odds at `rate` over those at `other`, natural; shape (A,)."""
    a, b = (np.clip(one, _EDGE, 1 - _EDGE) for one in (rate, other))
    return np.log(a / (1 - a)) - np.log(b / (1 - b))


def equivalent_threshold(shift: np.ndarray) -> np.ndarray:
    """The threshold on p that is 0.5 on p', where logit p' = logit p + `shift`; shape (A,)."""
    return 1 / (1 + np.exp(shift))


def tuned(run: Run) -> np.ndarray:
    """Thresholds of highest F1 on a run's validation people; 0.5 where they are not recorded or lack the AU."""
    given = run.validation
    return np.full(len(run.within.aus), 0.5) if given is None else best_thresholds(given.truth, given.scores)


def shift_of(random: Run, momu: Run) -> np.ndarray:
    """By how much MOMU's batches raise the log odds of each AU over those of random sampling; shape (A,)."""
    return log_odds_ratio(batch_rates(momu), batch_rates(random))


class Account(NamedTuple):
    """F1, AUC and average precision of the strategies within a corpus, by resample.

    Parameters
    ----------
    f1, tuned, auc, precision : dict of str to Scores
        By strategy.
    shifted : Scores
        F1 of random sampling at the thresholds that the known rates imply.
    found : dict of str to list of Run
    """

    f1: dict[str, Scores]
    tuned: dict[str, Scores]
    auc: dict[str, Scores]
    precision: dict[str, Scores]
    shifted: Scores
    found: dict[str, list[Run]]

    @property
    def gain(self) -> np.ndarray:
        """Mean F1 of MOMU above random sampling, both at 0.5; shape (1 + resamples,)."""
        return resampling.mean((self.f1["momu"] - self.f1["random"]).values)

    def recovered(self, how: str) -> np.ndarray:
        """Mean F1 that random sampling wins by other thresholds, ``tuned`` or ``shifted``; shape (1 + resamples,)."""
        other = self.tuned["random"] if how == "tuned" else self.shifted
        return resampling.mean((other - self.f1["random"]).values)

    def share(self, how: str) -> Interval | None:
        """Percent of MOMU's gain that other thresholds recover; None where the gain may as well be nothing."""
        if not resampling.interval(self.gain).low > 0:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            return resampling.interval(100 * self.recovered(how) / self.gain)

    def beyond(self, how: str, part: float = 0.8) -> Interval:
        """What other thresholds recover, less `part` of MOMU's gain: a difference, where the share would be a ratio."""
        return resampling.interval(self.recovered(how) - part * self.gain)


def _found(study: str | Study, corpus: str) -> dict[str, list[Run]] | None:
    """Runs by strategy; None if random sampling or MOMU has none."""
    found = {name: of for name, of in runs(Study(study) if isinstance(study, str) else study, corpus).items() if of}
    return found if {"random", "momu"} <= set(found) else None


def account(study: str | Study, corpus: str) -> Account | None:
    """Everything about one corpus; None if random sampling or MOMU is not run."""
    if (found := _found(study, corpus)) is None:
        return None
    by_key = {(run.declaration.seed, run.declaration.fold): run for run in found["momu"]}

    def implied(run: Run) -> np.ndarray:
        return equivalent_threshold(shift_of(run, by_key[run.declaration.seed, run.declaration.fold]))

    def every(measure, limit=lambda run: 0.5) -> dict[str, Scores]:
        scored = {name: measured(of, "within", measure, limit) for name, of in found.items()}
        return {name: one for name, one in scored.items() if one is not None}

    shifted = measured(found["random"], "within", "f1", implied)
    assert shifted is not None
    return Account(every("f1"), every("f1", tuned), every("auc"), every("average_precision"), shifted, found)


def _lines(one: Account, *notes: str) -> list[str]:
    records = [run.record for of in one.found.values() for run in of]
    return [provenance.line(records, "95 % intervals over subjects, not over trainings"), *map(_note, notes)]


def _not_run(caption: str, study: str | Study) -> Table:
    frame = pd.DataFrame({"state": [f"not run under profile {study}"]}, index=pd.Index(["–"], name="measure"))
    return Table(frame, caption, [provenance.line([])])


def measures(study: str | Study, corpus: str) -> Table:
    """Mean over AUs of every measure for the three strategies, and what MOMU has above random sampling."""
    caption = f"What MOMU gains, by measure: {LIKE[corpus]} corpus, within, mean over AUs in percent"
    one = account(study, corpus)
    if one is None:
        return _not_run(caption, study)
    rows = {
        "F1 at 0.5": one.f1,
        "F1, thresholds tuned on validation people": one.tuned,
        "AUC": one.auc,
        "average precision": one.precision,
    }
    table: dict[str, dict[str, str]] = {}
    for title, by in rows.items():
        table[title] = {STRATEGIES[name]: f"{by[name].mean().value:.1f}" if name in by else "–" for name in STRATEGIES}
        table[title]["MOMU − RS"] = str((by["momu"] - by["random"]).mean())
    shifted = "F1, RS shifted by the known rates"
    table[shifted] = {"RS": f"{one.shifted.mean().value:.1f}", "MS": "–",
                      "MOMU": f"{one.f1['momu'].mean().value:.1f}",
                      "MOMU − RS": str((one.f1["momu"] - one.shifted).mean())}  # fmt: skip
    notes = ["In the last row MOMU stands at 0.5, and random sampling where MOMU's rates would put its threshold."]
    if any(run.validation is None for of in one.found.values() for run in of):
        notes.append("Some runs kept no scores of validation people: their thresholds stay at 0.5.")
    return Table(pd.DataFrame.from_dict(table, orient="index").rename_axis("measure"), caption, _lines(one, *notes))


def shares(study: str | Study) -> Table:
    """How much of MOMU's gain in F1 random sampling has by other thresholds alone."""
    rows, lines = {}, []
    for corpus, like in LIKE.items():
        one = account(study, corpus)
        if one is None:
            rows[like] = dict.fromkeys(("MOMU gains", "tuning gains", "its share, %", "known shift gains",
                                        "share of that, %"), "not run")  # fmt: skip
            continue
        row = {"MOMU gains": str(resampling.interval(one.gain))}
        for how, gains, part in (("tuned", "tuning gains", "its share, %"),
                                 ("shifted", "known shift gains", "share of that, %")):  # fmt: skip
            row[gains] = str(resampling.interval(one.recovered(how)))
            row[part] = "no sure gain to share" if (share := one.share(how)) is None else str(share)
        rows[like] = row
        lines += _lines(one)
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("corpus")
    note = _note(
        "Points of F1, mean over AUs, with 95 % intervals. Tuning: the network of random sampling at the thresholds of "
        "its own validation people. Known shift: the same network at thresholds that follow from the rates of MOMU's "
        "batches, without looking at any score. A share is given only where MOMU's own gain is above 0 by its interval."
    )
    caption = "MOMU's gain over random sampling at 0.5, and what the same network gains by another threshold"
    return Table(frame, caption, [*(lines or [provenance.line([])]), note])


def thresholds(study: str | Study, corpus: str) -> Table:
    """Rates, thresholds and F1 by AU, the rarest of the training frames first; the first fold and seed."""
    caption = f"Thresholds and F1 by AU, {LIKE[corpus]} corpus"
    one = account(study, corpus)
    if one is None:
        return _not_run(caption, study)
    random, momu = one.found["random"][0], one.found["momu"][0]
    shift = shift_of(random, momu)
    f1 = {name: [interval.value for interval in by.by_au().values()] for name, by in
          (("0.5", one.f1["random"]), ("shifted", one.shifted), ("tuned", one.tuned["random"]),
           ("momu", one.f1["momu"]), ("momu tuned", one.tuned["momu"]))}  # fmt: skip
    columns: dict[tuple[str, str], np.ndarray | list] = {
        ("share of frames, %", "training"): 100 * base_rates(random),
        ("share of frames, %", "MOMU batches"): 100 * batch_rates(momu),
        ("threshold, %", "RS, shifted"): 100 * equivalent_threshold(shift),
        ("threshold, %", "RS, tuned"): 100 * tuned(random),
        ("threshold, %", "MOMU, tuned"): 100 * tuned(momu),
        ("F1, %", "RS at 50"): f1["0.5"],
        ("F1, %", "RS, shifted"): f1["shifted"],
        ("F1, %", "RS, tuned"): f1["tuned"],
        ("F1, %", "MOMU at 50"): f1["momu"],
        ("F1, %", "MOMU, tuned"): f1["momu tuned"],
    }
    frame = pd.DataFrame(columns, index=pd.Index(random.within.aus, name="AU"))
    frame = frame.sort_values(("share of frames, %", "training"), kind="stable")
    return Table(frame, caption, _lines(one, "Rates and thresholds are those of the first fold and seed."))


def _extremes(given: Tested) -> tuple[int, int]:
    """Columns of the rarest and the most frequent AU of the tested frames that show it at all."""
    rates = metrics.base_rate(given.truth)
    shown = np.flatnonzero(rates > 0)
    return int(shown[np.argmin(rates[shown])]), int(shown[np.argmax(rates[shown])])


def curves(study: str | Study, corpus: str) -> Picture:
    """F1 over the threshold for random sampling, MOMU, and random sampling moved by the known rates.

    For the rarest and the most frequent AU of the tested frames, on an axis on which a shift of the log odds is a step
    to the side.
    """
    if (found := _found(study, corpus)) is None:
        return empty(f"F1 over thresholds, {LIKE[corpus]} corpus", study)
    random, momu = (joined(found[name], "within")[0] for name in ("random", "momu"))
    logits = np.linspace(-6, 6, 241)
    grid = 1 / (1 + np.exp(-logits))
    curve = {name: 100 * metrics.f1_curve(of.given.truth, of.given.scores, grid)
             for name, of in (("random", random), ("momu", momu))}  # fmt: skip
    shift = shift_of(random.runs[0], momu.runs[0])
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.5), sharey=True, gridspec_kw={"wspace": 0.06})
    words = []
    for axis, column in zip(axes, _extremes(random.given), strict=True):
        rate, au = 100 * metrics.base_rate(random.given.truth)[column], random.given.aus[column]
        for name in ("random", "momu"):
            axis.plot(logits, curve[name][:, column], color=COLOURS[name], label=TITLES[name])
            own = tuned((random if name == "random" else momu).runs[0])[column]
            at = np.log(own / (1 - own))
            axis.plot(at, np.interp(at, logits, curve[name][:, column]), "o", ms=6, color=COLOURS[name])
        axis.plot(logits + shift[column], curve["random"][:, column], "--", lw=1.3, color="#888888",
                  label="random sampling, moved by the known rates")  # fmt: skip
        axis.axvline(0, color="#bbbbbb", lw=0.9)
        axis.set_xlim(logits[0], logits[-1])
        ticks = np.array([0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99])
        axis.set_xticks(np.log(ticks / (1 - ticks)), [f"{tick:g}" for tick in ticks])
        axis.set_title(f"AU{au}, in {rate:.1f} % of the tested frames", fontsize=10, loc="left")
        axis.set_xlabel("threshold")
        axis.grid(axis="y", color="#dddddd", lw=0.6)
        middle = {name: np.interp(0, logits, values[:, column]) for name, values in curve.items()}
        words.append(f"AU{au}: at 0.5 random sampling {middle['random']:.0f}, MOMU {middle['momu']:.0f}; highest "
                     f"{np.nanmax(curve['random'][:, column]):.0f} and {np.nanmax(curve['momu'][:, column]):.0f}; the "
                     f"known rates move thresholds by {shift[column]:+.1f} in log odds")  # fmt: skip
    axes[0].set(ylabel="F1-frame, percent", ylim=(0, 100))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, ncols=3, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 0.95))
    return Picture(
        figure,
        f"F1 over the threshold, two AUs, {LIKE[corpus]} corpus. {'. '.join(words)}.",
        [provenance.line([run.record for run in random.runs + momu.runs])],
        f"F1 over the threshold, {LIKE[corpus]} corpus, for the rarest and the most frequent AU of the tested frames. "
        "Where MOMU is a shifted threshold, its curve lies on the dashed one. Dots: thresholds tuned on validation "
        "people; grey: 0.5.",
    )


def threshold_slider(study: str | Study, corpus: str, thresholds: int = 19):
    """F1 of random sampling and MOMU by AU at thresholds evenly from 0 to 1; a slider that needs no kernel."""
    if (found := _found(study, corpus)) is None:
        return empty(f"Thresholds, {LIKE[corpus]} corpus", study)
    sets = {name: joined(found[name], "within")[0].given for name in ("random", "momu")}
    limits = np.arange(1, thresholds + 1) / (thresholds + 1)
    curve = {name: 100 * metrics.f1_curve(of.truth, of.scores, limits) for name, of in sets.items()}
    order = np.argsort(metrics.base_rate(sets["random"].truth), kind="stable")
    pictures = [_at_threshold(curve, limits, k, order, sets["random"].aus) for k in range(len(limits))]
    start = int(np.argmin(np.abs(limits - 0.5)))
    box = slider(pictures, [f"{limit:.2f}" for limit in limits], "threshold", start=start)
    import ipywidgets as widgets

    records = [found[name][0].record for name in ("random", "momu")]
    return widgets.VBox([box, widgets.HTML(provenance.line(records, f"{LIKE[corpus]} corpus, within"))])


def _at_threshold(curve: dict[str, np.ndarray], limits: np.ndarray, k: int, order: np.ndarray, aus) -> Picture:
    figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.2), width_ratios=(1.6, 1), gridspec_kw={"wspace": 0.16})
    x = np.arange(len(order))
    for name, side in (("random", -0.2), ("momu", 0.2)):
        mean = np.nanmean(curve[name], axis=1)
        axes[0].bar(x + side, np.nan_to_num(curve[name][k, order]), 0.38, color=COLOURS[name], label=TITLES[name])
        axes[1].plot(limits, mean, color=COLOURS[name])
        axes[1].plot(limits[k], mean[k], "o", ms=8, color=COLOURS[name])
    axes[0].set(xticks=x, xticklabels=[aus[j] for j in order], ylim=(0, 100), ylabel="F1-frame, percent")
    axes[0].set_xlabel("AU, from the rarest to the most frequent")
    axes[0].set_title(f"both at threshold {limits[k]:.2f}", fontsize=10, loc="left")
    axes[1].set(xlabel="threshold", ylim=(0, 100))
    axes[1].set_title("mean over AUs", fontsize=10, loc="left")
    axes[0].legend(frameon=False, fontsize=9, ncols=2, loc="upper left")
    means = ", ".join(f"{TITLES[name]} {np.nanmean(values[k]):.1f}" for name, values in curve.items())
    return Picture(figure, f"F1 by AU at threshold {limits[k]:.2f}; mean over AUs: {means}.")
