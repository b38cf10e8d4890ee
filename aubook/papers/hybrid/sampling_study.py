"""Tables 3 and 4 and Figs. 7 and 8 of the Hybrid paper: what the three ways of filling a batch do to a network."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from aubook import advice
from aubook.engine import provenance
from aubook.engine.picture import Picture
from aubook.engine.table import Table
from aubook.papers.drml import scores
from aubook.papers.drml.figures import empty
from aubook.papers.drml.tables import AVERAGE, RECOMPUTED, UNDERTRAINED, _note
from aubook.papers.hybrid.runs import corpus_of
from aubook.papers.hybrid.sampling import COLOURS
from aubook.papers.hybrid.sampling_printed import PRINTED, WHERE, lone_dots, printed, printed_gain
from aubook.papers.hybrid.sampling_runs import (
    LIKE,
    OTHER,
    STRATEGIES,
    TITLES,
    Run,
    Scores,
    Where,
    always_present,
    base_rates,
    measured,
    runs,
)
from aubook.study import Study
from aulib.aus import BP4D_AUS
from aulib.manifest import entry

COMMON = "Avg. of the common AUs"


def summary(study: str | Study) -> Table:
    """Did they train?  Every run of Tables 3 and 4 with its AUC, budget and state."""
    study = _study(study)
    rows, used = {}, []
    for corpus, like in LIKE.items():
        for strategy, of in runs(study, corpus).items():
            if not of:
                rows[f"{like}, {TITLES[strategy]}"] = dict.fromkeys(_STATE, "–") | {"state": "not run"}
            for run in of:
                declared, curve = run.declaration, history_of(run)
                name = f"{like}, {TITLES[strategy]}"
                name += f", fold {declared.fold}, seed {declared.seed}" if len(of) > 1 else ""
                best = f"{100 * curve['validation_auc'].max():.1f}" if curve else "–"
                test = 100 * scores.mean_auc(run.record)
                cells = (best, f"{test:.1f}", f"{declared.image_steps:,}", scores.training_state(run.record))
                rows[name] = dict(zip(_STATE, cells, strict=True))
                used.append(run.record)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(_STATE)).rename_axis("run")
    every = [run for corpus in LIKE for of in runs(study, corpus).values() for run in of]
    notes = [_note(words)] if (words := _beginning(every)) else []
    return Table(frame, "Did they train? AUC in percent, mean over AUs", [provenance.line(used), *notes])


def _beginning(of: list[Run]) -> str:
    """Where networks that did not begin with random weights began; empty if all did."""
    starts = {one.label: one for run in of if (one := run.declaration.init_from) is not None}
    said = [f"{one.label} ({one.image_steps:,} images of {one.corpus})" for one in starts.values()]
    return f"Begun with the weights of {', '.join(said)}, the same for every strategy." if said else ""


_STATE = ("best validation AUC", "test AUC", "training images", "state")


def table3(study: str | Study) -> Table:
    """Hybrid Table 3: F1 of three sampling strategies on the GFT-like corpus, within and from the BP4D+-like one."""
    return _table(_study(study), "gft")


def table4(study: str | Study) -> Table:
    """Hybrid Table 4: the same on the BP4D+-like corpus, within and from the GFT-like one."""
    return _table(_study(study), "plus")


def _study(study: str | Study) -> Study:
    return Study(study) if isinstance(study, str) else study


def trained_on(corpus: str, where: Where) -> str:
    """The corpus that trains, where `corpus` is tested."""
    return corpus if where == "within" else OTHER[corpus]


def _table(study: Study, corpus: str) -> Table:
    common = _common(study)
    index = [*map(str, BP4D_AUS), AVERAGE, RECOMPUTED, COMMON]
    columns: dict[tuple[str, str], list] = {}
    for where in WHERE:
        lone = lone_dots(corpus, where)
        for name, values in printed(corpus, where).items():
            cells = ["." if (au, name) in lone else f"{values[au]:.0f}" for au in map(str, BP4D_AUS)]
            known = values.drop(index="avg")
            means = [f"{values['avg']:.0f}", f"{known.mean():.1f}", f"{known[[str(au) for au in common]].mean():.1f}"]
            columns[f"printed, {where}", name] = cells + means
    found = {where: runs(study, trained_on(corpus, where)) for where in WHERE}
    used = [run for by in found.values() for of in by.values() for run in of]
    ours = provenance.ours([run.record for run in used])
    for where, by in found.items():
        head = f"{ours}, {where}"
        constant = next((one for of in by.values() if (one := always_present(of, where))), None)
        columns[head, "always present"] = _column(constant, common)
        for strategy, of in by.items():
            columns[head, _head(strategy, of, where)] = _column(measured(of, where), common)
    frame = pd.DataFrame(columns, index=pd.Index(index, name="AU"))
    lines = [provenance.line([run.record for run in _unique(used)]), *_notes(study, corpus, found)]
    caption = f"{PRINTED[corpus][1]}, F1-frame in percent at a threshold of 0.5, tested on the {LIKE[corpus]} corpus"
    return Table(frame, caption, lines, best=tuple(f"{ours}, {where}" for where in WHERE))


def _common(study: Study) -> tuple[int, ...]:
    coded = [set(entry(name).aus) for short in LIKE if (name := corpus_of(study, short))]
    return tuple(au for au in BP4D_AUS if all(au in aus for aus in coded))


def _column(found: Scores | None, common: tuple[int, ...]) -> list[float]:
    if found is None:
        return [np.nan] * (len(BP4D_AUS) + 3)
    values = {au: one.value for au, one in found.by_au().items()}
    cells = [values.get(au, np.nan) for au in BP4D_AUS]
    return [*cells, found.mean().value, np.nan, found.of(common).mean().value]


def _head(strategy: str, of: list[Run], where: Where) -> str:
    if measured(of, where) is None:
        return f"{STRATEGIES[strategy]} (not run)"
    return f"{STRATEGIES[strategy]} ({UNDERTRAINED})" if any(run.undertrained for run in of) else STRATEGIES[strategy]


def _unique(of: list[Run]) -> list[Run]:
    return list({run.record.key: run for run in of}.values())


def _notes(study: Study, corpus: str, found: dict[Where, dict[str, list[Run]]]) -> list[str]:
    notes = [
        "RS random sampling, MS multi-label stratification, MOMU minority oversampling and majority undersampling. "
        "Printed as fractions with two digits, a lone dot for nothing; here in percent. The paper's averages count a "
        f"lone dot as 0. Between: trained on the {LIKE[OTHER[corpus]]} corpus, tested on everybody of this one.",
    ]
    lacking = {short: set(BP4D_AUS) - set(entry(name).aus) for short in LIKE if (name := corpus_of(study, short))}
    for short, aus in lacking.items():
        if aus:
            listed = " and ".join(map(str, sorted(aus)))
            why = "their cells are empty" if short == corpus else "a network trained there has no output for them"
            notes.append(f"AUs {listed} are not coded in the {LIKE[short]} corpus: {why}; “{COMMON}” leaves them out.")
    missing = [
        f"{TITLES[strategy]} ({where})" for where, by in found.items() for strategy, of in by.items()
        if measured(of, where) is None
    ]  # fmt: skip
    if missing:
        notes.append(f"Not run under profile {study}: {', '.join(missing)}. Run `{advice.to_run(study, 'hybrid')}`.")
    if any(run.undertrained for by in found.values() for of in by.values() for run in of):
        notes.append(f"Columns marked {UNDERTRAINED} did not converge within this budget: do not compare them.")
    return [_note(words) for words in notes]


def figure7(study: str | Study, corpus: str = "gft") -> Picture:
    """Hybrid Fig. 7: F1 on watched training frames while the network learns, one panel an AU, three strategies."""
    study = _study(study)
    found = {name: of[0] for name, of in runs(study, corpus).items() if of and "training_f1" in history_of(of[0])}
    if not found:
        return empty(f"Fig. 7 on the {LIKE[corpus]} corpus", study)
    first = next(iter(found.values()))
    aus, rates = first.record.about["outputs"], 100 * base_rates(first)
    order = np.argsort(rates, kind="stable")
    columns = 4 if len(aus) > 10 else 5
    rows = -(-len(aus) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(1.9 * columns, 1.75 * rows + 0.4), sharex=True, sharey=True, squeeze=False,
        gridspec_kw={"hspace": 0.32, "wspace": 0.1},
    )  # fmt: skip
    for axis, column in zip(axes.flat, order, strict=False):
        for strategy, run in found.items():
            history = history_of(run)
            axis.plot(
                history["evaluated"], 100 * history["training_f1"][:, column], color=COLOURS[strategy], lw=1.3,
                label=TITLES[strategy],
            )  # fmt: skip
        axis.set_title(f"AU{aus[column]}, {rates[column]:.1f} %", fontsize=9, pad=3)
        axis.grid(axis="y", color="#dddddd", lw=0.6)
        axis.tick_params(labelsize=8)
        axis.set_ylim(0, 100)
    for axis in axes.flat[len(aus) :]:
        axis.axis("off")
    figure.supxlabel("iteration", fontsize=9, y=0.01)
    figure.supylabel("F1 on training frames, percent", fontsize=9, x=0.06)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, ncols=3, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 1.0))
    ends = "; ".join(
        f"{TITLES[name]} {np.nanmean(100 * history_of(run)['training_f1'][-1]):.0f}" for name, run in found.items()
    )
    lacking = [TITLES[name] for name in STRATEGIES if name not in found]
    gone = f" Not run: {', '.join(lacking)}." if lacking else ""
    return Picture(
        figure,
        f"F1 on training frames over iterations in {len(aus)} panels, one an AU from the rarest to the most frequent. "
        f"Mean over AUs at the end: {ends}.{gone}",
        [provenance.line([run.record for run in found.values()], "one fold and seed")],
        f"Fig. 7 on the {LIKE[corpus]} corpus. Above each panel the AU's share of the training frames.{gone} "
        + _beginning(list(found.values())),
    )


def history_of(run: Run) -> dict[str, np.ndarray]:
    """Curves of a run; empty where it kept none."""
    return run.record.arrays("history") if run.record.has("history") else {}


def figure8(study: str | Study) -> Picture:
    """Hybrid Fig. 8: MOMU above random sampling by AU, in F1 and AUC, within and between, on both corpora."""
    study = _study(study)
    figure, axes = plt.subplots(
        2, 2, figsize=(9.6, 6.2), sharey=True, gridspec_kw={"hspace": 0.42, "wspace": 0.05, "top": 0.88}
    )
    used: list[Run] = []
    words = []
    for axis, (corpus, where) in zip(axes.flat, [(c, w) for c in LIKE for w in WHERE], strict=True):
        found = runs(study, trained_on(corpus, where))
        gains = {m: _gain(found, where, m) for m in ("f1", "auc")}
        axis.set_title(f"{LIKE[corpus]}, {where}", fontsize=10, loc="left")
        axis.axhline(0, color="#999999", lw=0.8)
        axis.tick_params(labelsize=9)
        axis.grid(axis="y", color="#dddddd", lw=0.6)
        f1, auc = gains["f1"], gains["auc"]
        if f1 is None or auc is None:
            said = f"not run under profile {study}"
            axis.text(0.5, 0.6, said, ha="center", color="#666666", transform=axis.transAxes)
            axis.set_xticks([])
            continue
        pair = [run for name in ("random", "momu") for run in found[name]]
        used += pair
        order = _by_rate(pair[0], f1.aus)
        told = printed_gain(corpus, where)
        axis.plot(range(len(order)), [told[str(au)] for au in order], "D", ms=5, mfc="none", color="#888888",
                  label="F1, printed, real data")  # fmt: skip
        for shift, one, marker, colour, name in ((-0.12, f1, "o", COLOURS["momu"], "F1"),
                                                 (0.12, auc, "s", "#E69F00", "AUC")):  # fmt: skip
            by = one.by_au()
            values = np.array([by[au] for au in order])  # (A, 3)
            reach = np.maximum([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]], 0)
            axis.errorbar(np.arange(len(order)) + shift, values[:, 0], reach, fmt=marker, ms=4.5, lw=1.1,
                          color=colour, label=f"{name}, ours")  # fmt: skip
        axis.set_xticks(range(len(order)), order)
        words.append(f"{LIKE[corpus]} {where}: F1 {f1.mean()}, AUC {auc.mean()}")
    if not used:
        plt.close(figure)
        return empty("Fig. 8", study)
    drawn = next(axis for axis in axes.flat if axis.get_legend_handles_labels()[0])
    handles, labels = drawn.get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, ncols=3, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 0.98))
    figure.supylabel("MOMU above random sampling, points", fontsize=10, x=0.06)
    figure.supxlabel("AU, from the rarest to the most frequent in the frames that train", fontsize=10, y=0.03)
    return Picture(
        figure,
        "Gains of MOMU over random sampling by AU, four panels, with intervals. Means over AUs, with 95 % intervals: "
        f"{'; '.join(words)}.",
        [provenance.line([run.record for run in _unique(used)], "95 % intervals over subjects, not over trainings")],
        "Fig. 8. Points of F1 (at a threshold of 0.5) and AUC that MOMU has above random sampling; bars: 95 % "
        "intervals over the tested people. The paper's AUC bars cannot be read; its F1 follows from Tables 3 and 4.",
    )


def _gain(found: dict[str, list[Run]], where: Where, measure) -> Scores | None:
    ours, random = (measured(found[name], where, measure) for name in ("momu", "random"))
    return None if ours is None or random is None else ours - random


def _by_rate(run: Run, aus: tuple[int, ...]) -> list[int]:
    """AUs from the rarest of the training frames to the most frequent."""
    rates = dict(zip(run.record.about["outputs"], base_rates(run), strict=True))
    return sorted(aus, key=lambda au: rates[au])
