"""Who works for us, for everybody; proofs of protection and objections, for account holders (§9, §11)."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import holder_only, main_user_only
from cannonworks.downloads import file_response
from cannonworks.publications import pdf_of
from processors import in_public, objecting, proving
from processors.models import Change, Objection, SubProcessor
from processors.publicly import publicly


class ObjectionForm(forms.Form):
    """What somebody objects to a change; that it is too long the service says, and the browser cuts nothing off."""

    words = forms.CharField(
        label=gettext_lazy("What do you object to?"), widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("For example: which data it concerns, and what would take your objection away."),
        error_messages={"required": gettext_lazy("Tell us what you object to.")},
    )  # fmt: skip


@login_not_required
@require_safe
def sub_processors(request: HttpRequest) -> HttpResponse:
    """Who works for us now, who is announced, and what changed; for everybody."""
    found = in_public.in_public(on=timezone.localdate())
    return render(request, "processors/sub_processors.html", {"found": found, "contact": settings.PRIVACY_CONTACT})


@login_not_required
@require_safe
def sub_processors_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF."""
    paper = in_public.paper(on=timezone.localdate())
    return file_response(pdf_of(paper), f"cannonworks-sub-processors-{paper.language}.pdf", inline=True)


@login_not_required
@require_safe
def change(request: HttpRequest, reference: UUID) -> HttpResponse:
    """One change: what, from when, why; for everybody. A user of an account sees its objection too."""
    found, at = _found(reference), timezone.now()
    own = None
    if request.user.is_authenticated and request.user.account_id:
        own = Objection.objects.visible_to(request.user).filter(change=found).first()
    context = {"change": found, "objection": own, "open": objecting.can_object(found, at=at)}
    return render(request, "processors/change.html", context)


@main_user_only
@require_http_methods(["GET", "POST"])
def object_to(request: HttpRequest, reference: UUID) -> HttpResponse:
    """Object to a change that is still to come; what was typed stays."""
    found, form = _found(reference), ObjectionForm(request.POST or None)
    if form.is_valid():
        words = form.cleaned_data["words"]
        try:
            objecting.object_to(found, request.user.account, actor=request.user, at=timezone.now(), words=words)
        except ValidationError as error:
            form.add_error("words", error.message_dict["words"])
        else:
            messages.success(
                request, _("We have your objection. Our answer comes before the change, by mail and here.")
            )
            return redirect("sub-processor-change", reference)
    return render(request, "processors/object.html", {"change": found, "form": form})


@holder_only
@require_safe
def proof(request: HttpRequest, reference: UUID) -> HttpResponse:
    """The proof of what protects data with a company outside the EEA (§11)."""
    found = proving.proof_of(get_object_or_404(SubProcessor, reference=reference), user=request.user)
    if found is None:
        raise Http404
    return file_response(*found)


def _found(reference: UUID) -> Change:
    with publicly():
        return get_object_or_404(Change.objects.select_related("sub_processor", "replaces"), reference=reference)
