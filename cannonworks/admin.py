"""What every page of the staff's administration has in common: it shows, and acts through services alone.

Nothing is edited in place. Whoever may act gets a page that says what will happen (``StaffAdmin.act``), one button, and
one service call, which journals it. Django's own log of administration stays empty: it would keep names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR, ChangeListSearchForm
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from cannonworks import datamap
from cannonworks.admin_words import page_of
from cannonworks.datamap import Role
from cannonworks.errors import Refused
from cannonworks.listing import search_address, searched
from cannonworks.lookups import REFERENCE, reference_begins

#: So many buttons stand beside the title of a page, on a screen of 1280 pixels.
MOST_BUTTONS = 4


@dataclass(frozen=True)
class Table:
    """A table below the fields of a page: cells are texts, or safe HTML made by ``link``."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""


@dataclass(frozen=True)
class Question:
    """A page that asks before something is done. ``facts``: what will happen, as pairs of a word and its value."""

    title: str
    button: str
    text: str = ""
    facts: Sequence[tuple[str, object]] = ()
    warning: str = ""
    danger: bool = False
    tables: Sequence[Table] = ()
    fields: type[forms.Form] = forms.Form
    initial: dict[str, Any] = field(default_factory=dict)


class KnownValues(SimpleListFilter):
    """A filter on ``field`` by values that the code knows: asking the table which there are would read all of it."""

    field = ""
    values: Sequence[tuple[str, object]] = ()

    def __init__(self, request: HttpRequest, params: dict, model: type[models.Model], model_admin: Any) -> None:
        self.parameter_name = self.field
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return list(self.values)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        known = {str(value) for value, _word in self.values}
        return queryset.filter(**{self.field: self.value()}) if self.value() in known else None


class SealedSearchForm(ChangeListSearchForm):
    """The words that a list is searched for, out of its address: sealed for this list and this member of staff."""

    def __init__(self, data: Any, *, request: HttpRequest) -> None:
        super().__init__(data)
        self.request = request

    def clean_q(self) -> str:
        """The words as they were typed; none where they were not sealed here."""
        return searched(self.request, SEARCH_VAR)


