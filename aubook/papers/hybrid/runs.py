"""Hybrid (Chu, De la Torre and Cohn, IVC 2019): which runs make which table and figure.

==================  =============================================================================================
Tables 1, 2         `ROWS` on the GFT-like and the BP4D-like corpus, three folds and ten
Tables 3, 4         `SAMPLERS`, ten folds, within the GFT-like and the BP4D+-like corpus; *between* is the same run
                    on the other corpus.  Random batches on GFT are the ANet of Table 1
Fig. 2 (d, e)       probe ``filters`` of both ANets of three folds
Figs. 3, 4          ``representations-…``; fc7 comes from the ANet of the other corpus, as ANet^T does
Figs. 5, 6          labels alone, no run
Figs. 7, 8          the runs of Tables 3 and 4: history and predictions
Fig. 9              probe ``activation`` of both ANets, and of controls: trained on shuffled codes, on independent AUs
Sec. 3.2, 4.4       `TEMPORAL`: what order, direction, depth, loss and PCA are worth to the LSTM
Sec. 4.4            `LEAKS`: what happens if the ten folds part sequences or frames in place of people
==================  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aubook.study import Study
from aulib.manifest import entry
from aulib.runs.declaration import Declaration
from aulib.runs.profiles import profile

#: Short name -> the embedded corpus.
CORPORA = {"gft": "synth-gft", "bp4d": "synth-bp4d", "plus": "synth-bp4d-plus"}

#: The corpus on which "the other one" is trained.
OTHER = {"gft": "bp4d", "bp4d": "gft", "plus": "gft"}

#: Rows of Tables 1 and 2 that are run here, in the papers' order; ANet^T at three folds only.
ROWS = ("svm-hog", "anet", "svm-fc7", "lstm", "hybrid")

#: Methods of Tables 3 and 4.
SAMPLERS = {"random": "anet", "stratified": "anet-stratified", "momu": "anet-momu"}

#: Variants of the temporal network -> its options.
TEMPORAL: dict[str, dict[str, Any]] = {
    "shuffled": {"order": "shuffled"},
    "both-ways": {"bidirectional": True},
    "one-layer": {"layers": 1},
    "all-features": {"components": 0},
    "printed-gradient": {"loss": "margin-printed"},
    "cross-entropy": {"loss": "cross-entropy"},
}

#: Those of them whose scores are fused with ANet's as well.
FUSED = ("shuffled", "both-ways")

#: Variants of the fusion itself -> its options: fitted on people on whom neither network learnt; scores as they are.
FUSION: dict[str, dict[str, Any]] = {"held-out": {"fits_on": "validation"}, "as-it-is": {"normalised": False}}

#: What is kept apart between folds besides people -> protocol.
LEAKS = {"sequence": "hybrid-bp4d-10-by-sequence", "frame": "hybrid-bp4d-10-by-frame"}

#: Share of the profile's image-steps.  Of the temporal network it is frames, which cost a hundredth of a face; the
#: fusion network has 2,380 weights.  From shuffled codes there is nothing to learn, however long.
#: `START` is that of the network whose weights the others begin with.
BUDGETS = {"anet": 0.5, "lstm": 6.0, "hybrid": 8.0, "shuffled": 0.25, "start": 1.75}

#: Where the ANets of the embedded corpora begin under a small profile: an ANet that has learnt independent AUs from
#: the probe set, whose people are in no other corpus.  From random weights none of them would be trained within the
#: hour that a laptop has.  The paper does not say where its own network began.
START = ("synth-probe", "probe")

#: Training frames whose F1 is followed while a network learns (Fig. 7).
WATCHED = 1000


def declarations(study: Study) -> dict[str, Declaration]:
    """All runs of the paper, by label."""
    runs: dict[str, Declaration] = {}
    here = [corpus for corpus in CORPORA if corpus_of(study, corpus)]
    drawn = [corpus for corpus in here if entry(str(corpus_of(study, corpus))).source == "synthetic"]
    if drawn and profile(study.profile).scale < 1:
        probe, rule = START
        seed, share = study.seeds[0], BUDGETS["start"]
        runs["anet-start"] = Declaration("anet-start", "anet", probe, rule, study.profile, seed=seed, budget=share)
    tables = [corpus for corpus in ("bp4d", "gft") if corpus in here]
    for seed in study.seeds:
        for corpus in tables:
            for folds in (3, 10):
                _networks(runs, study, corpus, folds, seed)
        for short in here:
            if short != "bp4d":
                _samplers(runs, study, short, seed)
        for corpus in tables:
            for folds in (3, 10):
                _others(runs, study, corpus, folds, seed)
    if "bp4d" in here:
        _temporal(runs, study)
        _leaks(runs, study)
    if len(tables) == 2:
        _representations(runs, study)
    if corpus_of(study, "bp4d") == CORPORA["bp4d"]:  # a real corpus has no twins
        _controls(runs, study)
    return runs


def corpus_of(study: Study, corpus: str) -> str | None:
    """The corpus behind a short name; None where a reader chose real corpora and this is not among them."""
    return study.substitute(CORPORA[corpus])


def tested(study: Study, folds: int) -> tuple[int, ...]:
    """Which of so many folds are run under a profile: one, or with ``gpu`` and ``paper`` all."""
    return tuple(range(1, folds + 1)) if len(profile(study.profile).folds) > 1 else (1,)


def label(method: str, corpus: str, folds: int, fold: int, seed: int) -> str:
    """``anet-bp4d-3-fold1-seed0``."""
    return f"{method}-{corpus}-{folds}-fold{fold}-seed{seed}"


def protocol_of(corpus: str, folds: int) -> str:
    """Which protocol divides a corpus into so many folds."""
    return f"hybrid-{corpus}-{folds}" if corpus != "plus" else "hybrid-bp4d-plus-within"


def _networks(runs: dict[str, Declaration], study: Study, corpus: str, folds: int, seed: int) -> None:
    """ANet: the spatial network of every other row."""
    for fold in tested(study, folds):
        first = fold == 1 and seed == study.seeds[0]
        probes: tuple[str, ...] = ("validation",)
        if folds == 3 and first:
            probes += ("filters", "activation")
        _add(
            runs,
            study,
            "anet",
            corpus,
            folds,
            fold,
            seed,
            probes=probes,
            track_train_f1=WATCHED if folds == 10 and corpus == "gft" else 0,
            test_on=_between(study, corpus) if folds == 10 and corpus == "gft" else (),
        )


def _samplers(runs: dict[str, Declaration], study: Study, corpus: str, seed: int) -> None:
    """Tables 3 and 4."""
    for fold in tested(study, 10):
        for method in SAMPLERS.values():
            if label(method, corpus, 10, fold, seed) not in runs:
                between = _between(study, corpus)
                _add(
                    runs,
                    study,
                    method,
                    corpus,
                    10,
                    fold,
                    seed,
                    probes=("validation",),
                    track_train_f1=WATCHED,
                    test_on=between,
                )


def _between(study: Study, corpus: str) -> tuple[tuple[str, str], ...]:
    """The other corpus of Tables 3 and 4, every frame of which is tested."""
    other = "plus" if corpus == "gft" else "gft"
    rule = "hybrid-gft-between" if other == "gft" else "hybrid-bp4d-plus-between"
    target = corpus_of(study, other)
    return ((target, rule),) if target else ()


def _others(runs: dict[str, Declaration], study: Study, corpus: str, folds: int, seed: int) -> None:
    """The rows that read an ANet, and the SVM on HOG."""
    for fold in tested(study, folds):
        at = (study, corpus, folds, fold, seed)
        own = runs[label("anet", corpus, folds, fold, seed)]
        _add(runs, study, "svm-hog", *at[1:])
        if folds == 3 and label("anet", OTHER[corpus], 3, 1, seed) in runs:
            # the ANet of the other corpus was never shown this one, so its first fold serves all
            _add(runs, study, "svm-fc7", *at[1:], depends_on=(runs[label("anet", OTHER[corpus], 3, 1, seed)],))
        lstm = _add(runs, study, "lstm", *at[1:], depends_on=(own,), budget=BUDGETS["lstm"], probes=("validation",))
        _add(runs, study, "hybrid", *at[1:], depends_on=(own, lstm), budget=BUDGETS["hybrid"], probes=("validation",))


def _temporal(runs: dict[str, Declaration], study: Study) -> None:
    """Variants of the temporal network and of the fusion, on the first of three folds of the BP4D-like corpus."""
    seed = study.seeds[0]
    anet = runs[label("anet", "bp4d", 3, 1, seed)]
    lstm = runs[label("lstm", "bp4d", 3, 1, seed)]
    common: dict[str, Any] = {"seed": seed, "video": True}
    for word, options in TEMPORAL.items():
        of_word = _put(
            runs,
            f"lstm-{word}",
            "lstm",
            anet,
            depends_on=(anet,),
            budget=BUDGETS["lstm"],
            options=options,
            **common,
        )
        if word in FUSED:
            both: dict[str, Any] = {
                "depends_on": (anet, of_word),
                "budget": BUDGETS["hybrid"],
                "probes": ("validation",),
            }
            _put(runs, f"hybrid-{word}", "hybrid", anet, **both, **common)
    for word, options in FUSION.items():
        both = {"depends_on": (anet, lstm), "budget": BUDGETS["hybrid"], "probes": ("validation",)}
        _put(runs, f"hybrid-{word}", "hybrid", anet, options=options, **both, **common)


def _leaks(runs: dict[str, Declaration], study: Study) -> None:
    """Ten folds of the BP4D-like corpus that keep less apart than people."""
    seed = study.seeds[0]
    anet = runs[label("anet", "bp4d", 10, 1, seed)]
    for unit, rule in LEAKS.items():
        for method in ("anet", "svm-hog"):
            begin = _beginning(runs, anet.corpus) if method == "anet" else {}
            _put(runs, f"{method}-by-{unit}", method, anet, protocol=rule, seed=seed, video=True, **begin)


def _representations(runs: dict[str, Declaration], study: Study) -> None:
    """Figs. 3 and 4."""
    seed = study.seeds[0]
    for corpus in ("bp4d", "gft"):
        own, other = (runs[label("anet", name, 3, 1, seed)] for name in (corpus, OTHER[corpus]))
        _put(runs, f"representations-{corpus}", "representations", own, depends_on=(other, own), seed=seed)


def _controls(runs: dict[str, Declaration], study: Study) -> None:
    """Networks whose pictures are set beside those of Fig. 9: AUs that are independent, and codes that mean nothing."""
    seed = study.seeds[0]
    first = runs[label("anet", "bp4d", 3, 1, seed)]
    common: dict[str, Any] = {"probes": ("activation",), "seed": seed}
    begin = _beginning(runs, first.corpus)
    _put(runs, "anet-independent", "anet", first, corpus=f"{first.corpus}+ind", video=True, **begin, **common)
    shuffled = {"corpus": f"{first.corpus}+shuffled", "budget": BUDGETS["shuffled"]}
    _put(runs, "anet-shuffled", "anet", first, **shuffled, **common)


def _add(
    runs: dict[str, Declaration],
    study: Study,
    method: str,
    corpus: str,
    folds: int,
    fold: int,
    seed: int,
    **more: Any,
) -> Declaration:
    """Declare one row of a table."""
    name = label(method, corpus, folds, fold, seed)
    source, rule = str(corpus_of(study, corpus)), protocol_of(corpus, folds)
    if method in SAMPLERS.values():
        more |= _beginning(runs, source)
    runs[name] = Declaration(name, method, source, rule, study.profile, fold=fold, seed=seed, video=True, **more)
    return runs[name]


def _beginning(runs: dict[str, Declaration], corpus: str) -> dict[str, Any]:
    """Initial weights and budget of an ANet.  Real faces are never begun with weights from drawn ones."""
    if "anet-start" not in runs or entry(corpus).source == "licensed":
        return {}
    return {"init_from": runs["anet-start"], "budget": BUDGETS["anet"]}


def _put(runs: dict[str, Declaration], name: str, method: str, like: Declaration, **more: Any) -> Declaration:
    """Declare a run beside the tables, on corpus and protocol of another one."""
    given: Mapping[str, Any] = {"corpus": like.corpus, "protocol": like.protocol, **more}
    runs[name] = Declaration(name, method, profile=like.profile, **given)
    return runs[name]
