from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Account
from processors import services
from processors.access import inside_only
from processors.forms import FindForm
from processors.models import Helper

PAGE = 50


@inside_only
@require_GET
def accounts(request: HttpRequest, helper: Helper) -> HttpResponse:
    """The overarching administration, to read: each page that is opened is journalled, with what was on it."""
    form = FindForm(request.GET)
    form.is_valid()
    term, before = form.cleaned_data.get("q", ""), form.cleaned_data.get("before")
    rows = Account.objects.overview().matching(term)
    found = list(rows.filter(pk__lt=before)[: PAGE + 1] if before else rows[: PAGE + 1])
    shown = found[:PAGE]
    services.record_look(helper, accounts=shown, page="accounts", searched=bool(term))
    after = shown[-1].pk if len(found) > PAGE else None
    return render(request, "processors/accounts.html", {"accounts": shown, "form": form, "term": term, "after": after})
