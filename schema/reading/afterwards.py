"""Fields that PostgreSQL cannot answer: filled in after the statement, where one was selected.

The statement leaves a list of what such a field needs in the field's own place; here the list is
replaced by what the field's function makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schema.reading.model import Model
from schema.reading.selection import Selected
from schema.reading.specs import Computed

Steps = Mapping[str, "Steps | Callable[..., object]"]
"""By response key: the function to apply there, or the steps of what is below."""


def steps_of(model: Model, fields: tuple[Selected, ...]) -> Steps:
    """The way to each computed field of a selection; empty when there is none."""
    steps: dict[str, Steps | Callable[..., object]] = {}
    for selected in fields:
        owner = model.types.get(selected.owner)
        declared = owner.fields.get(selected.name) if owner else None
        if declared and isinstance(declared.spec, Computed):
            steps[selected.key] = declared.spec.function
        elif below := steps_of(model, selected.children):
            steps[selected.key] = below
    return steps


def take(steps: Steps, value: Any, context: object) -> None:
    """Fills in the computed fields of a JSON value, which may be null or a list."""
    if isinstance(value, list):
        for item in value:
            take(steps, item, context)
    elif value is not None:
        for key, step in steps.items():
            if callable(step):
                value[key] = step(context, *value[key])
            else:
                take(step, value[key], context)
