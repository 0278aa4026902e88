from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import companies, users
from accounts.access import holder_only
from accounts.joining_forms import CompanyForm, OwnForm
from accounts.language import keep_language
from accounts.models import Company, User
from cannonworks.errors import Changed
from cannonworks.forms import live_answer


@holder_only
@require_http_methods(["GET", "POST"])
def company(request: HttpRequest) -> HttpResponse:
    """The company's details: for the main user of a running account to change, for everybody else to read."""
    row = Company.objects.get(account=request.user.account)
    if not (request.user.is_main and request.user.account.is_writable):
        return render(request, "accounts/company_read.html", {"row": row})
    form = CompanyForm(request.POST or None, instance=row)
    if (answer := live_answer(request, form)) is not None:
        return answer
    if form.is_valid():
        try:
            companies.change_company(row, actor=request.user, **form.cleaned_data)
        except Changed as changed:
            form.show_theirs(changed)
        else:
            messages.success(request, _("The details of your company are saved."))
            return redirect("company")
    return render(request, "accounts/company.html", {"form": form})


@holder_only
@require_http_methods(["GET", "POST"])
def you(request: HttpRequest) -> HttpResponse:
    """Somebody's own name and language."""
    form = OwnForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        language = form.cleaned_data["language"]
        users.change_user(request.user, actor=request.user, **form.cleaned_data)
        translation.activate(language)
        messages.success(request, _("Your details are saved."))
        return keep_language(redirect("you"), language)
    return render(request, "accounts/you.html", {"form": form})
