"""How a form is laid out: headings, and under each the fields as a person meets them."""

from dataclasses import dataclass
from typing import Any

from django import forms

FIELD = "includes/_field.html"
FOLD = "includes/_fold.html"


@dataclass(frozen=True)
class Part:
    """Fields that one template prints together: it gets `part`, `field` (the first of them) and `form`."""

    names: tuple[str, ...]
    template: str = FIELD
    label: Any = ""


def fold(label: Any, *names: str) -> Part:
    """Fields that most people do not need, behind `label`."""
    return Part(names, FOLD, label)


@dataclass(frozen=True)
class BoundPart:
    """A part with those of its fields that the form has."""

    template: str
    label: Any
    fields: list[forms.BoundField]

    @property
    def is_open(self) -> bool:
        """Whether something in it differs from an empty form, or is to be put right."""
        return any(field.errors or str(field.value() or "") != str(_empty(field) or "") for field in self.fields)


def _empty(field: forms.BoundField) -> Any:
    """What stands in the field of an empty form."""
    initial = field.field.initial
    return initial() if callable(initial) else initial


def _asks(form: forms.BaseForm, name: str) -> bool:
    return name in form.fields and not form.fields[name].disabled


def arranged(form: forms.BaseForm, fieldsets: Any) -> list[tuple[Any, list[BoundPart]]]:
    """The headings of `fieldsets` with their parts: each a Part, or the name of a field. What `form` lacks or
    does not ask for is left out."""
    groups = []
    for legend, parts in fieldsets:
        bound = []
        for part in parts:
            part = Part((part,)) if isinstance(part, str) else part
            if fields := [form[name] for name in part.names if _asks(form, name)]:
                bound.append(BoundPart(part.template, part.label, fields))
        if bound:
            groups.append((legend, bound))
    return groups
