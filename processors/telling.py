"""What account holders are told of changes of sub-processors: within their accounts, by mail, and in our answers (§9).

The mails are planned and sent by a job, in batches: the request that announces a change writes one row, however many
accounts there are. Each account gets one mail for each change, again while the mail server fails.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Notice, User
from accounts.notices import write_notice
from accounts.outbox import Addressed, to_main_user, to_staff, writes
from cannonworks import mails
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import LONGEST, Change, ChangeKind, ChangeMail, Objection

#: Who hears of an objection: whoever may answer it.
MAY_ANSWER = "processors.change_objection"
#: So many are looked for at a time; each is sent and noted by itself.
BATCH = 500
#: What takes effect sooner than promised is mailed after that too, for so long: better late than not.
LATE = timedelta(days=14)
#: One for every account that is there, of customers too who came before the change; those with one keep it.
PLAN = """
INSERT INTO processors_changemail (change_id, account_id)
SELECT %s, account.id FROM accounts_account AS account
WHERE account.claimed_at IS NULL AND account.erased_on IS NULL AND account.ordered_on IS NULL
  AND account.signed_up_on <= %s AND NOT EXISTS (SELECT FROM processors_changemail AS told
                  WHERE told.account_id = account.id AND told.change_id = %s)
ON CONFLICT DO NOTHING
"""


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


# --- By mail ---------------------------------------------------------------------------------------------------------
def send_announcements(*, on: date, at: datetime) -> int:
    """Send what waits of announced changes that are still to come; return how many went.

    Resumes where it stopped, and is safe on many workers at once. What was not sent by its day, or was withdrawn, is
    dropped.
    """
    late = ~Q(sooner_nl="") & Q(effective_on__gt=on - LATE)
    told = Change.objects.filter(Q(effective_on__gt=on) | late, notice__isnull=False, withdrawn_at__isnull=True)
    going = Q(account__claimed_at__isnull=False) | Q(account__erased_on__isnull=False)
    pointless = going | ~Q(change__in=told.values_list("pk", flat=True))
    ChangeMail.objects.filter(pointless, sent_at__isnull=True).delete()
    for change in told:
        _plan(change)
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    waiting = ChangeMail.objects.filter(ready, sent_at__isnull=True).order_by("id").values_list("pk", flat=True)
    sent, last = 0, 0
    while batch := list(waiting.filter(pk__gt=last)[:BATCH]):
        sent, last = sent + sum(_send(pk, at) for pk in batch), batch[-1]
    return sent


def _plan(change: Change) -> None:
    last = max(change.effective_on - timedelta(days=1), local_date(change.announced_at))
    with connection.cursor() as cursor:
        cursor.execute(PLAN, [change.pk, last, change.pk])
        count = cursor.rowcount
    if count > 0:
        journal.record("sub_processor.told", clause="9", change=change.reference, accounts=count)


@transaction.atomic
def _send(pk: int, at: datetime) -> bool:
    rows = ChangeMail.objects.select_related("account", "change__sub_processor", "change__replaces")
    row = rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, sent_at__isnull=True).first()
    if row is None or (user := row.account.main_user) is None:
        return False
    try:
        mail_of(row, user).send()
    except mails.FAILURES as error:
        mails.put_off(row, error, at=at)
        return False
    row.user, row.sent_at, row.failure = user.reference, at, ""
    row.save(update_fields=["user", "sent_at", "failure"])
    return True


def mail_of(row: ChangeMail, user: User) -> EmailMessage:
    """The announcement as a mail in the language of the main user."""
    change = row.change
    return mails.letter(
        "processors/mail/change", to=user.email, language=user.language, about=f"sub-processors-{row.pk}", user=user,
        change=change, page=reverse("sub-processor-change", args=[change.reference]),
    )  # fmt: skip


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
