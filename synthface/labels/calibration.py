"""Fits the label models to the published statistics; run it by hand, drawing needs only what it writes.

    python -m synthface.labels.calibration           # fit, then report (about ten minutes)
    python -m synthface.labels.calibration report    # report only

Three steps, for BP4D and then DISFA.  (1) One AU at a time: shares of people, videos and time constants, see
``fitting.py``.  (2) Correlations: draw, compare the φ of the labels over all frames and within videos with the
published ones, move the latent correlations by the difference, and again; this takes in what people, tasks, time
constants and speech do to φ, which no formula for one pair does.  (3) Heights: what onset and offset take from the
high intensities is given back.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from synthface.face.action_units import FACE_AUS
from synthface.labels import declared, fitting, prototypes, report, statistics
from synthface.labels.model import LabelModel
from synthface.labels.statistics import STATISTICS

#: Times the number of people of the real corpus that the fits draw, so that chance weighs less.
BP4D_PERSONS, DISFA_PERSONS = 82, 81


def draw(model: LabelModel, persons: int, seed: int, steps: int = 3) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Frame table, codes (n, 19) and uniforms (n, 19) of a corpus; `steps` = 1 draws latent tracks only (no codes)."""
    common = np.random.default_rng([seed, 0])
    lengths, levels = model.draw_lengths(common, persons), model.draw_levels(common, persons)
    tables, codes, uniforms = [], [], []
    for p in range(persons):
        rng = np.random.default_rng([seed, 1, p])
        if steps == 1:
            for task, n in enumerate(lengths[p]):
                uniforms.append(model.uniforms(rng, task, levels[p, 0], levels[p, 1 + task], n, model.frame_rate)[0])
        else:
            videos = model.draw_person(rng, levels[p], lengths[p], model.frame_rate)
            codes += [video.codes for video in videos]
            uniforms += [video.uniforms for video in videos]
        sequence = np.repeat(model.tasks, lengths[p])
        tables.append(pd.DataFrame({"subject": f"S{p + 1:02d}", "sequence": sequence}))
    frames = pd.concat(tables, ignore_index=True)
    return frames, np.concatenate(codes) if codes else np.zeros((0, 19), np.int8), np.concatenate(uniforms)


def with_time(model: LabelModel, found: dict[int, np.ndarray]) -> LabelModel:
    """Step 1, its end: shares (2 + scales,) by AU number; AUs without take the mean, eye closure (43) is slow."""
    for au, shares in found.items():
        print(f"AU{au:<3d} shares {np.round(shares, 3)}", flush=True)
    usual = np.mean(list(found.values()), axis=0)
    every = np.array([found.get(au, usual) for au in FACE_AUS])
    weights = every[:, 2:] / every[:, 2:].sum(axis=1, keepdims=True)
    for au in (43, 45):
        weights[FACE_AUS.index(au)] = (0, 0, 0, 1, 0)
    return replace(model, shares=every[:, :2].round(4), weights=weights.round(4))


def fit_correlations(
    model: LabelModel, persons: int, rates: np.ndarray, phi: pd.DataFrame, within: pd.DataFrame | None, rounds: int = 12
) -> LabelModel:
    """Step 2.  `rates` (tasks, 19) are those of the threshold that `phi` belongs to.

    Without a table of correlations within videos, people and videos differ in the same way as movements do.
    """
    aus = list(phi.index)
    at = [FACE_AUS.index(au) for au in aus]
    block = np.ix_(at, at)
    between, correlation = model.between.copy(), model.correlation.copy()
    for step in range(rounds):
        model = replace(
            model,
            between=prototypes.nearest_correlation(between).round(4),
            correlation=prototypes.nearest_correlation(correlation).round(4),
        )
        frames, _, uniforms = draw(model, persons, 100 + step, steps=1)
        task = pd.Categorical(frames["sequence"], categories=model.tasks).codes
        active = (uniforms > 1 - rates[task])[:, at]
        gap = phi.to_numpy() - statistics.phi(active, aus).to_numpy()
        pace = 1.3 if step < 4 else 4 / (step + 1)  # ever smaller steps average the chance of single draws
        if within is None:
            correlation[block] = np.clip(model.correlation[block] + pace * gap, -0.95, 0.95)
            between = correlation.copy()
        else:
            videos, _ = pd.factorize(frames["subject"] + frames["sequence"])
            inside = statistics.within_video_correlation(active, videos, aus).to_numpy()
            inner = within.to_numpy() - inside
            correlation[block] = np.clip(model.correlation[block] + pace * inner, -0.95, 0.95)
            between[block] = np.clip(model.between[block] + pace * (gap - 0.5 * inner), -0.9, 0.9)
        print(f"round {step}: mean |phi gap| {np.abs(gap).sum() / len(at) / (len(at) - 1):.4f}", flush=True)
        for matrix in (correlation, between):
            np.fill_diagonal(matrix, 1)
    return model


