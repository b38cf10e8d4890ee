"""The checks that an embedded corpus has to pass before a verdict is read from it, and how it did."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from aubook.engine import provenance
from aubook.engine.table import Table
from aubook.pages.realism import IN_THE_SKIN, MET, MISSED, NOT_RUN, _auc, _over, _runs, _second_level, hidden
from aubook.papers.corpora import CALIBRATED, PROBE
from aubook.study import Study

Check = tuple[str, str, str, Callable[[], tuple[str, bool]]]


def _judged(find: Callable[[], tuple[str, bool]]) -> tuple[str, str]:
    """What was found and the verdict; a check whose runs are missing raises LookupError."""
    try:
        found, met = find()
    except LookupError:
        return NOT_RUN, NOT_RUN
    return found, MET if met else MISSED


def _table(checks: list[Check], caption: str, lines: list[str]) -> Table:
    rows = []
    for corpus, what, demanded, find in checks:
        found, verdict = _judged(find)
        rows.append({"corpus": corpus, "check": what, "verdict": verdict, "found": found, "demanded": demanded})
    frame = pd.DataFrame(rows).set_index(["corpus", "check"])
    return Table(frame, caption, lines)


def _needed(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        raise LookupError
    return frame


def checks(study: str | Study, who: pd.Series | None = None) -> Table:
    """Checks that need networks, and whether HOG knows people.

    Parameters
    ----------
    study : str or Study
        Whose records.
    who : pandas.Series, optional
        From ``realism.identity`` of the calibrated corpus.
    """
    runs = _runs(study)

    def over(start: str, value=_auc) -> pd.DataFrame:
        return _needed(_over(runs, start, value))

    def mean(start: str, value=_auc) -> pd.Series:
        return over(start, value).mean(axis=1)

    def ceiling() -> tuple[str, bool]:
        auc = mean("image-calibrated")
        return f"{auc.mean():.3f}; {(auc > 0.98).sum()} AUs", 0.75 <= auc.mean() <= 0.93 and (auc > 0.98).sum() <= 2

    def appearance() -> tuple[str, bool]:
        gain = mean("image-calibrated").mean() - mean("linear-calibrated").mean()
        return f"{100 * gain:+.1f} points", gain >= 0.02

    def people() -> tuple[str, bool]:
        if who is None:
            raise LookupError
        return f"{who['HOG'] / who['chance']:.1f} times chance", bool(who["HOG"] > 3 * who["chance"])

    def company() -> tuple[str, bool]:
        excess = mean("image-calibrated").mean() - mean("image-independent").mean()
        return f"{100 * excess:+.1f} points", excess > 0

    def level() -> tuple[str, bool]:
        values = over("image-seed").mean()
        return _range(values), bool(values.between(0.87, 0.96).all())

    def floor() -> tuple[str, bool]:
        auc = mean("image-seed")
        return f"{auc.min():.3f} (AU{auc.idxmin()})", bool(auc.min() >= 0.75)

    def saturated() -> tuple[str, bool]:
        auc = mean("image-seed")
        return f"{(auc >= 0.99).sum()} AUs", bool((auc >= 0.99).sum() <= 3)

    def faint() -> tuple[str, bool]:
        value = mean("image-seed", _second_level).mean()
        return f"{value:.3f}", bool(value <= 0.90)

    def skin() -> tuple[str, bool]:
        gain = (mean("image-seed") - mean("landmarks-seed"))[list(IN_THE_SKIN)]
        return ", ".join(f"AU{au} {value:+.3f}" for au, value in gain.items()), bool((gain >= 0.03).all())

    def masked() -> tuple[str, bool]:
        auc = mean("image-seed", hidden)
        return f"largest {auc.max():.3f} (AU{auc.idxmax()}), mean {auc.mean():.3f}", bool(auc.max() <= 0.65)

    def shuffled() -> tuple[str, bool]:
        value = mean("image-shuffled").mean()
        return f"{value:.3f}", bool(abs(value - 0.5) <= 0.03)

    listed: list[Check] = [
        (CALIBRATED, "no ceiling: mean AUC of a plain CNN; AUs above .98", ".75 to .93; at most 2", ceiling),
        (CALIBRATED, "appearance matters: CNN over a linear model on true landmarks", "at least +2 points", appearance),
        (CALIBRATED, "company: AUC above that of the independent twin", "above 0", company),
        (CALIBRATED, "people: HOG finds the person in another video", "above 3 times chance", people),
        (PROBE, "mean AUC, each seed", ".87 to .96", level),
        (PROBE, "weakest AU", "at least .75", floor),
        (PROBE, "AUs at .99 or above", "at most 3", saturated),
        (PROBE, "intensity 2 against 0", "at most .90", faint),
        (PROBE, "CNN over landmarks on AUs 6, 9, 14, 17", "at least +.03 each", skin),
        (PROBE, "AUC with the AU's region hidden", "at most .65 each", masked),
        (PROBE, "codes shuffled", ".50 ± .03", shuffled),
    ]
    found = [record for _, record in runs.values() if record is not None]
    missing = [label for label, (_, record) in runs.items() if record is None]
    note = f"not run: {', '.join(missing)}" if missing and found else ""
    return _table(listed, "Is the corpus fit? Faces", [provenance.line(found, note)])


def _range(values: pd.Series) -> str:
    return f"{values.min():.3f}" if len(values) == 1 else f"{values.min():.3f} to {values.max():.3f}"


def label_checks() -> Table:
    """Checks of the labels alone, from scripts with seed 0."""
    from aubook.pages import calibration, twins

    def rates(name: str) -> Callable[[], tuple[str, bool]]:
        def find() -> tuple[str, bool]:
            from synthface import labels

            theirs = labels.published(calibration.TARGETS[name][0])["base rate"]
            off = (calibration.generated(name)["base rate"][theirs.index] / theirs - 1).abs()
            return (
                f"largest {100 * off.max():.0f} % (AU{off.idxmax()}), mean {100 * off.mean():.0f} %",
                off.max() <= 0.1,
            )

        return find

    def tolerances(name: str) -> Callable[[], tuple[str, bool]]:
        def find() -> tuple[str, bool]:
            within = calibration.report(name)["within"]
            return f"{within.sum()} of {len(within)}", bool(within.all())

        return find

    def independent() -> tuple[str, bool]:
        value = twins.largest(twins.phi_of(f"{CALIBRATED}+ind"))
        return f"{value:.3f}", value <= 0.02

    listed: list[Check] = []
    for name in calibration.TARGETS:
        listed.append((name, "base rates beside the published ones", "each within 10 %", rates(name)))
        listed.append((name, "numbers within their own tolerance", "all", tolerances(name)))
    listed.append((f"{CALIBRATED}+ind", "largest |φ| of a pair", "at most .02", independent))
    line = provenance.generated("Scripts with seed 0, full length; the independent twin with 60 frames a video")
    return _table(listed, "Is the corpus fit? Labels", [line])
