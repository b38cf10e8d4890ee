"""Declaration: everything that fixes one run, and the key under which its record is kept.

The key is a hash of the declaration *resolved*: with the options, recipe and budget that the profile gives it, the
identity of its corpus and the version of every component it passes through.  So a changed recipe or generator gives
a new key, and a changed metric, figure or page does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from aulib.datasets.copies import copy_of
from aulib.errors import AulibError
from aulib.manifest import entry
from aulib.protocols import key_fields, protocol
from aulib.runs.changes import changed, checked, options
from aulib.runs.methods import Method, method
from aulib.runs.options import DATA
from aulib.runs.profiles import Profile, profile
from aulib.training.recipes import Recipe, Stage
from aulib.values import SEED, Number, Whole
from synthface import identifier

#: Raise it when the training loop changes what it computes.
LOOP_VERSION = 1


@dataclass(frozen=True)
class Declaration:
    """One run, by plain values.

    Parameters
    ----------
    label : str
        Short name within its paper, e.g. ``drml-fold1-seed0``; not part of the key.
    method, corpus, protocol, profile : str
        Names in the registries.
    fold : int
        Which part is tested.
    seed : int
        Of initialisation, batches, crops and dropout.
    options : mapping
        Options of the method that differ from its defaults.
    change : mapping
        What else is done otherwise than the method says, see :mod:`aulib.runs.changes`: ``{"recipe.learning_rate": .01,
        "sampler": "momu"}``.  What it says of options moves to `options`.
    budget : float
        Share of the profile's image-steps.
    test_on : tuple of (corpus, protocol)
        Further corpora whose every frame is predicted.  Not in the key: added later without training again.
    probes : tuple of str
        Keys of ``aulib.runs.probes.PROBES``.  Not in the key either.
    init_from : Declaration, optional
        A run whose weights this one starts from, wherever names and shapes agree.
    depends_on : tuple of Declaration
        Runs whose networks this one looks through, without training them: at their features, or their scores.
    video : bool
        Take the frames as densely as the profile can, since their course in time matters.
    track_train_f1 : int
        So many training frames are scored at every evaluation, and their F1 is kept in the history.

    Raises
    ------
    AulibError
        If a name is in no registry, a number is outside its range, or the method cannot have an option or its value.
    """

    label: str
    method: str
    corpus: str
    protocol: str
    profile: str
    fold: int = 1
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    budget: float = 1.0
    test_on: tuple[tuple[str, str], ...] = ()
    probes: tuple[str, ...] = ()
    init_from: Declaration | None = None
    depends_on: tuple[Declaration, ...] = ()
    video: bool = False
    track_train_f1: int = 0
    change: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would fail only when corpora are loaded or networks trained."""
        what, rule = method(self.method), protocol(self.protocol)
        profile(self.profile)
        for corpus, its_rule in ((self.corpus, self.protocol), *self.test_on):
            coded, asked = entry(corpus).coding, protocol(its_rule).task
            if what.task.name == "intensity" and not coded == asked == "intensity":
                raise AulibError(
                    f"{self.label}: method {what.name!r} estimates levels, but corpus {corpus!r} codes {coded} and "
                    f"protocol {its_rule!r} is of {asked}; name a corpus and a protocol of intensity"
                )
        plain = {
            "fold": Whole(1, rule.folds)(self.fold, f"{self.label}: fold of protocol {rule.name}"),
            "seed": SEED(self.seed, f"{self.label}: seed"),
            "budget": Number(0, between=True)(self.budget, f"{self.label}: budget"),
            "track_train_f1": Whole(0)(self.track_train_f1, f"{self.label}: track_train_f1"),
        }
        for name, value in plain.items():  # a number of NumPy has no place in a key
            object.__setattr__(self, name, value)
        if self.change:
            change = checked(what, self.profile, self.change)
            object.__setattr__(self, "options", {**self.options, **options(change)})
            others = {key: value for key, value in change.items() if not key.startswith("option.")}
            object.__setattr__(self, "change", others)
        what.resolved_options(self.profile, self.options)

    @cached_property
    def method_spec(self) -> Method:
        """The method itself, changed as this run wants it."""
        return changed(method(self.method), self.profile, self.change)

    @property
    def options_of_data(self) -> dict[str, Any]:
        """Resolved options of what the method is given."""
        return {key: value for key, value in self._options.items() if key in DATA}

    @property
    def options_of_model(self) -> dict[str, Any]:
        """Resolved options of the model."""
        return {key: value for key, value in self._options.items() if key not in DATA and key != "loss"}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """In which it is trained, with the loss that its options choose."""
        chosen = {"loss": self.method_spec.losses[self._options["loss"]]} if self.method_spec.losses else {}
        return tuple(replace(stage, **chosen) for stage in self.method_spec.stages)

    @property
    def _options(self) -> dict[str, Any]:
        return self.method_spec.resolved_options(self.profile, self.options)

    @property
    def profile_spec(self) -> Profile:
        """The profile itself."""
        return profile(self.profile)

    @property
    def recipe(self) -> Recipe:
        """How it is optimised."""
        return self.method_spec.recipe(self.profile)

    @property
    def crop(self) -> int:
        """Side of the square that its network sees, in pixels."""
        return self.profile_spec.crop(self.method_spec.crop)

    def corpus_options(self, name: str | None = None) -> dict[str, Any]:
        """What ``datasets.load`` is given for its own corpus, or for one that it is tested on besides."""
        return self.profile_spec.corpus_options(name or self.corpus, self.video and name in (None, self.corpus))

    @property
    def image_steps(self) -> int:
        """Training images, repetitions counted."""
        return round(self.profile_spec.image_steps * self.budget)

    @property
    def behind(self) -> tuple[Declaration, ...]:
        """Runs whose weights this one needs."""
        return (*((self.init_from,) if self.init_from else ()), *self.depends_on)

    @property
    def data(self) -> str:
        """Identifier of the corpus that it trains and tests on."""
        return corpus_identifier(self.corpus, self.profile_spec, self.video)

    @property
    def licensed(self) -> set[str]:
        """Identifiers of the licensed corpora that it, or a run behind it, looks at."""
        seen = {(self.corpus, self.video), *((name, False) for name, _ in self.test_on)}
        own = {corpus_identifier(*asked) for asked in ((n, self.profile_spec, v) for n, v in seen if _is_licensed(n))}
        return own.union(*(run.licensed for run in self.behind))

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """Every value that can change the outcome, as plain JSON values."""
        what, rule, budget = self.method_spec, protocol(self.protocol), self.profile_spec
        values: dict[str, Any] = {
            "method": what.name,
            "method_version": what.version,
            "kind": what.kind,
            "options": self._options,
            "corpus": self.data,
            "profile": budget.name,
            "scale": budget.scale,
            "crop": self.crop,
            "threads": budget.threads,
            "fold": self.fold,
            "seed": self.seed,
            "loop_version": LOOP_VERSION,
            "protocol": key_fields(rule, licensed=_is_licensed(self.corpus)),
        }
        if what.runner.trains:
            values |= {
                "stages": [_said(asdict(stage)) for stage in what.stages],
                "recipe": _said(asdict(self.recipe)),
                "image_steps": self.image_steps,
                "precision": budget.precision,
            }
        if what.kind == "timing":
            values["timing"] = list(budget.timing)
        if self.init_from is not None:
            values["init_from"] = self.init_from.key
        if self.depends_on:
            values["reads"] = [run.key for run in self.depends_on]
        if self.track_train_f1:
            values["watch"] = self.track_train_f1
        return json.loads(json.dumps(values))

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.resolved, sort_keys=True).encode()).hexdigest()[:16]


#: What stages and recipes learnt to say after the first records were made, and what it was before.
_LATER: dict[str, Any] = {"sampler_options": {}, "drop": 0.1, "clip": 0.0}


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """A stage or recipe without what it does not set, so that a new kind of option moves no key."""
    return {key: value for key, value in values.items() if not (key in _LATER and value == _LATER[key])}


def _is_licensed(name: str) -> bool:
    return entry(name).source == "licensed"


def corpus_identifier(name: str, budget: Profile, video: bool = False) -> str:
    """Which corpus a run under this profile sees, without loading it."""
    options = budget.corpus_options(name, video)
    if entry(name).source == "synthetic":
        return identifier(name, options["frames_per_sequence"], options["side"], 0)
    return copy_of(name).identifier(options["frames_per_sequence"], options["side"])
