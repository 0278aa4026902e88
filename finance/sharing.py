"""What goes out of CannonWorks, because the holder shares it: by link that ends, or by mail (§3).

A link's token is nowhere kept. Its digest proves it to the database, which shows its reader that one document and no
other (``isolation.reader``), and nothing once the link is over, the account is going, or the relation is restricted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_not_going, check_writable, lock
from cannonworks import isolation
from cannonworks.bearer import digest_of, new_token
from cannonworks.errors import Refused
from finance.models import Document, Line, Mailing, MailingState, ShareDays, ShareLink, ShareOpening, Totals
from finance.printing import document_pdf, sender
from journal import services as journal
from relations.services import check_not_restricted

#: Openings that are shown with a link; the number of all of them stands beside.
OPENINGS_SHOWN = 10


@dataclass(frozen=True)
class Shared:
    """What a reader of a link sees: the document, its lines and amounts, who sent it, and the PDF if it was asked.

    Its names are those of ``finance/_paper.html``; all of it is as it was issued.
    """

    document: Document
    lines: Sequence[Line]
    totals: Totals
    sender: Mapping[str, str]
    pdf: bytes


@transaction.atomic
def share_document(
    document: Document, *, actor: User, at: datetime, days: int = ShareDays.MONTH
) -> tuple[ShareLink, str]:
    """Make a link that works for ``days`` days: its row, and its address, which is nowhere kept or shown again (§3).

    Refused for a draft, a restricted relation (§15), an account that does not run, and other days than ``ShareDays``.
    Locks the account.
    """
    document = _lock(document)
    return _link(document, days=_known(days), made_by=actor.reference, by=actor, at=at)


@transaction.atomic
def revoke_link(link: ShareLink, *, actor: User, at: datetime) -> None:
    """End a link from this moment (§3), also in an account that does not run; idempotent."""
    account = lock(link.account)
    check_not_going(account)
    link = ShareLink.objects.defer("digest").select_for_update(of=("self",)).get(pk=link.pk)
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        journal.record("link.revoked", account=account, actor=actor, clause="3", link=link.reference)


@transaction.atomic
def mail_document(
    document: Document, *, actor: User, to: str, at: datetime, message: str = "", days: int | None = None
) -> Mailing:
    """Send the document to ``to`` once this is committed: as PDF, or with ``days`` as a link that works so long (§3).

    Refused as ``share_document``; ValidationError for what is no address. The mail itself: ``finance.post``.
    """
    document = _lock(document)
    mailing = Mailing(
        account=document.account, document=document, to=to.strip(), message=message.strip(), asked_by=actor.reference,
        asked_at=at, days=None if days is None else _known(days),
    )  # fmt: skip
    mailing.full_clean(exclude=["account", "document"])
    mailing.save(force_insert=True)
    journal.record(
        "document.mailed", account=document.account, actor=actor, clause="3",
        document=document.reference, mailing=mailing.reference, as_link=days is not None,
    )  # fmt: skip
    _queue(mailing)
    return mailing


@transaction.atomic
def retry_mailing(mailing: Mailing, *, actor: User, at: datetime) -> Mailing:
    """Send a mail again that could not be sent; Refused as ``mail_document`` and for one that did not fail."""
    document = _lock(mailing.document)
    mailing = Mailing.objects.select_for_update(of=("self",)).get(pk=mailing.pk)
    if mailing.state != MailingState.FAILED:
        raise Refused("not_failed", _("This mail has been sent, or is on its way."), clause="3")
    mailing.state, mailing.asked_at, mailing.attempts, mailing.failure = MailingState.WAITING, at, 0, ""
    mailing.save(update_fields=["state", "asked_at", "attempts", "failure"])
    journal.record(
        "document.mailed", account=document.account, actor=actor, clause="3",
        document=document.reference, mailing=mailing.reference, again=True,
    )  # fmt: skip
    _queue(mailing)
    return mailing


def sharing_of(document: Document, *, at: datetime) -> dict[str, Any]:
    """What ``finance/_sharing.html`` shows of a document: its links and mailings, newest first, and why not to share.

    Two queries, and one more where there are links: it takes the latest openings of each, ``OPENINGS_SHOWN`` at most.
    """
    latest = Prefetch("opened", ShareOpening.objects.order_by("-id")[:OPENINGS_SHOWN], to_attr="latest")
    links = list(ShareLink.objects.listed().filter(document=document).prefetch_related(latest))
    for link in links:
        link.is_working = link.revoked_at is None and link.expires_at > at
    return {
        "document": document,
        "links": links,
        "mailings": list(Mailing.objects.filter(document=document).order_by("-id")),
        "share_days": ShareDays.choices,
        "usual_days": ShareDays.MONTH,
        "refused": why_not(document),
    }


def why_not(document: Document) -> Refused | None:
    """Why the document cannot be shared as it is now; None: it can."""
    try:
        check_writable(document.account)
        _check_document(document)
    except Refused as refused:
        return refused
    return None


def open_link(token: str, *, device: str, pdf: bool = False, counts: bool = True) -> Shared | None:
    """What the link with this token shows now, its opening noted if it ``counts``; None: it does not work (any more).

    Speaks to the database as the link's reader alone, whoever asks. IntegrityError when the account was claimed for
    erasure at this moment.
    """
    with isolation.acting_as(isolation.reader(digest_of(token))):
        document = Document.objects.first()
        if document is None:
            return None
        lines = list(document.lines.all())
        shared = Shared(document, lines, Totals.of(lines), sender(document), document_pdf(document) if pdf else b"")
        if counts:
            with connection.cursor() as cursor:
                cursor.execute("SELECT finance_note_opening(%s, %s)", [device, pdf])
        return shared


def link_for(mailing: Mailing, *, at: datetime) -> str:
    """The address of a new link for a mail about to be sent; one that an earlier attempt made is replaced."""
    days = mailing.days or ShareDays.MONTH
    link, address = _link(mailing.document, days=days, made_by=mailing.asked_by, by=None, at=at)
    mailing.link = link
    return address


def check_shareable(account: Account, document: Document) -> None:
    """Refuse to let a document out: of an account that does not run, a draft, of a restricted relation (§3, §15)."""
    check_writable(account)
    _check_document(document)


def _lock(document: Document) -> Document:
    """The same document, its account locked; Refused when it cannot be shared."""
    account = lock(document.account)
    document = Document.objects.select_related("relation").get(pk=document.pk)
    document.account = account
    check_shareable(account, document)
    return document


def _check_document(document: Document) -> None:
    if document.issued_on is None:
        raise Refused("draft", _("A draft cannot be shared. Issue it first."), clause="3")
    check_not_restricted(document.relation)


def _link(document: Document, *, days: int, made_by: UUID, by: User | None, at: datetime) -> tuple[ShareLink, str]:
    token = new_token()
    link = ShareLink(
        account=document.account, document=document, digest=digest_of(token), made_at=at,
        made_by=made_by, expires_at=at + timedelta(days=days),
    )  # fmt: skip
    link.save(force_insert=True)
    journal.record(
        "document.shared", account=document.account, actor=by, clause="3",
        document=document.reference, link=link.reference, days=days,
    )  # fmt: skip
    return link, settings.SITE_URL + reverse("shared", args=[token])


def _known(days: int) -> int:
    if days not in ShareDays.values:
        raise Refused("other_days", _("A link works for 7, 30 or 90 days."), clause="3")
    return days


def _queue(mailing: Mailing) -> None:
    from finance.tasks import send_mailing  # which sends by ``post``, which asks here for links

    # A lost message costs minutes: the post looks for what still waits.
    transaction.on_commit(lambda: send_mailing.delay(mailing.pk), robust=True)
