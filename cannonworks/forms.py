"""Forms that check as you type on the server's word, stand in groups, and lose nothing when two people save at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from cannonworks.deadlines import AMSTERDAM, in_amsterdam
from cannonworks.errors import Changed

#: What a field that checks itself sends along: all of the form but what nobody else should see come by.
NEVER_SENT = "not password,password1,password2,bsn"


class LongSelect(forms.Select):
    """A choice out of very many: with the two templates of Django for each it takes longer than all else of a page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        chosen = {str(each) for each in self.format_value(value)}
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((code, mark_safe(" selected") if str(code) in chosen else "", label) for code, label in self.choices),
        )
        told = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html("<select{}>\n{}\n</select>", told, options)


class Moment(forms.DateTimeInput):
    """A day and a time, with the browser's own calendar and clock."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A moment in Amsterdam. Of the hour that comes twice when the clock goes back the earlier counts."""

    widget = Moment

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = parse_datetime(written) if len(written := str(value).strip()) > len("2026-11-17") else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or not 1 < found.year < 9999:
            raise forms.ValidationError(_("Enter a day and a time, such as 17-11-2026 09:30."), code="invalid")
        return in_amsterdam(found.replace(tzinfo=AMSTERDAM))


class Grouped(forms.BaseForm):
    """A form whose fields stand in ``GROUPS`` (legend, names), ``SPAN`` sixths of the width each (6 without a word).

    ``LIVE`` fields are checked as soon as they are left: the page posts the form to its own address, where the view
    answers with ``live_answer``.
    """

    GROUPS: ClassVar[Sequence[tuple[str | Promise, Sequence[str]]]] = ()
    SPAN: ClassVar[Mapping[str, int]] = {}
    LIVE: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.span = self.SPAN.get(name, 6)  # type: ignore[attr-defined]  # read by the template
            if name in self.LIVE:
                field.widget.attrs |= {
                    "hx-post": "", "hx-trigger": "change", "hx-target": "closest .field", "hx-swap": "outerHTML",
                    "hx-params": NEVER_SENT,
                }  # fmt: skip

    def groups(self) -> Iterator[tuple[str | Promise, list[BoundField]]]:
        """Legend and fields of each group, of those fields that the form has; then what is in no group."""
        named = {name for _legend, names in self.GROUPS for name in names}
        for legend, names in self.GROUPS:
            if fields := [self[name] for name in names if name in self.fields and not self[name].is_hidden]:
                yield legend, fields
        if rest := [field for field in self.visible_fields() if field.name not in named]:
            yield "", rest

    def written(self, name: str) -> Any:
        """A field that is right, in its one written form."""
        return self.cleaned_data.get(name, "")


class Revised(Grouped, forms.ModelForm):
    """A form on a row with a ``revision``: it remembers which one was on the screen, for the service to compare."""

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["revision"].initial = self.instance.revision

    def written(self, name: str) -> Any:
        return getattr(self.instance, name, super().written(name))

    def show_theirs(self, changed: Changed) -> None:
        """Keep what was typed and show beside it what somebody else saved; saving once more is then on purpose."""
        self.data = self.data.copy()
        self.data[self.add_prefix("revision")] = changed.row.revision
        for name, field in self.fields.items():
            if name in self.cleaned_data and hasattr(changed.row, name):
                theirs = getattr(changed.row, name)
                if name != "revision" and theirs != self.cleaned_data[name]:
                    field.theirs = self._shown(name, theirs)  # type: ignore[attr-defined]  # read by the template
        self.add_error(None, changed.message)

    def _shown(self, name: str, value: Any) -> Any:
        choices = getattr(self.fields[name], "choices", None)
        return dict(choices).get(value, value) if choices else value


def live_answer(request: HttpRequest, form: Any) -> HttpResponse | None:
    """The one field that a page asks about while it is filled in: checked, and in its written form where it is right.

    None for every other request. Saves nothing.
    """
    name = getattr(request.htmx, "trigger_name", None)  # type: ignore[attr-defined]  # django-htmx
    if request.method != "POST" or not name or name not in form.LIVE:
        return None
    if name not in form.errors:
        form.data = form.data.copy()
        form.data[form.add_prefix(name)] = form.written(name)
    return render(request, "_partials/field.html", {"field": form[name], "form": form})
