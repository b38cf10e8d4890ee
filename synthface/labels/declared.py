"""The label model of each embedded corpus: published numbers where there are some, declared choices elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from synthface.face.action_units import FACE_AUS
from synthface.labels import tracks, twins
from synthface.labels.model import LabelModel, Lengths
from synthface.labels.prototypes import TASK_EMOTIONS, latent_prior, task_shift
from synthface.labels.statistics import STATISTICS

N = len(FACE_AUS)

#: Share of active frames at intensity 1…5 where only occurrence is known (our choice).
OCCURRENCE_LEVELS = np.array([0.14, 0.28, 0.30, 0.19, 0.09])

#: Base rates of AUs that no table of the corpus gives (our choice).  In DISFA nobody talks, in BP4D people do.
UNCODED = {5: 0.04, 7: 0.10, 9: 0.06, 10: 0.08, 14: 0.08, 20: 0.03, 23: 0.04, 24: 0.04, 25: 0.20, 26: 0.10, 43: 0.01}

#: AUs 5, 9 and 20 of BP4D: counted there in all frames, though not among the 12 of the benchmarks.
BP4D_MORE = {5: 0.0388, 9: 0.0580, 20: 0.0248}

#: Share of time with speech in the tasks of BP4D (our choice after their descriptions: interview, film, startle,
#: silly song, dart game, cold water, insult, smell).
BP4D_TALK = (0.40, 0.02, 0.10, 0.45, 0.20, 0.15, 0.15, 0.15)

#: GFT (three strangers over a drink).  AUs 1, 2, 4, 15: printed for the larger release by Chu et al. (2019), Sec.
#: 5.3 and Fig. 7; the rest is our choice for a cheerful group.
GFT_PRINTED = {1: 0.088, 2: 0.109, 4: 0.034, 15: 0.088}
GFT_CHOSEN = {6: 0.32, 7: 0.36, 10: 0.28, 12: 0.34, 14: 0.22, 17: 0.24, 23: 0.17, 24: 0.11}

#: Shoulder pain (layout of the UNBC-McMaster archive): sparse, our choice; no table of it is at hand.
PAIN_CHOSEN = {4: 0.03, 6: 0.11, 7: 0.07, 9: 0.015, 10: 0.015, 12: 0.14, 20: 0.02, 25: 0.06, 26: 0.05, 43: 0.05}

#: Exclusion besides those of pressed (24) and parted lips (25, 26): closed eyes (43) are not raised lids (5).
CLOSED = (43, 5)

#: How far speech raises latent variables, in standard deviations (our choice): lips and jaw with the syllables,
#: the chin, lip corners and lip stretch a little for the burst.
SPEECH_LIFT = {25: 2.0, 26: 1.4, 17: 0.2, 20: 0.4, 23: 0.2}

#: Share of time in which the whole face rests: frames without any AU become as common as counted in BP4D, and nearly
#: so in DISFA, where more rest would make AUs last too long.
BP4D_REST, DISFA_REST = 0.03, 0.30

#: Relative lengths of videos at ``Lengths.AT``: BP4D's are near 500 frames (quartiles 419, 490, 500), with two
#: shorter tasks; chosen such that the quantiles over all 328 videos agree.
LONG, SHORT = (0.45, 0.72, 0.93, 0.99, 1.01, 1.15, 1.5), (0.29, 0.4, 0.6, 0.9, 1.3, 1.6, 2.0)

SAME = (1.0,) * 7


def au_row(values: dict[int, float]) -> np.ndarray:
    """`values` by AU number as a row over ``FACE_AUS``; 0 where there is none."""
    return np.array([values.get(au, 0.0) for au in FACE_AUS], float)


def bp4d_unfitted() -> LabelModel:
    """The BP4D-like model before its time shares and correlations are fitted."""
    table = pd.read_csv(STATISTICS / "bp4d_rates_by_task.csv", index_col=0)
    frames = table.pop("frames").to_numpy(float)
    table.columns = table.columns.astype(int)
    rates = np.empty((len(table), N))
    for i, au in enumerate(FACE_AUS):
        if au in table:
            rates[:, i] = table[au]
        elif au == 45:
            rates[:, i] = 17 * 0.3 / 60  # blinks a minute times their seconds
        else:
            mean = BP4D_MORE.get(au, UNCODED.get(au, 0.01))
            start = expit(logit(mean) + task_shift(au, TASK_EMOTIONS))[:, None]
            rates[:, i] = twins.with_means(start, frames, np.array([mean]))[:, 0]
    mean = frames / 41
    return LabelModel(
        tasks=tuple(table.index),
        rates=rates,
        levels=np.tile(OCCURRENCE_LEVELS, (N, 1)),
        heights=np.tile(OCCURRENCE_LEVELS, (N, 1)),
        correlation=latent_prior(),
        between=latent_prior(),
        shares=np.tile([0.20, 0.20], (N, 1)),
        weights=np.tile([0.0, 0.05, 0.25, 0.6, 0.1], (N, 1)),
        calibrated=np.isin(FACE_AUS, table.columns),
        lengths=Lengths(tuple(mean), tuple(SHORT if m < 400 else LONG for m in mean)),
        frame_rate=25.0,
        talk=BP4D_TALK,
        lift=au_row(SPEECH_LIFT),
        rest=BP4D_REST,
        exclusions=((24, 25), (24, 26), CLOSED),
    )


def disfa_unfitted() -> LabelModel:
    """The DISFA-like model before its time shares and correlations are fitted."""
    counts = pd.read_csv(STATISTICS / "disfa_level_counts.csv", index_col=0)
    rates = au_row({**UNCODED, 45: 17 * 0.3 / 60})
    levels = np.tile(OCCURRENCE_LEVELS, (N, 1))
    for au, row in counts.iterrows():
        i = FACE_AUS.index(int(au))
        rates[i] = row.iloc[1:].sum() / row.sum()
        levels[i] = row.iloc[1:] / row.iloc[1:].sum()
    return replace(
        bp4d_like(),
        tasks=("V1",),
        rates=rates[None],
        levels=levels,
        heights=levels,
        calibrated=np.isin(FACE_AUS, counts.index),
        lengths=Lengths((4845.0,), (SAME,)),
        frame_rate=20.0,
        talk=(0.0,),
        rest=DISFA_REST,
        exclusions=((25, 24), (26, 24), CLOSED),
    )


def fitted(model: LabelModel, name: str) -> LabelModel:
    """`model` with the numbers that ``calibration.py`` found and wrote to ``statistics/fitted_….json``."""
    path = STATISTICS / f"fitted_{name}.json"
    found = {key: np.array(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()}
    return replace(model, **found)  # type: ignore[arg-type]


@cache
def bp4d_like() -> LabelModel:
    """Eight tasks; AUs 6, 7, 10, 12, 14 near one half, AUs 1, 2, 4, 15, 17, 23, 24 rarer; calibrated to BP4D."""
    return fitted(bp4d_unfitted(), "bp4d")


@cache
def disfa_like() -> LabelModel:
    """One long video a person who watches films; sparse, with intensities; calibrated to DISFA."""
    return fitted(disfa_unfitted(), "disfa")


@cache
def bp4d_plus_like() -> LabelModel:
    """Ten tasks and base rates further apart: the commonest AU about ten times as frequent as the rarest.

    No table of BP4D+ is at hand.  The rates are those of BP4D stretched on the logit scale until the ratio that
    Chu et al. (2019), Sec. 5, give for BP4D+ is reached; T9 and T10 lie midway between T1 and T4, and T2 and T6.
    """
    base = bp4d_like().with_rates(-0.75)
    logits = logit(base.rates)
    extra = expit(np.stack([logits[[0, 3]].mean(axis=0), logits[[1, 5]].mean(axis=0)]))
    mean, spread = base.lengths.mean, base.lengths.spread
    return replace(
        base,
        tasks=tuple(f"T{k}" for k in range(1, 11)),
        rates=np.vstack([base.rates, extra]),
        lengths=Lengths((*mean, mean[0], mean[1]), (*spread, spread[0], spread[1])),
        talk=(*base.talk, base.talk[0], base.talk[1]),
    )


@cache
def gft_like() -> LabelModel:
    """One video of a group at a table, who talk four tenths of the time; time course and ties as in BP4D.

    GFT's coders left out traces (A), so an AU occurs a little more often than it is coded.
    """
    seen = 1 - OCCURRENCE_LEVELS[0]
    coded = {au: rate / seen for au, rate in {**GFT_PRINTED, **GFT_CHOSEN}.items()}
    rates = au_row({**UNCODED, 25: 0.38, 26: 0.22, **coded, 45: 17 * 0.3 / 60})
    return replace(
        bp4d_like(),
        tasks=("G1",),
        rates=rates[None],
        calibrated=np.isin(FACE_AUS, [*GFT_PRINTED, *GFT_CHOSEN]),
        lengths=Lengths((1800.0,), (SAME,)),
        frame_rate=30.0,
        talk=(0.4,),
    )


@cache
def pain_like() -> LabelModel:
    """Short videos of a painful movement: sparse AUs of the pain prototype, among them held closure of the eyes."""
    rates = au_row({**UNCODED, 1: 0.02, 2: 0.02, 14: 0.03, 15: 0.02, 17: 0.04, **PAIN_CHOSEN, 45: 17 * 0.3 / 60})
    base = disfa_like()
    videos = 8
    return replace(
        base,
        tasks=tuple(f"M{k}" for k in range(1, videos + 1)),
        rates=np.repeat(rates[None], videos, axis=0),
        calibrated=np.isin(FACE_AUS, list(PAIN_CHOSEN)),
        lengths=Lengths((242.0,) * videos, (SHORT,) * videos),
        frame_rate=25.0,
        talk=(0.0,) * videos,
    )


@cache
def probe() -> LabelModel:
    """Every AU and every frame for itself: active with probability 0.3, all intensities equally often.

    Eyes are closed in one frame of fifty only: behind closed lids nobody could tell AUs 5 and 7.
    """
    equal = np.full((N, 5), 0.2)
    return LabelModel(
        tasks=("P1",),
        rates=np.where(np.isin(FACE_AUS, (43, 45)), 0.02, 0.3)[None],
        levels=equal,
        heights=equal,
        correlation=np.eye(N),
        between=np.eye(N),
        shares=np.zeros((N, 2)),
        weights=np.full((N, len(tracks.SCALES)), 1 / len(tracks.SCALES)),
        calibrated=np.ones(N, bool),
        lengths=Lengths((500.0,), (SAME,)),
        frame_rate=25.0,
        talk=(0.0,),
        blinks=0.0,
        ramps=False,
        memory=False,
    )
