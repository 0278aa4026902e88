from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.access import holder_only
from cannonworks.listing import Order, listing, search_address, searched
from finance.models import Document
from relations.models import Relation

ORDERS = (
    Order("newest", _("Newest first"), ("-id",)),
    Order("recipient", _("By recipient"), ("recipient_name", "id")),
    Order("amount", _("Highest amount first"), ("-gross_total", "-id")),
)
#: Of what is looked for no more than this is taken.
MOST_TYPED = 100
#: Name in the address → label, and which rows.
SHOWN = {
    "": (_("All"), lambda rows: rows),
    "invoices": (_("Invoices"), lambda rows: rows.invoices()),
    "quotes": (_("Quotes"), lambda rows: rows.quotes()),
    "drafts": (_("Drafts"), lambda rows: rows.drafts()),
}


@holder_only
@require_http_methods(["GET", "POST"])
def documents(request: HttpRequest) -> HttpResponse:
    """The account's quotes, invoices and credit notes, and a search in them; one query, whatever their number."""
    if request.method == "POST":
        said = {name: request.POST.get(name, "")[:MOST_TYPED] for name in ("show", "relation", "order", "search")}
        return redirect(search_address(request, said))
    words, show = searched(request).replace("\0", ""), request.GET.get("show", "")
    show = show if show in SHOWN else ""
    relation = _relation(request)
    rows = SHOWN[show][1](Document.objects.visible_to(request.user)).found(words)
    rows = rows.filter(relation=relation) if relation else rows
    context = {
        "page": listing(request, rows, ORDERS), "words": words, "show": show, "on": timezone.localdate(),
        "relation": relation,
        "filters": [(name, label) for name, (label, _rows) in SHOWN.items()],
    }  # fmt: skip
    return render(request, "finance/documents.html", context)


def _relation(request: HttpRequest) -> Relation | None:
    """The relation that the address names by its reference, if it is one of the account's."""
    try:
        reference = UUID(request.GET.get("relation", ""))
    except ValueError:
        return None
    return Relation.objects.visible_to(request.user).filter(reference=reference).first()
