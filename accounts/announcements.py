"""Announcements of the terms by mail, one for each account and version, again while the mail server fails (§21)."""

from __future__ import annotations

from datetime import date, datetime

from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import TermsAnnouncement, TermsVersion, User
from cannonworks import mails

#: So many are looked for at a time; each is sent and noted by itself.
BATCH = 500
#: One for every account that is there, of customers who came later too; those with one keep it. The array has all of
#: them found before the first is written: else, for each, all that was written before it is looked through.
PLAN = """
INSERT INTO accounts_termsannouncement (version_id, account_id)
SELECT %s, unnest(ARRAY(
    SELECT account.id FROM accounts_account AS account
    WHERE account.claimed_at IS NULL AND account.erased_on IS NULL AND account.ordered_on IS NULL
      AND NOT EXISTS (SELECT FROM accounts_termsannouncement AS told
                      WHERE told.account_id = account.id AND told.version_id = %s)
    ORDER BY account.id))
ON CONFLICT DO NOTHING
"""


def send_announcements(*, on: date, at: datetime) -> int:
    """Send what waits of announced versions that are still to come; return how many went.

    Resumes where it stopped, and is safe on many workers at once. What was not sent by its day is dropped: from then
    on users are shown the change when they sign in.
    """
    coming = TermsVersion.objects.filter(announced_at__isnull=False, effective_on__gt=on)
    _drop_pointless(coming.values_list("pk", flat=True))
    for version in coming.without_words():
        _plan(version)
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    waiting = TermsAnnouncement.objects.filter(ready, sent_at__isnull=True).order_by("id").values_list("pk", flat=True)
    sent, last = 0, 0
    while batch := list(waiting.filter(pk__gt=last)[:BATCH]):
        sent, last = sent + sum(_send(pk, at) for pk in batch), batch[-1]
    return sent


def _plan(version: TermsVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLAN, [version.pk, version.pk])


def _drop_pointless(coming: object) -> None:
    waiting = TermsAnnouncement.objects.filter(sent_at__isnull=True)
    going = Q(account__claimed_at__isnull=False) | Q(account__erased_on__isnull=False)
    waiting.filter(going | ~Q(version__in=coming)).delete()


@transaction.atomic
def _send(pk: int, at: datetime) -> bool:
    rows = TermsAnnouncement.objects.select_related("account", "version").select_for_update(
        skip_locked=True, of=("self",)
    )
    row = rows.filter(pk=pk, sent_at__isnull=True).first()
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


def mail_of(row: TermsAnnouncement, user: User) -> EmailMessage:
    """The announcement as a mail in the language of the main user."""
    version = row.version
    before = (version.number or 1) - 1
    pages = {"whole": reverse("terms-version", args=[version.number])}
    if before:
        pages["changes"] = reverse("terms-compared", args=[before, version.number])
    return mails.letter(
        "accounts/mail/terms", to=user.email, language=user.language, about=f"terms-{version.number}-{row.pk}",
        user=user, version=version, pages=pages,
    )  # fmt: skip
