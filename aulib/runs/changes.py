"""Changes: what a run may do otherwise than its method says, by name.

=================  ==================================================================
``option.NAME``    an option of the method: ``option.grid``
``recipe.NAME``    a field of the recipe: ``recipe.learning_rate``
``loss``           function of ``aulib.losses``
``sampler``        key of ``aulib.samplers.SAMPLERS``
``sampler.NAME``   an option of that sampler: ``sampler.samples``
=================  ==================================================================

They are resolved into options, stages and recipe before anything else sees them.  So a change that changes nothing is
no change: the run has the key, and finds the record, of the run that was declared without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from aulib.errors import AulibError, UnknownName
from aulib.runs.methods import ALLOWED, METHODS, TRAINED, Method
from aulib.values import Allowed, Number, OneOf, Whole

#: Fields of a recipe that can be changed -> what they can be.
RECIPE: dict[str, Allowed] = {
    "optimiser": OneOf(("sgd", "adamw", "rmsprop")),
    "learning_rate": Number(0, between=True),
    "weight_decay": Number(0),
    "momentum": Number(0, 0.9999),
    "batch": Whole(1, 4096),
    "schedule": OneOf(("constant", "steps", "cosine")),
    "warmup": Whole(0),
    "drop_every": Whole(0),
    "caffe_biases": OneOf((True, False)),
    "input_scale": Number(0, between=True),
    "evaluations": Whole(1),
    "patience": Whole(0),
    "drop": Number(0, 1),
    "clip": Number(0),
}

#: Losses of logits that can stand for each other.
LOSSES = ("multi_label_cross_entropy", "cross_entropy_over_all_labels")

#: Sampler -> its options.
SAMPLERS: dict[str, dict[str, Allowed]] = {
    "random": {},
    "stratified": {},
    "momu": {"samples": Whole(1), "printed_counts": OneOf((True, False))},
}

#: What these options are where nobody sets them.
SAMPLER_DEFAULTS: dict[str, Any] = {"samples": 4, "printed_counts": False}


def knobs(what: Method, profile: str, sampler: str = "") -> dict[str, Allowed]:
    """Every change that a method bears under a profile, with the values that it can have.

    Parameters
    ----------
    what : Method
    profile : str
    sampler : str
        Whose options are meant; the method's own by default.
    """
    known = {f"option.{name}": ALLOWED[name] for name in what.resolved_options(profile, {})}
    if what.kind not in TRAINED:
        return known
    known |= {f"recipe.{name}": allowed for name, allowed in RECIPE.items()}
    if "option.loss" not in known and all(stage.loss in LOSSES for stage in what.stages):
        known["loss"] = OneOf(LOSSES)
    known["sampler"] = OneOf(tuple(SAMPLERS))
    own = SAMPLERS[sampler or what.stages[0].sampler]
    return known | {f"sampler.{name}": allowed for name, allowed in own.items()}


def checked(what: Method, profile: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as plain values.

    Raises
    ------
    AulibError
        Naming a key that the method does not have, or a value that it cannot have, and what is possible.
    """
    sampler = change.get("sampler", "")
    known = knobs(what, profile, sampler if sampler in SAMPLERS else "")
    for key in change:
        if key not in known:
            raise UnknownName(f"change of method {what.name!r}", key, known)
    out = {key: known[key](value, f"method {what.name!r}: {key}") for key, value in change.items()}
    recipe = replace(what.recipe(profile), **_part(out, "recipe."))
    if recipe.schedule == "steps" and recipe.drop_every < 1:
        raise AulibError(f"method {what.name!r}: recipe.schedule is 'steps', which needs recipe.drop_every above 0")
    return out


def options(change: Mapping[str, Any]) -> dict[str, Any]:
    """Changed options, as a declaration takes them."""
    return _part(change, "option.")


def changed(what: Method, profile: str, change: Mapping[str, Any]) -> Method:
    """The method with other stages and another recipe; its options are those of the declaration."""
    if not change:
        return what
    recipe = replace(what.recipe(profile), **_part(change, "recipe."))
    stages = []
    for stage in what.stages:
        sampler = change.get("sampler", stage.sampler)
        kept = dict(stage.sampler_options) if sampler == stage.sampler else {}
        own = {name: value for name, value in _part(change, "sampler.").items() if value != SAMPLER_DEFAULTS[name]}
        loss = change.get("loss", stage.loss)
        stages.append(replace(stage, loss=loss, sampler=sampler, sampler_options=kept | own))
    recipes = what.recipes if recipe == what.recipe(profile) else {**what.recipes, profile: recipe}
    return _named(replace(what, stages=tuple(stages), recipes=recipes))


def _named(what: Method) -> Method:
    """The method that is trained like this, if there is one: ANet with MOMU batches is ``anet-momu``."""
    for other in METHODS.values():
        if asdict(replace(what, name=other.name, title=other.title, source=other.source)) == asdict(other):
            return other
    return what


def _part(change: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in change.items() if key.startswith(prefix)}
