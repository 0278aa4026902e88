"""What account holders are told of changes of sub-processors: within their accounts, and in our answers (§9).

By mail too, one to every account: ``processors.mailing``. The request that announces a change writes one row, however
many accounts there are.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Notice, User
from accounts.notices import write_notice
from accounts.outbox import Addressed, to_main_user, to_staff, writes
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import LONGEST, Change, ChangeKind, Objection

#: Who hears of an objection: whoever may answer it.
MAY_ANSWER = "processors.change_objection"


# --- Within the account ----------------------------------------------------------------------------------------------
def notice_of(change: Change, *, actor: User, on: date) -> Notice:
    """Write what every user sees from ``on`` until the last day before the change."""
    (title_nl, text_nl), (title_en, text_en) = (_notice(change, language) for language in ("nl", "en"))
    last = max(on, change.effective_on - timedelta(days=1))
    notice = Notice(
        title_nl=title_nl, text_nl=text_nl, title_en=title_en, text_en=text_en, shown_from=on, shown_until=last
    )
    return write_notice(notice, actor=actor)


def take_back(change: Change, *, actor: User) -> None:
    """Let the notice of a withdrawn change say so, until its last day."""
    notice = change.notice
    if notice is None:
        return
    for language in ("nl", "en"):
        with translation.override(language):
            words = _("This is withdrawn: it does not happen.")
        setattr(notice, f"text_{language}", f"{words}\n\n{getattr(notice, f'text_{language}')}"[:2000])
    write_notice(notice, actor=actor)


def _notice(change: Change, language: str) -> tuple[str, str]:
    """Title and text (Markdown) in a language."""
    with translation.override(language):
        said = {"name": change.sub_processor.name, "day": date_format(change.effective_on, "j F Y")}
        titles = {
            ChangeKind.ADDITION: _("%(name)s is going to work for us"),
            ChangeKind.REPLACEMENT: _("%(name)s takes over work for us"),
            ChangeKind.OTHER: _("%(name)s: its work for us changes"),
        }
        title = titles[ChangeKind(change.kind)] % said
        text = _("From %(day)s. You can read what changes, and object until then.") % said
        address = reverse("sub-processor-change", args=[change.reference])
        link = _("Read what changes")
        return title[:100], f"{text} [{link}]({address})"


# --- Objections ------------------------------------------------------------------------------------------------------
@transaction.atomic
def answer(objection: Objection, *, actor: User, at: datetime, words: str) -> Objection:
    """Answer an objection, once; the main user is mailed. Refused without words, the second time, without the right."""
    if not (actor.is_staff and actor.has_perm(MAY_ANSWER)):
        raise Refused("no_such_role", _("Your role does not answer objections."), clause="9")
    row = Objection.objects.select_for_update(of=("self",)).select_related("account").get(pk=objection.pk)
    if row.answered_at is not None:
        raise Refused("answered", _("This objection was answered already."), clause="9")
    row.answer, row.answered_at, row.answered_by = words.strip(), at, actor.reference
    if not row.answer or len(row.answer) > LONGEST:
        raise ValidationError({"answer": _("Write an answer of at most %(most)s characters.") % {"most": LONGEST}})
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    journal.record(
        "sub_processor.answered", account=row.account, actor=actor, clause="9", objection=row.reference,
        change=row.change.reference,
    )  # fmt: skip
    outbox.plan("processors/objection_answered", about=row.reference, account=row.account, at=at)
    return row


@writes("processors/objection_made")
def objection_made(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To staff who may answer it, until it is answered. Nothing of what it says."""
    found = Objection.objects.to_answer().filter(reference=about).select_related("change__sub_processor").first()
    return to_staff(MAY_ANSWER, reader, objection=found) if found else None


@writes("processors/objection_answered")
def objection_answered(about: UUID) -> Addressed | None:
    """To the main user, as long as the objection is there."""
    found = Objection.objects.filter(reference=about, answered_at__isnull=False)
    row = found.select_related("change__sub_processor").first()
    if row is None:
        return None
    return to_main_user(row.account_id, objection=row, change=row.change, helpdesk=settings.HELPDESK)
