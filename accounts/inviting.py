"""Asking a colleague into the account (§1): by e-mail, with a link of which only a digest is kept.

Whether an address is known elsewhere is told to nobody but its owner: the invitation is listed all the same, and its
mail says that one address belongs to one account.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import signing_up
from accounts.models import Account, Company, Invitation, User
from accounts.post import post
from accounts.services import check_decides, check_writable, lock
from accounts.signing_in import adopt_address
from cannonworks import isolation
from cannonworks.bearer import digest_of, new_token
from cannonworks.datamap import Role
from cannonworks.errors import Refused
from cannonworks.isolation import Identity
from journal import services as journal

#: How long the link of an invitation may be used. It stays in the list after that, as ``rules.AGES`` says.
LASTS = timedelta(days=7)
#: Invitations of one account that are not answered yet.
MOST = 20
#: Nobody is mailed the same invitation more often than this.
AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Asked:
    """An invitation as its owner sees it: the row, the company, and who is the main user now."""

    invitation: Invitation
    company: str
    main_user: str


@transaction.atomic
def invite(account: Account, *, email: str, actor: User, at: datetime) -> Invitation:
    """Ask the owner of ``email`` into a running account, by mail. Refused for a colleague, and past ``MOST``."""
    account = lock(account)
    check_writable(account)
    check_decides(actor, account)
    email = email.lower()
    if User.objects.filter(account=account, email=email).exists():
        raise Refused("colleague", _("This is the address of a colleague in this account already."))
    asked = Invitation.objects.filter(account=account)
    if asked.filter(email=email).exists():
        raise Refused("invited", _("You invited this address already. In the list you can send it again."))
    if asked.count() >= MOST:
        raise Refused("too_many", _("So many invitations wait for an answer. Withdraw one first."))
    token = new_token()
    row = Invitation(
        account=account, email=email, digest=digest_of(token), invited_by=actor.reference, sent_at=at,
        expires_at=at + LASTS,
    )  # fmt: skip
    row.full_clean(exclude=["digest"], validate_constraints=False)
    row.save(force_insert=True)
    journal.record("invitation.sent", account=account, actor=actor, clause="1", invitation=row.reference)
    _mail(row, token, actor=actor)
    return row


@transaction.atomic
def send_again(invitation: Invitation, *, actor: User, at: datetime) -> Invitation:
    """Mail the invitation once more, with a new link and a new end; the old link stops. Once in ``AGAIN_AFTER``."""
    row = _lock(invitation, actor=actor)
    check_writable(row.account)
    if at < row.sent_at + AGAIN_AFTER:
        raise Refused("just_sent", _("We sent this a moment ago. Give the mail a few minutes to arrive."))
    token = new_token()
    row.digest, row.invited_by, row.sent_at, row.expires_at = digest_of(token), actor.reference, at, at + LASTS
    row.save(update_fields=["digest", "invited_by", "sent_at", "expires_at"])
    journal.record("invitation.sent_again", account=row.account, actor=actor, clause="1", invitation=row.reference)
    _mail(row, token, actor=actor)
    return row


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: User) -> None:
    """Take an invitation back; its link stops at once."""
    row = _lock(invitation, actor=actor)
    row.delete()
    journal.record("invitation.withdrawn", account=row.account, actor=actor, clause="1", invitation=row.reference)


def find(token: str, *, at: datetime) -> Asked | None:
    """The invitation of a link, for whoever has it; None when it is unknown, over, withdrawn or used."""
    row = Invitation.objects.filter(digest=digest_of(token), expires_at__gt=at).select_related("account").first()
    if row is None or row.account.claimed_at is not None:
        return None
    with _rights_of(row.account):
        company, main_user = Company.objects.get(account=row.account), row.account.main_user
    return Asked(row, company.company_name, main_user.full_name if main_user else "")


def check_open(account: Account) -> None:
    """Refuse to let anybody join an account that is not running (§2, §5.4), in words for who is not in it yet."""
    if not account.is_writable:
        raise Refused(
            "read_only", _("This account is not running now, so nobody can join it. Ask the colleague who invited you.")
        )


def accept(token: str, *, person: Mapping[str, Any], at: datetime) -> User:
    """Join the account by a link: a user with the invited address, now confirmed, and the names and ``password`` given.

    For a visitor's role. The declaration of being 16 or older is journalled. Refused: ``link_over``, ``link_used``
    (somebody signs in with the address), and what an account that is not running refuses. Locks the account.
    """
    asked = find(token, at=at)
    if asked is None:
        raise Refused("link_over", _("This invitation does not work any more. Ask your colleague for a new one."))
    invitation = asked.invitation
    with signing_up.first_come(invitation.email), _rights_of(invitation.account):
        account = lock(invitation.account)
        check_open(account)
        if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
            raise Refused("link_over", _("This invitation does not work any more. Ask your colleague for a new one."))
        user = User(account=account, email=invitation.email, **{k: v for k, v in person.items() if k != "password"})
        user.set_password(person["password"])
        user.full_clean()
        user.save(force_insert=True)
        adopt_address(user)
        journal.record("invitation.accepted", account=account, actor=user, clause="1", invitation=invitation.reference)
        signing_up.record_declaration(user)
    return user


def _mail(row: Invitation, token: str, *, actor: User) -> None:
    with isolation.acting_as(isolation.VISITOR):  # who alone sees the users of all accounts; the inviter is not told
        known = User.objects.filter(email=row.email).values_list("language", flat=True).first()
        is_known = signing_up.is_known(row.email)
    company = Company.objects.get(account=row.account)
    post(
        "account/email/invitation_known" if is_known else "account/email/invitation", to=row.email,
        language=known or actor.language, company=company.company_name, by=actor.full_name,
        address=settings.SITE_URL + reverse("invitation", args=[token]),
    )  # fmt: skip


def _lock(invitation: Invitation, *, actor: User) -> Invitation:
    """The same, locked after its account; Refused when somebody else answered it or took it back meanwhile."""
    account = lock(invitation.account)
    check_decides(actor, account)
    row = Invitation.objects.defer("digest").select_for_update().filter(pk=invitation.pk, account=account).first()
    if row is None:
        raise Refused("gone", _("This invitation is not there any more: it was answered or withdrawn."))
    row.account = account
    return row


def _rights_of(account: Account) -> AbstractContextManager[None]:
    return isolation.acting_as(Identity(Role.HOLDER, account.pk))
