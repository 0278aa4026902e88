"""Users of an account: what they change of themselves, how they go, and who of them is the main user (§1, §19).

Removing somebody and handing over work in an account that is not running too: who may look is not work in it, and the
person who decides may be gone (docs/decisions/0024).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Company, User
from accounts.post import post
from accounts.services import check_decides, check_not_going, check_writable, lock
from accounts.signing_in import end_access
from cannonworks import datamap
from cannonworks.datamap import Role
from cannonworks.errors import Refused
from journal import services as journal


@transaction.atomic
def change_user(user: User, *, actor: User, **fields: Any) -> User:
    """Change the own name, gender or language of ``actor``, in an account that runs; ValidationError on bad fields."""
    account = lock(_account_of(user))
    check_writable(account)
    row = _lock_user(user, account)
    if row.pk != actor.pk:
        raise Refused("not_yours", _("Everybody changes their own name themselves."), clause="16")
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean(exclude=["password", "email"])
    row.save(update_fields=list(fields))
    journal.record("user.changed", account=account, actor=actor, clause="16", fields=sorted(fields))
    return row


@transaction.atomic
def hand_over(account: Account, *, to: User, actor: User) -> User:
    """Make a colleague the main user in the place of ``actor``, who goes on as a colleague; the new one is mailed.

    Locks the account: of two at once the second is refused. Refused to whoever may not sign in.
    """
    account = lock(account)
    check_not_going(account)
    before, after = _deciding(actor, account), _lock_user(to, account)
    if after.is_main or not after.is_active:
        raise Refused("cannot_be_main", _("Choose a colleague who can sign in."))
    for row in (before, after):  # in this order: the database has room for one main user
        row.is_main = row is after
        row.save(update_fields=["is_main"])
    journal.record("user.made_main", account=account, actor=actor, clause="1", user=after.reference)
    _tell(after, account, "account/email/made_main", by=before.full_name)
    return after


@transaction.atomic
def remove_user(user: User, *, actor: User) -> None:
    """Erase a colleague: no session, device or sign-in of theirs is left; they are told by mail (§1).

    The main user cannot be removed, only hand over.
    """
    account = lock(_account_of(actor))
    check_not_going(account)
    _deciding(actor, account)
    row = _lock_user(user, account)
    journal.record("user.removed", account=account, actor=actor, clause="1", user=row.reference)
    _erase(row, account=account)


@transaction.atomic
def leave(user: User) -> None:
    """Erase oneself from the account, as ``remove_user``; the main user hands over first."""
    account = lock(_account_of(user))
    check_not_going(account)
    row = _lock_user(user, account)
    journal.record("user.left", account=account, actor=row, clause="1")
    _erase(row, account=account)


def _erase(user: User, *, account: Account) -> None:
    if user.is_main:
        raise Refused(
            "is_main_user", _("The main user cannot go: hand the account over to a colleague first."), clause="1"
        )
    _tell(user, account, "account/email/removed")
    end_access(user)
    for model, field, on_delete in _pointing_here():
        rows = model._base_manager.filter(**{field: user.pk})
        if on_delete is models.SET_NULL:
            rows.update(**{field: None})
        else:
            rows._raw_delete(rows.db)
    # Not ``user.delete()``: it would delete from tables of staff as well, which a holder's request cannot reach.
    User.objects.filter(pk=user.pk)._raw_delete("default")


def _pointing_here() -> Iterator[tuple[type[models.Model], str, object]]:
    """Tables whose rows go with a user or forget about them, the field that names the user, and which of the two."""
    for relation in User._meta.related_objects:
        model = cast(type[models.Model], relation.related_model)
        entry = datamap.entry(model)
        verb = {models.CASCADE: "DELETE", models.SET_NULL: "UPDATE"}.get(relation.on_delete)
        if entry.category and verb in entry.may.get(Role.HOLDER, "").split():
            yield model, relation.field.name, relation.on_delete


def _deciding(actor: User, account: Account) -> User:
    """The actor's row, locked and read anew: who decided when the request began may have handed over since."""
    row = _lock_user(actor, account)
    check_decides(row, account)
    return row


def _lock_user(user: User, account: Account) -> User:
    row = User.objects.select_for_update().filter(pk=user.pk, account=account).first()
    if row is None:
        raise Refused("gone", _("Somebody else has just removed this."))
    row.account = account
    return row


def _account_of(user: User) -> Account:
    if user.account is None:
        raise Refused("not_holder", _("This is for account holders; staff have their own pages."))
    return user.account


def _tell(user: User, account: Account, template: str, **more: Any) -> None:
    company = Company.objects.get(account=account)
    post(template, to=user.email, language=user.language, user=user, company=company.company_name, **more)
