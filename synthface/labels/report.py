"""Generated labels beside the published statistics they are calibrated to, with the tolerance of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from synthface.labels import statistics
from synthface.labels.statistics import STATISTICS

#: Largest difference that counts as calibrated; "ratio" statistics are compared as generated / published − 1.
TOLERANCES = {
    "base rate": 0.02,
    "phi, mean absolute error": 0.06,
    "median active run": 0.25,
    "autocorrelation": 0.10,
    "persistence": 0.10,
    "cardinality": 0.03,
    "spread over subjects": 0.25,
    "level rate": 0.02,
}
RATIOS = ("median active run", "spread over subjects")

#: Fewest sampled pairs behind a published value of persistence that is compared: fewer are off by 0.1 by chance.
FEWEST_PAIRS = 100


def published(name: str) -> dict[str, pd.DataFrame | pd.Series]:
    """Published statistics of ``"bp4d"`` (occurrence) or ``"disfa"`` (intensity of 2 or more), by statistic."""
    if name == "bp4d":
        rates = _table("bp4d_base_rates.csv")
        lags = _table("bp4d_autocorrelation.csv")
        lags.columns = [int(column.removeprefix("autocorr_lag")) for column in lags.columns]
        return {
            "base rate": rates["base_rate"],
            "phi": _matrix("bp4d_phi.csv"),
            "within": _matrix("bp4d_within_video_correlation.csv"),
            "median active run": _table("bp4d_run_lengths.csv")["active_median_frames"],
            "autocorrelation": lags,
            "cardinality": _table("bp4d_cardinality.csv")["fraction"],
            "spread over subjects": rates["subject_rate_sd"],
        }
    if name == "disfa":
        counts = _table("disfa_level_counts.csv")
        rates = counts.iloc[:, 1:].div(counts.sum(axis=1), axis=0)
        rates.columns = rates.columns.astype(int)
        stay, _ = disfa_persistence(FEWEST_PAIRS)
        return {
            "base rate": _table("disfa_base_rates_ge2.csv")["all_frames_rate_published"],
            "phi": _matrix("disfa_phi_ge2.csv"),
            "persistence": stay.loc[:, stay.columns <= 200],
            "cardinality": _table("disfa_cardinality_ge2.csv")["fraction"],
            "level rate": rates,
        }
    raise ValueError(f"there are no published statistics of {name!r}; choose from bp4d, disfa")


def disfa_persistence(fewest: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Persistence by AU and lag in frames, nan below `fewest` pairs, and the number of pairs behind each value."""
    table = _table("disfa_persistence_ge2.csv")
    lags = [int(c.rpartition("lag")[2]) for c in table.columns if c.startswith("active_pairs")]
    pairs = pd.DataFrame({lag: table[f"active_pairs_lag{lag}"] for lag in lags})
    stay = pd.DataFrame({
        lag: table[f"p_active_given_active_lag{lag}"] - table[f"p_active_given_inactive_lag{lag}"] for lag in lags
    })  # fmt: skip
    return stay.where(pairs >= fewest), pairs


def aggregates(
    frames: pd.DataFrame, codes: np.ndarray, aus: Sequence[int], threshold: int = 1
) -> dict[str, pd.DataFrame | pd.Series]:
    """The same statistics of a table of labels, computed from every frame.

    Parameters
    ----------
    frames : DataFrame
        Columns ``subject`` and ``sequence``, one row a frame, in time order inside a sequence.
    codes : ndarray, shape (n, K)
    aus : sequence of int, length K
    threshold : int
        Lowest intensity that counts as active.
    """
    active = codes >= threshold
    subjects = frames["subject"].to_numpy()
    videos, _ = pd.factorize(frames["subject"].astype(str) + "/" + frames["sequence"].astype(str))
    return {
        "base rate": statistics.base_rates(active, aus),
        "phi": statistics.phi(active, aus),
        "within": statistics.within_video_correlation(active, videos, aus),
        "median active run": statistics.run_lengths(active, videos, aus)["active_median_frames"],
        "autocorrelation": statistics.autocorrelation(active, videos, aus, (1, 2, 5, 10, 25, 50, 100, 200)),
        "persistence": statistics.persistence(active, videos, aus, (1, 2, 5, 10, 20, 40, 100, 200, 400)),
        "cardinality": statistics.cardinality(active),
        "spread over subjects": statistics.subject_spread(active, subjects, aus)["subject_rate_sd"],
        "level rate": statistics.level_rates(codes, aus),
    }


def calibration_report(generated: dict, target: dict) -> pd.DataFrame:
    """Each published number beside the generated one.

    Parameters
    ----------
    generated : dict
        From :func:`aggregates`, of the AUs that `target` has.
    target : dict
        From :func:`published`.

    Returns
    -------
    DataFrame
        Columns statistic, what (AU, lag, …), generated, published, difference, tolerance, within.
    """
    rows: list[tuple[str, str, float, float]] = []
    for statistic, theirs in target.items():
        ours = generated[statistic]
        if statistic in ("phi", "within"):
            upper = np.triu_indices(len(theirs), 1)
            gap = np.abs(ours.loc[theirs.index, theirs.columns].to_numpy() - theirs.to_numpy())[upper]
            name = "phi, mean absolute error"
            rows.append((name, "all frames" if statistic == "phi" else "within videos", float(gap.mean()), 0.0))
        elif isinstance(theirs, pd.DataFrame):
            for au, row in theirs.iterrows():
                for column, value in row.items():
                    if np.isfinite(value):
                        what = f"AU{au} lag {column}" if statistic != "level rate" else f"AU{au} level {column}"
                        rows.append((statistic, what, float(ours.loc[au, column]), float(value)))
        else:
            label = "{} AUs" if statistic == "cardinality" else "AU{}"
            rows += [(statistic, label.format(k), float(ours.get(k, 0.0)), float(v)) for k, v in theirs.items()]
    table = pd.DataFrame(rows, columns=["statistic", "what", "generated", "published"])
    ratio = table["statistic"].isin(RATIOS)
    table["difference"] = np.where(
        ratio, table["generated"] / table["published"].where(ratio, 1) - 1, table["generated"] - table["published"]
    )
    table["tolerance"] = table["statistic"].map(TOLERANCES)
    table["within"] = table["difference"].abs() <= table["tolerance"]
    return table


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(STATISTICS / name, index_col=0)


def _matrix(name: str) -> pd.DataFrame:
    table = _table(name)
    table.columns = table.columns.astype(int)
    return table
