"""Statistics of AU labels over time, as the published tables define them, and their comparison.

Everything here is computed from a table of labels alone, so that a real corpus, an embedded one and a draw of the
label model are measured with the same ruler.  Runs and lags never reach across the end of a video.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

#: Aggregates of real annotation, see the README there.
STATISTICS = Path(__file__).parent.parent / "statistics"


def lagged_correlation(active: np.ndarray, videos: np.ndarray, lags: Sequence[int] | np.ndarray) -> np.ndarray:
    """Pearson correlation of one AU with itself `lags` frames later, over all pairs inside a video, shape (lags,).

    "Pooled": no mean of a video is removed, so the value at long lags is the share of differences between videos.
    """
    found = []
    for lag in lags:
        pair = videos[lag:] == videos[: len(videos) - lag]
        found.append(_correlation_of_bits(active[: len(active) - lag][pair], active[lag:][pair]))
    return np.array(found)


def _correlation_of_bits(x: np.ndarray, y: np.ndarray) -> float:
    n = len(x)
    if n == 0:
        return np.nan
    p, q = np.count_nonzero(x) / n, np.count_nonzero(y) / n
    scale = np.sqrt(p * (1 - p) * q * (1 - q))
    return (np.count_nonzero(x & y) / n - p * q) / scale if scale > 0 else np.nan


def runs_of(active: np.ndarray, videos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths in frames of the active runs of one AU, and whether each touches the start or end of its video."""
    edge = np.r_[True, videos[1:] != videos[:-1]]  # first frame of a video
    last = np.r_[edge[1:], True]
    start = np.flatnonzero(active & (edge | ~np.r_[False, active[:-1]]))
    stop = np.flatnonzero(active & (last | ~np.r_[active[1:], False]))
    return stop - start + 1, edge[start] | last[stop]


def base_rates(active: np.ndarray, aus: Sequence[int]) -> pd.Series:
    """Share of frames in which each AU is active; `active` is bool (n, K)."""
    return pd.Series(active.mean(axis=0), index=list(aus), name="base_rate")


def rates_by_task(active: np.ndarray, tasks: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    """Base rates by task: one row a task, one column an AU."""
    return pd.DataFrame(active, columns=list(aus)).groupby(np.asarray(tasks)).mean()


def phi(active: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    """Pearson correlation between the AUs over all frames (the φ coefficient of a 2 × 2 table)."""
    return _correlation(active.astype(float), aus)


def within_video_correlation(active: np.ndarray, videos: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    """The same after each video's mean is taken away: how AUs move together in time."""
    table = pd.DataFrame(active.astype(float))
    return _correlation((table - table.groupby(np.asarray(videos)).transform("mean")).to_numpy(), aus)


def _correlation(values: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    centred = values - values.mean(axis=0)
    covariance = centred.T @ centred
    scale = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(covariance / np.outer(scale, scale), index=list(aus), columns=list(aus))


def cardinality(active: np.ndarray) -> pd.Series:
    """Share of frames with 0, 1, …, K active AUs."""
    counts = np.bincount(active.sum(axis=1), minlength=active.shape[1] + 1)
    return pd.Series(counts / len(active), name="fraction").rename_axis("number_of_active_aus")


def kaplan_meier_median(lengths: np.ndarray, censored: np.ndarray) -> float:
    """Length that half of the runs exceed, where censored runs are known only to be at least so long.

    The product-limit estimate; nan where it never falls to one half.
    """
    survival = 1.0
    for length in np.unique(lengths[~censored]):
        ended = np.count_nonzero((lengths == length) & ~censored)
        survival *= 1 - ended / np.count_nonzero(lengths >= length)
        if survival <= 0.5 + 1e-12:
            return float(length)
    return float("nan")


def run_lengths(active: np.ndarray, videos: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    """Active runs in frames, one row an AU.

    Runs cut by the start or end of a video count with their observed length in the plain quantiles;
    ``active_median_frames_km`` treats them as censored, ``active_median_frames_uncensored`` leaves them out.
    """
    rows: list[dict[str, float]] = []
    for column, au in enumerate(aus):
        lengths, cut = runs_of(active[:, column], np.asarray(videos))
        if not len(lengths):
            rows.append({"au": au, "active_runs": 0})
            continue
        p25, median, p75 = np.quantile(lengths, [0.25, 0.5, 0.75])
        rows.append(
            {
                "au": au,
                "active_runs": len(lengths),
                "active_runs_touching_a_boundary": int(cut.sum()),
                "active_median_frames": median,
                "active_p25_frames": p25,
                "active_p75_frames": p75,
                "active_mean_frames": lengths.mean(),
                "active_median_frames_km": kaplan_meier_median(lengths, cut),
                "active_median_frames_uncensored": np.median(lengths[~cut]) if (~cut).any() else np.nan,
            }
        )
    return pd.DataFrame(rows).set_index("au")


def autocorrelation(
    active: np.ndarray, videos: np.ndarray, aus: Sequence[int], lags: Sequence[int] | np.ndarray
) -> pd.DataFrame:
    """Pooled autocorrelation, see :func:`lagged_correlation`: one row an AU, one column a lag in frames."""
    codes, _ = pd.factorize(np.asarray(videos))
    rows = [lagged_correlation(active[:, column], codes, lags) for column in range(len(aus))]
    return pd.DataFrame(rows, index=pd.Index(list(aus), name="au"), columns=list(lags))


def persistence(
    active: np.ndarray, videos: np.ndarray, aus: Sequence[int], lags: Sequence[int] | np.ndarray
) -> pd.DataFrame:
    """P(active a lag later | active) − P(active a lag later | not active), over all pairs inside a video."""
    codes, _ = pd.factorize(np.asarray(videos))
    found = np.empty((len(aus), len(lags)))
    for j, lag in enumerate(lags):
        pair = codes[lag:] == codes[: len(codes) - lag]
        for i in range(len(aus)):
            now, later = active[: len(codes) - lag, i][pair], active[lag:, i][pair]
            found[i, j] = later[now].mean() - later[~now].mean() if now.any() else np.nan
    return pd.DataFrame(found, index=pd.Index(list(aus), name="au"), columns=list(lags))


def subject_spread(active: np.ndarray, subjects: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    """Spread over people of their base rates: standard deviation (n − 1) and quantiles, one row an AU."""
    rates = pd.DataFrame(active, columns=list(aus)).groupby(np.asarray(subjects)).mean()
    return pd.DataFrame(
        {
            "subject_rate_sd": rates.std(ddof=1),
            "subject_rate_p10": rates.quantile(0.1),
            "subject_rate_median": rates.median(),
            "subject_rate_p90": rates.quantile(0.9),
        }
    ).rename_axis("au")


def level_rates(codes: np.ndarray, aus: Sequence[int]) -> pd.DataFrame:
    """Share of all frames in which an AU has intensity 1…5, one row an AU."""
    return pd.DataFrame({k: (codes == k).mean(axis=0) for k in range(1, 6)}, index=list(aus))
