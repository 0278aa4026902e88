from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.access import holder_only
from accounts.due import due_from
from accounts.models import DeviceToken, Session
from accounts.notices import notices_for
from cannonworks import deadlines, signing
from cannonworks.downloads import file_response
from cannonworks.prose import html_of
from cannonworks.publications import pdf_of
from finance.models import Document
from processors.publishing import periods
from retention import my_data, story
from retention.my_record import record_of
from retention.outlook import outlook


@holder_only
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """In which state the account is, what is due from its user, what was made lately, and until when data is kept."""
    user, on = request.user, timezone.localdate()
    context = outlook(user.account, on=on) | {
        "notices": notices_for(user, on),
        "due": due_from(user, on=on),
        "recent": list(Document.objects.recent(user.account)),
    }
    return render(request, "retention/dashboard.html", context)


@holder_only
@require_GET
def my_data_page(request: HttpRequest) -> HttpResponse:
    """All that is kept of the account, by category, until when and after which step; and where one is signed in."""
    at = timezone.now()
    found = outlook(request.user.account, on=timezone.localdate(at))
    context = found | {
        "holdings": my_data.holdings(request.user.account, found["fates"]),
        "most": number_format(my_data.MOST, force_grouping=True),
        "browsers": Session.objects.signed_in(request.user, at=at).count(),
        "export_term": deadlines.kind_named("data_return").term,
        "devices": DeviceToken.objects.of(request.user).valid(at).count(),
    }
    return render(request, "retention/my_data.html", context)


@holder_only
@require_GET
def my_record(request: HttpRequest) -> HttpResponse:
    """Our record of processing, as far as it is about this account."""
    paper = record_of(request.user.account, on=timezone.localdate()).paper
    files = {"my-record-pdf": _("Download as PDF"), "my-record-json": _("Download as JSON")}
    return render(request, "retention/my_record.html", {"paper": paper, "files": files})


@holder_only
@require_GET
def my_record_pdf(request: HttpRequest) -> HttpResponse:
    """The same as PDF, to show to whoever asks."""
    paper = record_of(request.user.account, on=timezone.localdate()).paper
    return file_response(pdf_of(paper), f"cannonworks-record-{paper.on}.pdf", inline=True)


@holder_only
@require_GET
def my_record_json(request: HttpRequest) -> HttpResponse:
    """The same for programs, in the form of ``docs/record.md``."""
    on = timezone.localdate()
    said = record_of(request.user.account, on=on).as_json()
    return file_response(json.dumps(said, ensure_ascii=False, indent=2), f"cannonworks-record-{on}.json")


@login_not_required
@require_safe
def what_we_do(request: HttpRequest) -> HttpResponse:
    """What CannonWorks does with data, for everybody: promises, periods, and where each is proven."""
    on = timezone.localdate()
    context = {"vows": story.vows(), "stories": story.stories(on=on), "periods": periods(), "on": on}
    return render(request, "retention/what_we_do.html", context)


@login_not_required
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """How anybody proves an erasure statement without us, and our public key."""
    text = (settings.BASE_DIR / "docs" / "verify-a-statement.md").read_text()
    key = signing.public_key()
    context = {"key": signing.to_pem(key), "key_id": signing.key_id(key), "text": html_of(text)}
    return render(request, "retention/verify.html", context)


@login_not_required
@require_safe
def statement_key(request: HttpRequest) -> HttpResponse:
    """The public key for erasure statements, as a file."""
    return file_response(signing.to_pem(signing.public_key()), "statement-key.pem")
