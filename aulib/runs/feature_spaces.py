"""What feature spaces are arranged by, the person or the AU: the measurements behind Figs. 3 and 4 of the Hybrid paper.

    Hybrid Sec. 4.3: "whether individual differences can be reduced by feature learning".

All features describe the same frames, of people whom no network saw with their AU labels.  What a page needs to draw
people anew is kept by subject or by frame, so that a page never touches a face.

Neighbours and verification ask for a name *across recordings*.  Where each person was recorded once (GFT), the first
and the last two fifths of the video stand for two recordings and the middle fifth is left out: frames next to each
other are near copies.  Both then share room, light and clothes, so such numbers lie higher than those across
recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aulib.aus import UNKNOWN
from aulib.corpus import Corpus
from aulib.errors import AulibError
from aulib.explain import embeddings, spaces
from aulib.features import FEATURES, Feature, random_projection
from aulib.features.identity import identity
from aulib.features.people import SMALL, TINY, Recipe
from aulib.metrics import auc
from aulib.metrics.divergence import permutation_control, subject_divergence
from aulib.progress import bar as progress_bar

Floats = NDArray[np.float32]
Describe = Callable[[np.ndarray], np.ndarray]
Arrays = dict[str, np.ndarray]

#: Features that nobody teaches AUs, keys of ``aulib.features.FEATURES``.  ``landmarks`` are the paper's "landmark
#: locations", all positive; ``shape`` has them centred; the last one is a control.
GIVEN = ("landmarks", "shape", "gabor", "hog", "identity", "projection")

#: Further random projections, of which only the divergence is taken: what dimension and sign do to it.
CONTROLS = {
    "projection-128": random_projection(128),
    "projection-512": random_projection(512),
    "projection-8192": random_projection(8192),
    "projection-signed": random_projection(rectified=False),
}

#: Features whose t-SNE is drawn, as far as they are there.
PICTURED = ("hog", "identity", "fc7", "fc7-home")

#: Principal components in which features of different dimension are compared, beside their own spaces.
COMPONENTS = 50

#: Neighbours that vote on an AU.
NEIGHBOURS = 25

#: Permutations in the control of the divergence.
PERMUTATIONS = 100

#: Parts into which a person's only video is cut for that control: as many as BP4D has sequences.
PIECES = 8

#: What :func:`variance` divides by, in this order.
FACTORS = ("person", "recording", "AU12", "all AUs", "pose")

#: Frames from which on the identity descriptor is worth minutes of training.
ENOUGH = 1000

#: Frames from which verification starts.
_ANCHORS = 1000


def measure(
    corpus: Corpus,
    rows: np.ndarray,
    truth: np.ndarray,
    learnt: Mapping[str, Describe],
    *,
    frames: int,
    pictured: int,
    perplexity: float,
    seed: int,
    progress: bool,
    recipe: Recipe | None = None,
) -> dict[str, Arrays]:
    """Describe frames in every way and say what each description is arranged by.

    Parameters
    ----------
    corpus : Corpus
    rows : ndarray of int
        Frames of people from whom no network behind `learnt` learnt AUs.  Those without the landmarks that a feature
        needs are left out.
    truth : ndarray of int8, shape (N, A)
        Occurrence in all frames of the corpus: 1, 0, ``UNKNOWN``.
    learnt : mapping of str to callable
        Name -> function of row numbers (m,) to numbers (m, D), which are taken as they are.
    frames, pictured : int
        At most so many frames are measured, and so many of them drawn: evenly over sequences and time.
    perplexity : float
        Of t-SNE; less where so many neighbours are not there.
    seed : int
        Of permutations and maps.
    progress : bool
    recipe : people.Recipe, optional
        Of the identity descriptor.  By default `SMALL`, or `TINY` where fewer than `ENOUGH` frames are measured.

    Returns
    -------
    dict of str to dict of str to ndarray
        Three files for S subjects, n frames, A AUs.

        ``probe-divergence``: ``subjects`` int16 (S,), positions among the sorted subjects of the corpus; and
        "feature/quantity" for ``matrix`` float32 (S, S) in nats, ``sums`` (S,), ``null`` (R,) and ``ratio`` (1,) of
        :func:`~aulib.metrics.divergence.permutation_control`, and ``looks`` (3,): dimension, share of numbers that
        are 0, share below 0.

        ``probe-neighbours``: ``subject`` int16 (n,), ``truth`` int8 (n,) of AU12, ``aus`` int16 (A,), ``chance``
        float32 (1,) of ``identity``, ``taught`` int16 (1,), the people whom the identity descriptor was shown;
        "feature/quantity" for the feature's own space and "feature-50/quantity" for as many principal components:
        ``identity``, ``verification``, ``by_subject``, ``by_au12`` float32 (S,), ``auc`` float32 (A,), ``votes`` uint8
        (n,), as :func:`arranged` has them; ``variance`` (5,), see :func:`variance`.

        ``probe-tsne``: ``subject`` int16 and ``truth`` int8 (m,) of AU12, and each feature of `PICTURED` as float16
        (m, 2), its largest number scaled to 1.

    Raises
    ------
    AulibError
        If fewer than two people have frames, or the corpus does not code AU12.
    """
    corpus.column(12)
    recipe = recipe or (SMALL if min(frames, len(rows)) >= ENOUGH else TINY)
    given = [identity(recipe, progress) if name == "identity" else FEATURES[name] for name in GIVEN]
    needed = sorted({point for feature in given for point in feature.needs})
    whole = np.isfinite(corpus.landmarks[rows][:, needed]).all(axis=(1, 2))
    chosen = Chosen.of(corpus, evenly(corpus, np.asarray(rows)[whole], frames), truth)
    described: dict[str, Describe] = {feature.name: _of(corpus, feature) for feature in given} | dict(learnt)
    controls = {name: _of(corpus, feature) for name, feature in CONTROLS.items()}
    drawn = np.linspace(0, len(chosen.rows) - 1, min(pictured, len(chosen.rows))).astype(int)
    smile = chosen.truth[:, corpus.column(12)]
    distant: Arrays = {"subjects": np.unique(chosen.subject)}
    near: Arrays = {"subject": chosen.subject, "truth": smile, "aus": np.array(corpus.aus, np.int16)}
    near |= {"chance": np.array([chosen.chance()], np.float32), "taught": np.array([recipe.people], np.int16)}
    maps: Arrays = {"subject": chosen.subject[drawn], "truth": smile[drawn]}
    for name, describe in progress_bar((described | controls).items(), desc="features", disable=not progress):
        numbers = np.asarray(describe(chosen.rows), np.float32)
        distant |= {f"{name}/{key}": value for key, value in divergences(numbers, chosen, seed).items()}
        if name in controls:
            continue
        reduced = embeddings.principal(numbers, COMPONENTS, seed)
        near[f"{name}/variance"] = variance(numbers, chosen, corpus.column(12))
        for title, space in ((name, numbers), (f"{name}-{COMPONENTS}", reduced)):
            near |= {f"{title}/{key}": value for key, value in arranged(space, chosen, corpus.column(12)).items()}
        if name in PICTURED:
            at = embeddings.tsne(numbers[drawn], min(perplexity, (len(drawn) - 1) / 3), COMPONENTS, seed)
            maps[name] = (at / np.abs(at).max()).astype(np.float16)
    return {"probe-divergence": distant, "probe-neighbours": near, "probe-tsne": maps}


def _of(corpus: Corpus, feature: Feature) -> Describe:
    return lambda rows: feature(corpus.faces[rows], corpus.landmarks[rows])


def evenly(corpus: Corpus, rows: np.ndarray, frames: int) -> np.ndarray:
    """At most so many of some frames, as many of each sequence, spread over its time.

    A sequence with fewer gives all it has, and the others do not make up for it.

    Returns
    -------
    ndarray of int
        In order of subject, sequence and frame.
    """
    table = corpus.frames.iloc[rows].reset_index(drop=True).sort_values(["subject", "sequence", "frame"])
    sequences = [part.index.to_numpy() for _, part in table.groupby(["subject", "sequence"])]
    share = max(1, frames // max(1, len(sequences)))
    kept = np.concatenate([_spread(sequence, share) for sequence in sequences] or [np.empty(0, int)])
    return np.asarray(rows)[_spread(kept, frames)]


def _spread(values: np.ndarray, wanted: int) -> np.ndarray:
    """So many of some values, evenly; all where there are no more."""
    return values[np.linspace(0, len(values) - 1, min(wanted, len(values))).round().astype(int)]


@dataclass(frozen=True)
class Chosen:
    """The frames that are measured, in order of subject, sequence and time.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
        In the corpus.
    subject : ndarray of int16, shape (n,)
        Position among the sorted subjects of the corpus.
    recording : ndarray of int, shape (n,)
        A name is asked for across these; -1 where a frame takes no part.
    piece : ndarray of int, shape (n,)
        What the permutation control deals to other people.
    truth : ndarray of int8, shape (n, A)
    pose : ndarray of float32, shape (n, 5), or None
        Yaw, pitch, roll and place of the head, of generated corpora.
    """

    rows: np.ndarray
    subject: np.ndarray
    recording: np.ndarray
    piece: np.ndarray
    truth: np.ndarray
    pose: np.ndarray | None

    @classmethod
    def of(cls, corpus: Corpus, rows: np.ndarray, truth: np.ndarray) -> Chosen:
        """From rows in order of subject, sequence and time."""
        table = corpus.frames.iloc[rows]
        names = sorted(corpus.frames["subject"].unique())
        subject = np.searchsorted(names, table["subject"].to_numpy(str)).astype(np.int16)
        if len(np.unique(subject)) < 2:
            raise AulibError(f"{corpus.name}: representations need frames of at least two people among the tested ones")
        recording = table.groupby(["subject", "sequence"]).ngroup().to_numpy()
        piece = recording
        if len(np.unique(recording)) == len(np.unique(subject)):  # one video a person
            lengths = np.unique(subject, return_counts=True)[1]
            when = np.concatenate([np.arange(length) / length for length in lengths])  # 0 to 1 through the video
            piece = recording * PIECES + (when * PIECES).astype(int)
            recording = np.where((when >= 0.4) & (when < 0.6), -1, 2 * recording + (when >= 0.5))
        motion = corpus.truth.get("motion")
        pose = None if motion is None else np.asarray(motion[rows][:, :5], np.float32)
        return cls(np.asarray(rows), subject, recording, piece, truth[rows], pose)

    def chance(self) -> float:
        """Accuracy of a name picked blindly: mean over frames of the share of candidates that show the person."""
        asked = self.recording >= 0
        subject, recording = self.subject[asked], self.recording[asked]
        of_subject, of_recording = np.bincount(subject)[subject], np.bincount(recording)[recording]
        return float(((of_subject - of_recording) / (len(subject) - of_recording)).mean())

    def by_subject(self, values: np.ndarray, kept: np.ndarray | None = None) -> Floats:
        """Mean of some frames' values by subject, (S,); NaN for a subject without any."""
        kept = np.isfinite(values) if kept is None else kept
        index = np.unique(self.subject, return_inverse=True)[1]
        count = np.bincount(index[kept], minlength=index.max() + 1)
        sums = np.bincount(index[kept], values[kept], index.max() + 1)
        return np.where(count > 0, sums / np.maximum(count, 1), np.nan).astype(np.float32)


