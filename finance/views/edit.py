from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import holder_only
from accounts.services import check_writable
from finance import services
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
    return _edited(request, Editor(document, user=request.user, data=_posted(request), initial=initial))


@holder_only
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, reference: UUID) -> HttpResponse:
    """A draft once more; of one that was issued or deleted meanwhile, what was typed stays on the page."""
    rows = Document.objects.visible_to(request.user).select_related("account", "relation")
    document = rows.filter(reference=reference).first()
    if request.method == "POST" and (document is None or not document.is_draft):
        return _anew(request, document)
    if document is None:
        raise Http404
    services.check_draft(document)
    editor = Editor(document, user=request.user, data=_posted(request))
    answer = _edited(request, editor)
    return _anew(request, rows.filter(reference=reference).first()) if editor.is_lost else answer


def _edited(request: HttpRequest, editor: Editor, status: int = 200, **more: object) -> HttpResponse:
    """Save and go on, or show the editor: with scripts only what is in its form, of which the page takes a piece."""
    check_writable(editor.document.account)
    if editor.is_saved():
        messages.success(request, _("Your draft is saved."))
        return redirect(editor.document)
    template = "finance/_editor.html" if request.htmx else "finance/edit.html"  # type: ignore[attr-defined]
    context = {"editor": editor, "form": editor.form, "document": editor.document, **more}
    return render(request, template, context, status=status)


def _anew(request: HttpRequest, lost: Document | None) -> HttpResponse:
    """What was typed in a draft that is one no more (None: is not there any more); it can be saved as a new one.

    First it is shown and told: only the button of that page (``anew``) saves. A credit note is made from its invoice.
    """
    kind = request.POST.get("kind", "")
    document = Document(
        account=request.user.account, kind=kind if kind in DocumentKind.values else DocumentKind.INVOICE
    )
    data, is_told = request.POST.copy(), "anew" in request.POST or bool(request.htmx)  # type: ignore[attr-defined]
    if data.get("do") == "save" and (document.is_credit or not is_told):
        data["do"] = ""
    status = 200 if is_told else 409 if lost else 404
    return _edited(request, Editor(document, user=request.user, data=data), status, anew=True, lost=lost)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _asked_for(request: HttpRequest) -> Relation | None:
    try:
        reference = UUID(request.GET.get("relation", ""))
    except ValueError:
        return None
    return Relation.objects.visible_to(request.user).filter(reference=reference).first()
