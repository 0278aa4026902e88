from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import holder_only
from accounts.services import check_writable
from cannonworks.errors import Refused
from finance.editor import Editor
from finance.forms import first_values
from finance.models import Document, DocumentKind
from relations.models import Relation


@holder_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new draft: ``?kind=quote`` or ``invoice``, ``?relation=`` for whom."""
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    kind = kind if kind == DocumentKind.QUOTE else DocumentKind.INVOICE
    document = Document(account=request.user.account, kind=kind)
    initial = {**first_values(kind, timezone.localdate()), "relation": _asked_for(request)}
    return _edited(request, document, initial)


@holder_only
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, reference: UUID) -> HttpResponse:
    """A draft once more."""
    rows = Document.objects.visible_to(request.user).select_related("account", "relation")
    document = get_object_or_404(rows, reference=reference)
    if not document.is_draft:
        raise Refused("already_issued", _("This document has been issued and cannot be changed."), clause="5.2")
    return _edited(request, document, {})


def _edited(request: HttpRequest, document: Document, initial: dict[str, object]) -> HttpResponse:
    """Save and go on, or show the editor: with scripts only what is in its form, of which the page takes a piece."""
    check_writable(document.account)
    data = request.POST if request.method == "POST" else None
    editor = Editor(document, user=request.user, data=data, initial=initial)
    if editor.is_saved():
        messages.success(request, _("Your draft is saved."))
        return redirect(editor.document)
    template = "finance/_editor.html" if request.htmx else "finance/edit.html"  # type: ignore[attr-defined]
    return render(request, template, {"editor": editor, "form": editor.form, "document": document})


def _asked_for(request: HttpRequest) -> Relation | None:
    try:
        reference = UUID(request.GET.get("relation", ""))
    except ValueError:
        return None
    return Relation.objects.visible_to(request.user).filter(reference=reference).first()
