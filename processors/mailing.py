"""The mails about changes of sub-processors: planned and sent by a job, one to the main user of every account (§9).

Each account gets one mail for each change, again while the mail server fails. A worker has a block of mails to itself,
by an advisory lock that ends with its connection; of a worker that is killed, one mail at most goes again, under the
same Message-ID. All go over one connection, and what is the same in all of them is written once for each language.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from cannonworks import mails, turns
from cannonworks.deadlines import local_date
from journal import services as journal
from processors.models import Change, ChangeMail

log = logging.getLogger(__name__)

#: Keys of a block, which one worker has to itself; each mail is sent and noted by itself.
BLOCK = 500
#: After so many failures one after the other the rest waits for the next run: it is the server, not the mails.
MANY_FAILURES = 5
#: What takes effect sooner than promised is mailed after that too, for so long: better late than not.
LATE = timedelta(days=14)
#: Stands for the name of the reader in the words that all readers of a language get.
NAME = "\x00"
#: One for every account that is there, of customers too who came before the change; those with one keep it. The array
#: has all of them found before the first is written: else, for each, all that was written before it is looked through.
PLAN = """
INSERT INTO processors_changemail (change_id, account_id)
SELECT %s, unnest(ARRAY(
    SELECT account.id FROM accounts_account AS account
    WHERE account.claimed_at IS NULL AND account.erased_on IS NULL AND account.ordered_on IS NULL
      AND account.signed_up_on <= %s AND NOT EXISTS (SELECT FROM processors_changemail AS told
                      WHERE told.account_id = account.id AND told.change_id = %s)
    ORDER BY account.id))
ON CONFLICT DO NOTHING
"""
#: A mail that still has a point, locked, and who reads it.
TAKE = """
SELECT mail.change_id, reader.email, reader.language, reader.first_name, reader.reference
FROM processors_changemail AS mail
JOIN processors_change AS change ON change.id = mail.change_id AND change.withdrawn_at IS NULL
JOIN accounts_account AS account
  ON account.id = mail.account_id AND account.claimed_at IS NULL AND account.erased_on IS NULL
JOIN accounts_user AS reader ON reader.account_id = mail.account_id AND reader.is_main
WHERE mail.id = %s AND mail.sent_at IS NULL FOR UPDATE OF mail SKIP LOCKED
"""
NOTE = "UPDATE processors_changemail SET \"user\" = %s, sent_at = %s, failure = '' WHERE id = %s"


def plan_announcements(*, on: date) -> None:
    """Plan what is to be mailed of announced changes that are still to come, and drop what has no point any more.

    That is what was not sent by its day, was withdrawn, or is for an account that is on its way out.
    """
    late = ~Q(sooner_nl="") & Q(effective_on__gt=on - LATE)
    told = Change.objects.filter(Q(effective_on__gt=on) | late, notice__isnull=False, withdrawn_at__isnull=True)
    going = Q(account__claimed_at__isnull=False) | Q(account__erased_on__isnull=False)
    pointless = going | ~Q(change__in=told.values_list("pk", flat=True))
    ChangeMail.objects.filter(pointless, sent_at__isnull=True).delete()
    for change in told:
        _plan(change)


def send_announcements(*, on: date, at: datetime) -> int:
    """Plan and send what waits; return how many went. Resumes where it stopped; safe on many workers at once."""
    plan_announcements(on=on)
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    waiting = ChangeMail.objects.filter(ready, sent_at__isnull=True).order_by("id").values_list("pk", flat=True)
    with mails.Line() as line:
        sender, last = _Sender(line, at), -1
        while sender.is_going and (first := waiting.filter(pk__gt=last).first()) is not None:
            last = first - first % BLOCK + BLOCK - 1
            with turns.alone(f"mails about changes {first // BLOCK}") as alone:
                if alone:
                    sender.send_all(waiting.filter(pk__range=(first, last)))
        return sender.sent


def _plan(change: Change) -> None:
    last = max(change.effective_on - timedelta(days=1), local_date(change.announced_at))
    with connection.cursor() as cursor:
        cursor.execute(PLAN, [change.pk, last, change.pk])
        count = cursor.rowcount
    if count > 0:
        journal.record("sub_processor.told", clause="9", change=change.reference, accounts=count)


class _Sender:
    """What one run sends, and how it goes."""

    def __init__(self, line: mails.Line, at: datetime) -> None:
        self.line, self.at, self.sent, self.failures = line, at, 0, 0
        self.words = cache(_words)

    @property
    def is_going(self) -> bool:
        return self.failures < MANY_FAILURES

    def send_all(self, waiting: QuerySet[Any]) -> None:
        for pk in list(waiting):
            if not self.is_going:
                log.warning("mails about changes of sub-processors wait: the mail server takes none")
                return
            self._send(pk)

    @transaction.atomic
    def _send(self, pk: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [pk])
            if (found := cursor.fetchone()) is None:
                return
            change, to, language, name, reference = found
            try:
                self.line.send(self._mail(pk, change, to, language, name))
            except mails.FAILURES as error:
                self.failures += 1
                mails.put_off(ChangeMail.objects.get(pk=pk), error, at=self.at)
                return
            cursor.execute(NOTE, [reference, self.at, pk])
        self.sent, self.failures = self.sent + 1, 0

    def _mail(self, pk: int, change: int, to: str, language: str, name: str) -> EmailMessage:
        """The announcement as a mail in the language of the main user."""
        subject, body = self.words(change, language)
        about = {"Message-ID": mails.message_id(f"sub-processors-{pk}")}
        return EmailMessage(subject, body.replace(NAME, name), to=[to], headers=about)


def _words(pk: int, language: str) -> tuple[str, str]:
    """Subject and body of the mails about a change in a language, with ``NAME`` where the reader's name stands."""
    change = Change.objects.select_related("sub_processor", "replaces").get(pk=pk)
    return mails.written(
        "processors/mail/change", language=language, user=SimpleNamespace(first_name=NAME), change=change,
        page=reverse("sub-processor-change", args=[change.reference]),
    )  # fmt: skip
