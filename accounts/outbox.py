"""Mails about what is done under the agreement: planned in the transaction of a step, sent after it, each once.

What a mail says is read when it is sent, so nothing of it is stored twice, and a mail that has no point any more (its
request is gone, its reader has no address) is forgotten. A repeat after a crash has the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import roles
from accounts.models import Account, Company, PlannedMail, User
from cannonworks import isolation, mails

#: After so many failures staff are told.
MANY_ATTEMPTS = 5
#: So many mails are one worker's work.
AT_ONCE = 100


@dataclass(frozen=True)
class Addressed:
    """To whom a mail goes, in which language, what its template sees, and files: name, content, type."""

    to: str
    language: str
    context: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[tuple[str, bytes, str], ...] = ()


#: Who is told, given the reference of what a mail is about, and that of the member of staff whom it was planned for,
#: if it was; None: nobody any more.
Writer = Callable[..., Addressed | None]
#: By name; see ``text_of``.
_writers: dict[str, Writer] = {}


def writes(*names: str) -> Callable[[Writer], Writer]:
    """Register the function that addresses these mails; done where an app starts."""

    def registered(writer: Writer) -> Writer:
        _writers.update(dict.fromkeys(names, writer))
        return writer

    return registered


def text_of(name: str) -> str:
    """The template that a mail of this name is written by, without its ending."""
    app, _slash, mail = name.partition("/")
    return f"{app}/mail/{mail}"


def to_main_user(account: int | None, **context: Any) -> Addressed | None:
    """A mail to whoever decides for the account with this key, as it is now; None when there is nobody any more.

    Its template sees ``user`` and ``company`` beside ``context``.
    """
    user = User.objects.filter(account=account, is_main=True).first()
    if user is None:
        return None
    company = Company.objects.filter(account=account).first()
    return Addressed(user.email, user.language, {"user": user, "company": company, **context})


def plan(name: str, *, about: UUID, account: Account | None, at: datetime, reader: UUID | None = None) -> None:
    """Have a mail sent once the transaction is committed; the step and its mail are there together, or neither is.

    LookupError when nobody ``writes`` a mail of this ``name``.
    """
    _check_written(name)
    mail = PlannedMail.objects.create(account=account, about=about, template=name, planned_at=at, reader=reader)
    transaction.on_commit(lambda: _send_soon([mail.pk]), robust=True)  # a lost message costs minutes


def plan_all(name: str, abouts: Iterable[tuple[UUID, Account]], *, at: datetime) -> int:
    """The same for many at once, each about something of an account: one statement, ``AT_ONCE`` sent by one worker."""
    _check_written(name)
    rows = [PlannedMail(account=account, about=about, template=name, planned_at=at) for about, account in abouts]
    keys = [mail.pk for mail in PlannedMail.objects.bulk_create(rows)]
    for start in range(0, len(keys), AT_ONCE):
        transaction.on_commit(partial(_send_soon, keys[start : start + AT_ONCE]), robust=True)
    return len(keys)


def tell_staff(permission: str, name: str, *, about: UUID, account: Account | None, at: datetime) -> int:
    """Plan a mail for each member of staff with this permission, or for our desk if there is nobody; how many."""
    with isolation.acting_as(isolation.JOBS):  # a holder sees no staff
        readers: list[UUID | None] = list(roles.who_may(permission).values_list("reference", flat=True))
    for reader in readers or [None]:
        plan(name, about=about, account=account, at=at, reader=reader)
    return len(readers or [None])


def to_staff(permission: str, reader: UUID | None, **context: Any) -> Addressed | None:
    """A mail to a member of staff who still has the permission, who is ``user`` in its template; or to our desk."""
    if reader is None:
        return Addressed(settings.HELPDESK, settings.LANGUAGE_CODE, context)
    user = roles.who_may(permission).filter(reference=reader).first()
    return Addressed(user.email, user.language, {"user": user, **context}) if user else None


def send_waiting(*, at: datetime, limit: int = 1_000) -> int:
    """Send what waits; return how many went. Safe on many workers at once."""
    return sum(send(pk, at=at) for pk in list(PlannedMail.objects.to_send(at).values_list("pk", flat=True)[:limit]))


@transaction.atomic
def send(pk: int, *, at: datetime) -> bool:
    """Send one mail that waits; whether it went. A failure is noted, and it is tried again later."""
    mail = PlannedMail.objects.to_send(at).select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if mail is None:
        return False
    told = (mail.about, mail.reader) if mail.reader else (mail.about,)
    addressed = _writers[mail.template](*told)
    if addressed is None:
        mail.delete()
        return False
    message = mails.letter(
        text_of(mail.template), to=addressed.to, language=addressed.language,
        about=f"{mail.template.partition('/')[0]}-{mail.pk}", **addressed.context,
    )  # fmt: skip
    for file in addressed.files:
        message.attach(*file)
    try:
        message.send()
    except mails.FAILURES as error:
        mails.put_off(mail, error, at=at)
        return False
    mail.sent_at, mail.failure = at, ""
    mail.save(update_fields=["sent_at", "failure"])
    return True


def _check_written(name: str) -> None:
    if name not in _writers:
        raise LookupError(f"Nobody writes the mail {name!r}.")


def _send_soon(keys: Sequence[int]) -> None:
    from accounts import tasks  # which sends by what is here

    tasks.send_planned.delay(*keys)