def divergences(numbers: Floats, chosen: Chosen, seed: int) -> Arrays:
    """Fig. 4 and its control, as :func:`measure` describes them."""
    found = subject_divergence(numbers, chosen.subject)
    control = permutation_control(numbers, chosen.subject, chosen.piece, PERMUTATIONS, seed)
    looks = (numbers.shape[1], (numbers == 0).mean(), (numbers < 0).mean())
    arrays = {"matrix": found.matrix, "sums": found.sums, "null": control.null, "ratio": [control.ratio]}
    return {name: np.asarray(value, np.float32) for name, value in {**arrays, "looks": looks}.items()}


def arranged(numbers: Floats, chosen: Chosen, smile: int) -> Arrays:
    """What lies near to what in a feature space.

    Parameters
    ----------
    numbers : ndarray of float32, shape (n, D)
    chosen : Chosen
    smile : int
        Column of AU12.

    Returns
    -------
    dict of str to ndarray
        ``identity`` (S,)
            Share of a subject's frames whose nearest frame in other recordings shows the same subject.
        ``verification`` (S,)
            Chance that a frame of the same person in another recording is nearer than a frame of somebody else: an
            AUC, 0.5 where the space knows nothing of people.  It still grows where every nearest neighbour is right.
        ``by_subject``, ``by_au12`` (S,)
            Means over a subject's frames of their silhouettes, grouped by subject and by AU12.
        ``auc`` (A,), ``votes`` uint8 (n,)
            AUC of the share of the 25 nearest frames of *other* people that show an AU; that share for AU12, times
            25.
    """
    far = spaces.distances(numbers)
    asked = chosen.recording >= 0
    same = chosen.subject[:, None] == chosen.subject
    outside = (chosen.recording[:, None] != chosen.recording) & asked & asked[:, None]
    nearest = np.where(outside, far, np.inf).argmin(axis=1)
    right = (chosen.subject[nearest] == chosen.subject).astype(float)
    verified = np.full(len(numbers), np.nan)
    for anchor in _spread(np.flatnonzero(asked), _ANCHORS):
        own, others = far[anchor, outside[anchor] & same[anchor]], far[anchor, asked & ~same[anchor]]
        if len(own):
            others.sort()
            nearer = np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")
            verified[anchor] = 1 - nearer.mean() / (2 * len(others))
    shares = spaces.votes(far, same, chosen.truth, NEIGHBOURS)
    return {
        "identity": chosen.by_subject(right, (outside & same).any(axis=1)),
        "verification": chosen.by_subject(verified),
        "by_subject": chosen.by_subject(spaces.silhouettes(far, chosen.subject)),
        "by_au12": chosen.by_subject(spaces.silhouettes(far, chosen.truth[:, smile])),
        "auc": auc(chosen.truth, shares).astype(np.float32),
        "votes": (NEIGHBOURS * shares[:, smile]).round().astype(np.uint8),
    }


def variance(numbers: Floats, chosen: Chosen, smile: int) -> Floats:
    """Shares of the features' variance that go with each of `FACTORS`, float32 (5,).

    Each factor for itself, so they do not add up: a person brings habits of expression and pose along, and a recording
    is one of a person.  NaN where a factor is not known: pose in recorded corpora, recordings where people have one.
    """
    known = (chosen.truth != UNKNOWN).all(axis=1)
    sequences = chosen.recording if (chosen.recording == chosen.piece).all() else None
    designs: list[np.ndarray | None] = [_one_hot(chosen.subject), None if sequences is None else _one_hot(sequences)]
    shares = [np.nan if design is None else spaces.explained(numbers, design) for design in designs]
    shares += [spaces.explained(numbers[known], chosen.truth[known][:, columns]) for columns in ([smile], slice(None))]
    shares.append(np.nan if chosen.pose is None else spaces.explained(numbers, chosen.pose))
    return np.array(shares, np.float32)


def _one_hot(groups: np.ndarray) -> np.ndarray:
    return np.eye(len(np.unique(groups)), dtype=np.float32)[np.unique(groups, return_inverse=True)[1]]
