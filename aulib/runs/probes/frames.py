"""What a network says, and holds, of frames of its own corpus and of others."""

from __future__ import annotations

import numpy as np

from aulib.protocols import parts

from .trained import Trained


def validation(run: Trained) -> dict[str, np.ndarray]:
    """Scores of the people who chose the best weights, with their codes.

    Whatever is chosen after training, a threshold or the width of a smoothing window, is chosen on them and not on
    the people who are tested.

    Returns
    -------
    dict
        What :func:`aulib.runs.recorded.predictions` gives: ``scores``, ``codes``, ``aus``, ``subject``, ``sequence``
        and ``frame``.
    """
    from aulib.runs.recorded import predictions
    from aulib.training.prediction import predict

    rows = run.validation_rows
    return predictions(run.corpus, rows, predict(run.model, run.inputs, rows, run.fabric))


def sparsity(run: Trained) -> dict[str, np.ndarray]:
    """Share of features that are exactly zero, frame by frame (DRML Sec. 4.2: more than 40 %).

    Returns
    -------
    dict
        ``trained`` and ``untrained``, float32 (n,), on at most 500 test frames.
    """
    from aulib.training.prediction import predict

    rows = run.test_rows[:: max(1, len(run.test_rows) // 500)]
    return {
        name: (predict(model, run.inputs, rows, run.fabric, method="features") == 0).mean(axis=1, dtype=np.float32)
        for name, model in (("trained", run.model), ("untrained", run.untrained))
    }


def readout(run: Trained) -> dict[str, np.ndarray]:
    """A linear output trained on the *target* corpus, over features that never saw it.

    DRML's Table 3 has AUs 9, 25 and 26, for which a network trained on BP4D has no output (the step is missing from
    the paper).  This is one way to supply it; its rows are marked target-trained.

    Returns
    -------
    dict
        Name of the corpus -> float16 (n, A) probabilities; every frame is predicted by a readout that was fitted
        on the other subjects (three parts).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from aulib.training.prediction import predict

    out = {}
    for corpus, rule in run.targets:
        inputs = run.inputs.for_corpus(corpus)
        features = predict(run.model, inputs, np.arange(len(corpus)), run.fabric, method="features")
        truth = corpus.occurrence(rule.threshold)
        scores = np.full(truth.shape, 0.5, np.float32)
        for tested in parts(corpus.frames["subject"].tolist(), rule.folds):
            test = corpus.frames["subject"].isin(tested).to_numpy()
            for a in range(truth.shape[1]):
                known = ~test & (truth[:, a] >= 0)
                if len(np.unique(truth[known, a])) < 2:
                    continue  # nothing to learn from: stays at one half
                model = make_pipeline(
                    StandardScaler(), LogisticRegression(C=1e-3, class_weight="balanced", max_iter=200)
                )
                model.fit(features[known], truth[known, a])
                scores[test, a] = model.predict_proba(features[test])[:, 1]
        out[corpus.name] = scores.astype(np.float16)
    return out
