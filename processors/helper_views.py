"""The pages of helpers: the overarching administration, to read, as long as a project of theirs runs (§10)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cannonworks.listing import search_address, searched
from processors import helping, masking
from processors.access import inside_only
from processors.forms import FindForm
from processors.models import Helper, Project

PAGE = 50


@inside_only
@require_http_methods(["GET", "POST"])
def accounts(request: HttpRequest, helper: Helper) -> HttpResponse:
    """The overarching administration, to read: each page that is opened is journalled, with what was on it."""
    if request.method == "POST":
        posted = FindForm(request.POST)
        posted.is_valid()
        return redirect(search_address(request, {"search": posted.cleaned_data.get("search", "")}))
    projects = list(Project.objects.running(timezone.now()).filter(helpers=helper).order_by("ends_at"))
    named = any(project.shows_names for project in projects)
    form = FindForm({"search": searched(request), "before": request.GET.get("before")}, named=named)
    form.is_valid()
    term, before = form.cleaned_data.get("search", ""), form.cleaned_data.get("before")
    rows = masking.accounts().matching(term)
    found = list(rows.filter(pk__lt=before)[: PAGE + 1] if before else rows[: PAGE + 1])
    seen, after = found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None
    helping.record_look(helper, accounts=seen, page="accounts" if named else "masked", searched=bool(term))
    shown = {"accounts": [masking.shown(row) for row in seen], "projects": projects, "named": named, "after": after}
    return render(request, "processors/accounts.html", {**shown, "form": form, "term": term})