class List(ChangeList):
    """A list that counts its rows once; what is not filtered is not told that there is more.

    Words that it is searched for are names and addresses of people: they are posted (``StaffAdmin.changelist_view``),
    and stand sealed in the addresses of its pages, orders and filters.
    """

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        self.search_form_class = partial(SealedSearchForm, request=request)
        super().__init__(request, *args, **options)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class StaffAdmin(ModelAdmin):
    """Read-only lists and pages for staff. ``may`` opens "add" or "change"; ``act`` is the way to do something."""

    may: frozenset[str] = frozenset()
    reference_fields: tuple[str, ...] = ()
    compressed_fields = True
    list_filter_sheet = False
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False  # a second count of the whole table, for a number that nobody needs

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Rows, and those that are read along with them, without what the database shows no member of staff."""
        related = self.list_select_related if isinstance(self.list_select_related, tuple) else ()
        return super().get_queryset(request).defer(*(name for path in related for name in _hidden(self.model, path)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return "add" in self.may and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return "change" in self.may and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        # Not Django's: who may act on a row need not be allowed to change its fields.
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Whether this member of staff may press the buttons of a row; Django's word for it is "change"."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: services journal what was done, without names."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: services journal what was done, without names."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        """Write nothing: nothing is deleted here."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        raise Http404  # it would show Django's own log, which stays empty

    def get_urls(self) -> list[URLPattern]:
        """Send whoever is not signed in to the door of the staff, not to that of the holders."""
        urls = super().get_urls()
        for url in urls:
            url.callback.login_url = reverse_lazy("admin:login")
        return urls

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[List]:
        return List

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Show the list; words to look for are posted, and lead to the list that is searched for them."""
        if request.method == "POST" and SEARCH_VAR in request.POST and self.has_view_permission(request):
            said = {name: words for name, words in request.POST.items() if name != "csrfmiddlewaretoken"}
            return redirect(search_address(request, said, SEARCH_VAR))
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Search as Django does, and by the beginning of a reference, for which its index serves."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        named = self.of_reference(queryset, search_term)
        return (found if named is None else found | named), duplicates

    def of_reference(self, queryset: QuerySet, search_term: str) -> QuerySet | None:
        """The rows of which a reference begins like this; None when none can."""
        term = search_term.strip()
        if not (self.reference_fields and REFERENCE.fullmatch(term)):
            return None
        return queryset.filter(_any(reference_begins(name, term) for name in self.reference_fields))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Only the buttons that make sense for the row as it is now; the services decide again."""
        offered = super().get_actions_detail(request, object_id)
        if not offered:
            return offered
        row = self.get_object(request, str(object_id))
        possible = set() if row is None else set(self.possible(request, row))
        return [action for action in offered if action.method.original_function_name in possible]

    def _get_actions_navigation(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Of more buttons than fit beside the title, the last under one of their own."""
        shown = super()._get_actions_navigation(*args, **kwargs)
        if len(shown) <= MOST_BUTTONS:
            return shown
        first, rest = shown[: MOST_BUTTONS - 1], shown[MOST_BUTTONS - 1 :]
        # It opens a menu; the address is for the keyboard, which reaches no link without one.
        attrs = {"href": "#more", "role": "button", "aria-haspopup": "true"}
        more = {"title": _("More"), "icon": "", "variant": ActionVariant.DEFAULT, "items": rest, "attrs": attrs}
        return [*first, more]

    def possible(self, request: HttpRequest, row: Any) -> Iterable[str]:
        """Names of the actions that the row's state allows."""
        return self.actions_detail

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """The row of that primary key, or page not found."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def act(
        self,
        request: HttpRequest,
        question: Question,
        do: Callable[..., object],
        *,
        done: str,
        row: Any = None,
        back: str = "",
    ) -> HttpResponse:
        """Ask ``question``; on its answer call ``do`` with what was filled in, say ``done``, and go to the row's page.

        Without a row that is the list; ``back`` is where one goes who does not answer, when it is not the same.
        What a service refuses becomes a message: the form is shown again as it was, and nothing has changed.
        """
        posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = question.fields(*posted, initial=question.initial)
        place = self.page_of(row) if row else self.list_page()
        back = back or place
        status = 200
        if request.method == "POST":
            if form.is_valid() and self._did(request, lambda: do(**form.cleaned_data)):
                messages.success(request, done)
                return redirect(place)
            if not form.fields:
                return redirect(place)
            status = 409
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": row, "question": question,
            "form": form, "back": back, "title": question.title, "media": self.media + form.media,
        }  # fmt: skip
        return TemplateResponse(request, "admin/act.html", context, status=status)

    def list_page(self) -> str:
        """Address of the list."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def page_of(self, row: models.Model) -> str:
        """Address of the page of a row."""
        return page_of(row)

    def _did(self, request: HttpRequest, do: Callable[[], object]) -> bool:
        try:
            with transaction.atomic():
                do()
        except Refused as refused:
            messages.error(request, refused.message)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
        else:
            return True
        return False


class FourEyesAdmin(StaffAdmin):
    """Rows that one member of staff proposes and another confirms, after the ``question`` and by ``second``."""

    confirmed: Any = ""  # said when it is done

    def question(self, request: HttpRequest, row: Any) -> Question:
        """What the second person is asked."""
        raise NotImplementedError

    def second(self, row: Any, *, actor: Any, on: date) -> object:
        """The service that confirms."""
        raise NotImplementedError

    @action(description=_("Confirm"), permissions=["act"], icon="done_all", variant=ActionVariant.PRIMARY)
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """As the second person."""
        row = self.row(request, object_id)
        question = self.question(request, row)
        return self.act(
            request,
            question,
            lambda: self.second(row, actor=signed_in(request), on=today()),
            done=self.confirmed,
            row=row,
        )

    def waits_for(self, user: Any, row: Any) -> bool:
        """Whether this is somebody who could be the second person."""
        return not row.confirmed_on and not row.was_proposed_by(user)


def signed_in(request: HttpRequest) -> Any:
    """The member of staff behind the request; the site lets nobody else through."""
    return request.user


def today() -> date:
    """The day in Amsterdam; read here, at the edge, and handed down."""
    return timezone.localdate()


def soon(days: int) -> date:
    """The day that many days from today."""
    return today() + timedelta(days=days)


def _any(conditions: Iterable[Q]) -> Q:
    whole = Q()
    for condition in conditions:
        whole |= condition
    return whole


def _hidden(model: Any, path: str) -> Iterator[str]:
    """The fields of the rows at the end of each step of ``path`` that staff may not read."""
    steps = path.split("__")
    for length, step in enumerate(steps, 1):
        model = model._meta.get_field(step).related_model
        entry = datamap.entry(model)
        readable = entry.columns(Role.STAFF)
        yield from ("__".join([*steps[:length], name]) for name in entry.personal if name not in readable)