def fit_heights(model: LabelModel, persons: int, rounds: int = 6) -> LabelModel:
    """Step 3: heights such that the codes, after ramps, have the wanted share at each intensity.

    What ramps do is read from the same draw with and without them: the chance of the draw is in both and cancels.
    """
    frames, _, uniforms = draw(model, persons, 200)  # the latent tracks do not depend on heights
    rates = model.rates[pd.Categorical(frames["sequence"], categories=model.tasks).codes]
    above = np.clip((uniforms - (1 - rates)) / rates, 0, 1)  # uniform over (0, 1) while active
    for step in range(rounds):
        _, codes, _ = draw(model, persons, 200)
        found = np.stack([(codes == k).sum(axis=0) for k in range(1, 6)], axis=1) + 1.0
        edges = np.cumsum(np.c_[np.zeros(len(FACE_AUS)), model.heights], axis=1)  # (19, 6)
        bare = np.stack([
            ((above > edges[:, k]) & (above <= edges[:, k + 1])).sum(axis=0) for k in range(5)
        ], axis=1) + 1.0  # fmt: skip
        expected = model.heights * (found / found.sum(axis=1, keepdims=True)) / (bare / bare.sum(axis=1, keepdims=True))
        expected = expected / expected.sum(axis=1, keepdims=True)
        heights = model.heights * np.clip((model.levels + 1e-6) / (expected + 1e-6), 0.5, 2.0)
        print(f"heights {step}: largest gap {np.abs(expected - model.levels)[model.calibrated].max():.3f}", flush=True)
        model = replace(model, heights=(heights / heights.sum(axis=1, keepdims=True)).round(5))
    return model


def fit_bp4d() -> LabelModel:
    """All three steps for BP4D."""
    published = report.published("bp4d")
    model = declared.bp4d_unfitted()
    lags = published["autocorrelation"]
    targets = {
        int(au): fitting.Target(
            rates=model.rates[:, FACE_AUS.index(int(au))],
            lags=lags.columns.to_numpy(),
            autocorrelation=lags.loc[au].to_numpy(),
            precision=np.ones(lags.shape[1]),
            median_run=float(published["median active run"][au]),
            spread=float(published["spread over subjects"][au]),
        )
        for au in lags.index
    }
    lengths = model.draw_lengths(np.random.default_rng(1), BP4D_PERSONS)
    bench = fitting.Bench.draw(0, lengths, model.frame_rate)
    model = with_time(model, {au: fitting.fit(bench, target) for au, target in targets.items()})
    model = fit_correlations(model, BP4D_PERSONS, model.rates, published["phi"], published["within"])
    return fit_heights(model, BP4D_PERSONS // 2)


def fit_disfa() -> LabelModel:
    """All three steps for DISFA, at intensity 2 or more; few pairs of sampled frames weigh little."""
    published = report.published("disfa")
    model = declared.disfa_unfitted()
    stay, pairs = report.disfa_persistence()
    rates = model.rates * model.levels[:, 1:].sum(axis=1)
    targets = {}
    for au in stay.index:
        known = stay.loc[au].notna().to_numpy()
        weight = pairs.loc[au].to_numpy()[known]
        targets[int(au)] = fitting.Target(
            rates=rates[:, FACE_AUS.index(int(au))],
            lags=stay.columns.to_numpy()[known],
            autocorrelation=stay.loc[au].to_numpy()[known],
            precision=weight / (weight + 100),
        )
    rate = model.frame_rate
    model = with_time(model, {au: fitting.fit_persistence(target, rate) for au, target in targets.items()})
    phi = published["phi"]
    start = model.correlation.copy()
    for a in phi.index:
        for b in phi.index[phi.index > a]:
            i, j = FACE_AUS.index(a), FACE_AUS.index(b)
            start[i, j] = start[j, i] = prototypes.tetrachoric(phi.loc[a, b], rates[0, i], rates[0, j])
    start = prototypes.nearest_correlation(start)
    model = replace(model, correlation=start, between=start)
    model = fit_correlations(model, DISFA_PERSONS, rates, phi, None)
    return fit_heights(model, DISFA_PERSONS // 2)


def write(model: LabelModel, name: str) -> None:
    """Ship the fitted numbers."""
    fields = ("shares", "weights", "correlation", "between", "heights")
    rows = [f'"{key}": [\n' + ",\n".join(json.dumps(r) for r in getattr(model, key).tolist()) + "\n]" for key in fields]
    (STATISTICS / f"fitted_{name}.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def measure(name: str, seed: int) -> pd.DataFrame:
    """Calibration report of one full corpus of ``"bp4d"`` or ``"disfa"``."""
    like, persons, threshold = {"bp4d": (declared.bp4d_like, 41, 1), "disfa": (declared.disfa_like, 27, 2)}[name]
    model = like()
    published = report.published(name)
    aus = list(published["phi"].index)
    at = [FACE_AUS.index(au) for au in aus]
    frames, codes, _ = draw(model, persons, seed)
    return report.calibration_report(report.aggregates(frames, codes[:, at], aus, threshold), published)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Largest and mean absolute difference, tolerance and share within it, by statistic."""
    size = table.assign(size=table["difference"].abs()).sort_values("size")
    return size.groupby("statistic").agg(
        largest=("size", "max"), where=("what", "last"), mean=("size", "mean"), tolerance=("tolerance", "first"),
        within=("within", "sum"), of=("within", "size"),
    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """Fit (unless told to report only), then print the report of three seeds."""
    if "report" not in arguments:
        names = arguments or ["bp4d", "disfa"]
        if "bp4d" in names:
            write(fit_bp4d(), "bp4d")
            declared.bp4d_like.cache_clear()
        if "disfa" in names:
            write(fit_disfa(), "disfa")
    for name in [n for n in arguments if n != "report"] or ["bp4d", "disfa"]:
        for seed in range(3):
            print(f"\n{name}, seed {seed}\n{summary(measure(name, seed)).round(4).to_string()}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
