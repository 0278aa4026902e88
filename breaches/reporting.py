"""Breaches that holders report to us (§13): taken in, told to staff at once, and judged by them.

A report is the first notice between the parties: with it the two working days begin in which we confer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Account, User
from accounts.services import check_staff, lock
from accounts.states import State
from breaches.conferring import join_breach, open_consultation
from breaches.letters import MAY_JUDGE
from breaches.models import Breach, BreachReport, ReportChannel
from cannonworks.errors import Refused
from cannonworks.rates import is_too_often
from journal import services as journal

#: Who reports more often has a call with us to make; nobody types so many.
REPORTS_AN_HOUR = 10
#: By what else than the app a report comes in.
BY_STAFF = (ReportChannel.PHONE, ReportChannel.EMAIL, ReportChannel.LETTER)


@transaction.atomic
def report_breach(
    account: Account, *, actor: User, at: datetime, kind: str, noticed_at: datetime, what: str,
    is_ongoing: bool = True, which_data: str = "", done: str = "", contact: str = "",
) -> BreachReport:  # fmt: skip
    """Take in what a user of the account noticed; staff are mailed, and we confer within two working days (§13).

    Whatever the state of the account. ValidationError for what is missing, too long or in the future; Refused for
    others than users of the account, and after ``REPORTS_AN_HOUR``. Locks the account.
    """
    if actor.account_id != account.pk:
        raise Refused("not_yours", _("You can report for your own account only."))
    if is_too_often("breach report", str(account.reference), most=REPORTS_AN_HOUR, seconds=3600):
        words = _("You have reported much in the last hour. Wait a while, or call or mail us.")
        raise Refused("too_often", words, clause="13")
    report = BreachReport(
        account=lock(account), reported_by=actor.reference, reported_at=at, kind=kind, noticed_at=noticed_at,
        is_ongoing=is_ongoing, what=what, which_data=which_data, done=done, contact=contact,
    )  # fmt: skip
    return _take_in(report, actor=actor, at=at)


@transaction.atomic
def record_report(
    account: Account, *, actor: User, at: datetime, came_at: datetime, channel: str, kind: str, noticed_at: datetime,
    what: str, is_ongoing: bool = True, which_data: str = "", done: str = "", contact: str = "",
) -> BreachReport:  # fmt: skip
    """Enter as staff what a holder reported by phone, e-mail or letter; our clocks began at ``came_at`` (§13).

    ValidationError as for ``report_breach``, and for a moment to come. Locks the account.
    """
    check_staff(actor)
    if channel not in BY_STAFF:
        raise ValidationError({"channel": _("Choose how the report came in.")})
    if came_at > at:
        raise ValidationError({"came_at": _("This is still to come: fill in when the report came in.")})
    account = lock(account)
    if account.claimed_at is not None or account.state == State.ERASED:
        raise Refused("being_erased", _("This account is being erased or is gone; its report cannot be kept."))
    report = BreachReport(
        account=account, channel=channel, recorded_by=actor.reference, reported_at=came_at, kind=kind,
        noticed_at=noticed_at, is_ongoing=is_ongoing, what=what, which_data=which_data, done=done, contact=contact,
    )  # fmt: skip
    return _take_in(report, actor=actor, at=at)


@transaction.atomic
def judge_report(
    report: BreachReport, *, actor: User, at: datetime, breach: Breach | None = None, answer: str = ""
) -> BreachReport:
    """Say as staff which breach of the register a report is, or why it is none; the holder is mailed (§13).

    With a breach the ``answer`` may be empty. Once: Refused the second time. Locks account and report.
    """
    check_staff(actor)
    if breach is None and not answer.strip():
        raise ValidationError(_("Choose the breach that this is, or write to the holder why it is none."))
    account = lock(report.account)
    report = BreachReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if report.judged_at is not None:
        raise Refused("judged", _("This report was judged already."), clause="13")
    report.account = account
    report.judged_at, report.judged_by, report.breach, report.answer = at, actor.reference, breach, answer.strip()
    if too_long := _too_long(report, "answer"):
        raise ValidationError(too_long)
    report.full_clean(exclude=["account"])
    report.save(update_fields=["judged_at", "judged_by", "breach", "answer"])
    if breach is not None:
        join_breach(report, breach)
    journal.record(
        "breach.judged", account=account, actor=actor, clause="13", report=report.reference,
        breach=breach and breach.reference,
    )  # fmt: skip
    outbox.plan("breaches/report_judged", about=report.reference, account=account, at=at)
    return report


def _take_in(report: BreachReport, *, actor: User, at: datetime) -> BreachReport:
    report.what, report.which_data = report.what.strip(), report.which_data.strip()
    report.done, report.contact = report.done.strip(), report.contact.strip()
    _check(report)
    report.save(force_insert=True)
    open_consultation(report.account, opened_at=report.reported_at, report=report)
    facts: dict[str, Any] = {"report": report.reference, "kind": report.kind, "channel": report.channel}
    journal.record(
        "breach.reported", account=report.account, actor=actor, clause="13", **facts, came_at=report.reported_at
    )
    outbox.tell_staff(MAY_JUDGE, "breaches/breach_reported", about=report.reference, account=report.account, at=at)
    return report


def _too_long(report: BreachReport, *names: str) -> dict[str, Any]:
    """Texts longer than their fields are: models leave that to forms."""
    wrong: dict[str, Any] = {}
    for name in names:
        try:
            MaxLengthValidator(getattr(BreachReport._meta.get_field(name), "max_length"))(getattr(report, name))  # noqa: B009
        except ValidationError as error:
            wrong[name] = [error]
    return wrong


def _check(report: BreachReport) -> None:
    """All that is wrong with it at once, by field."""
    wrong = _too_long(report, "what", "which_data", "done")
    try:
        report.full_clean(exclude=["account"])
    except ValidationError as error:
        wrong |= error.error_dict
    if "noticed_at" not in wrong and report.noticed_at > report.reported_at:
        words = _("This is still to come: fill in when you noticed it.")
        if report.channel != ReportChannel.APP:
            words = _("This is after the report came in: fill in when the holder noticed it.")
        wrong["noticed_at"] = [ValidationError(words)]
    if wrong:
        raise ValidationError(wrong)
