"""Signing up (§1): a link by mail, of which nothing is kept here, and the account that is opened with it.

The link carries address and language, sealed, and ends by itself. Opening it changes nothing; it works on any device
until somebody signs in with its address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services, terms
from accounts.models import Account, User
from accounts.newsletter import set_subscription
from accounts.post import post
from accounts.signing_in import adopt_address
from cannonworks import isolation
from cannonworks.errors import Refused, is_fence
from cannonworks.pages import open_place, seal_place
from journal import services as journal

#: How long a link may be used.
LINK_LASTS = timedelta(days=3)
#: What links are sealed for; addresses end up in logs, so what they carry cannot be read.
PURPOSE = "sign-up"
#: Who is younger is asked to give us nothing (§1).
YOUNGEST = 16


@dataclass(frozen=True)
class Link:
    """What a link says: whose mailbox it came from, and the language that was chosen."""

    email: str
    language: str


def ask(email: str, *, language: str, at: datetime) -> None:
    """Mail the link with which the owner of ``email`` goes on; who has a user already is told that instead.

    Both take the same steps, and the answer tells nobody which it was. Nothing is stored.
    """
    email = email.lower()
    theirs = User.objects.filter(email=email).values_list("language", flat=True).first()
    address = settings.SITE_URL + reverse("sign-up-finish", args=[seal(Link(email, language), at=at)])
    template = "account/email/sign_up_known" if is_known(email) else "account/email/sign_up"
    post(template, to=email, language=theirs or language, address=address)


def seal(link: Link, *, at: datetime) -> str:
    """The part of an address that carries the link, made at ``at``."""
    return seal_place([link.email, link.language, int(at.timestamp())], PURPOSE)


def unseal(key: str, *, at: datetime) -> Link:
    """The link in an address; Refused (``link_over``) when it is none, or of ``LINK_LASTS`` ago or longer."""
    try:
        email, language, made = open_place(key, PURPOSE)
    except ValueError:
        raise _over() from None
    if at >= datetime.fromtimestamp(made, UTC) + LINK_LASTS:
        raise _over()
    return Link(email, language)


def is_known(email: str) -> bool:
    """Whether somebody signs in with this address, or confirmed it. Only a visitor's role sees all accounts."""
    confirmed = EmailAddress.objects.filter(email=email, verified=True)
    # Both are asked in any case: how long it takes tells nothing.
    return any([User.objects.filter(email=email).exists(), confirmed.exists()])


def finish(
    link: Link, *, company: Mapping[str, Any], person: Mapping[str, Any], newsletter: bool, at: datetime, on: date
) -> Account:
    """Open the account (§1, §2): its company, and as main user the owner of the link's address, now confirmed.

    ``person`` has the names and a ``password``. The declaration of being 16 or older is journalled. Refused
    (``link_used``) when somebody signs in with the address already, also when two finish at the same moment.
    """
    main_user = {"language": link.language, **person, "email": link.email}
    with first_come(link.email):
        account = services.sign_up(company=company, main_user=main_user, on=on)
        user = User.objects.get(account=account)
        adopt_address(user)
        record_declaration(user)
        with isolation.acting_as(isolation.of(user)):
            set_subscription(user, wanted=newsletter, at=at)
            terms.accept(terms.in_force(on), user, at)
    return account


@contextmanager
def first_come(email: str) -> Iterator[None]:
    """A block that makes a user with this address: whole or not at all. Refused (``link_used``) where there is one.

    Entered with the role of a visitor, who alone sees whether there is.
    """
    if is_known(email):
        raise _used()
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if is_fence(error) or not is_known(email):
            raise
        raise _used() from error


def record_declaration(user: User) -> None:
    """Journal that somebody who joins declared to be 16 or older (§1)."""
    journal.record("user.declared_age", account=user.account, actor=user, clause="1", at_least=YOUNGEST)


def _over() -> Refused:
    return Refused("link_over", _("This link does not work any more. Ask for a new one."), clause="1")


def _used() -> Refused:
    return Refused("link_used", _("Somebody signs in with this address already. Sign in, or take another address."))
