"""Accounts in any state, by the real services on fixed days."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta

import factory
from allauth.mfa.totp.internal.auth import TOTP
from django.db import models, transaction
from django.utils import timezone

from accounts import services
from accounts.models import Account, User
from accounts.states import State
from processors.models import Statement

PASSWORD = "spijker-hamer-plank"
SIGNED_UP = date(2026, 1, 5)
#: Of the authenticator app of every member of staff.
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


_at_its_word: ContextVar[bool] = ContextVar("at_its_word", default=False)
_validate_constraints = models.Model.validate_constraints


@contextmanager
def taken_at_its_word() -> Iterator[None]:
    """What a factory makes, the database checks when it is written: asking it before takes more than half of the time."""
    token = _at_its_word.set(True)
    try:
        yield
    finally:
        _at_its_word.reset(token)


def validate_constraints(row: models.Model, exclude: Collection[str] | None = None) -> None:
    """As the model does, but not within ``taken_at_its_word``; stands in for it in a test run, in this thread alone."""
    if not _at_its_word.get():
        _validate_constraints(row, exclude=exclude)


class CompanyFields(factory.DictFactory):
    company_name = factory.Sequence(lambda n: f"Timmerbedrijf {n}")
    kvk_number = "12345678"
    vat_number = "NL002342672B42"
    email = factory.Sequence(lambda n: f"info@bedrijf{n}.example")
    phone = "+31592123456"
    street = "Brink"
    house_number = "12"
    postcode = "9401 AB"
    city = "Assen"


class UserFields(factory.DictFactory):
    email = factory.Sequence(lambda n: f"sanne{n}@bedrijf.example")
    password = PASSWORD
    first_name = "Sanne"
    infix = "de"
    last_name = "Vries"
    language = "nl"


class AccountFactory(factory.Factory):
    """``AccountFactory(state=State.CANCELLED, cancelled_on=…)``; signed up on ``signed_up_on``, trial of 30 days."""

    class Meta:
        model = Account

    state = State.TRIAL
    signed_up_on = SIGNED_UP
    cancelled_on: date | None = None
    company = factory.SubFactory(CompanyFields)
    main_user = factory.SubFactory(UserFields)

    @classmethod
    @transaction.atomic
    @taken_at_its_word()
    def _create(cls, model, *, state, signed_up_on, cancelled_on, company, main_user):
        account = services.sign_up(company=company, main_user=main_user, on=signed_up_on, trial_days=30)
        user, next_day = account.main_user, signed_up_on + timedelta(days=1)
        if state == State.LAPSED:
            services.lapse_account(services.lock(account), on=account.trial_ends_on)
        if state in (State.ACTIVE, State.CANCELLED):
            services.activate_account(account, actor=user, on=next_day)
        if state == State.CANCELLED:
            services.cancel_account(account, actor=user, on=cancelled_on or next_day)
        return Account.objects.get(pk=account.pk)


class ColleagueFactory(factory.django.DjangoModelFactory):
    """Another user of an account, who looks and does not decide."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"tim{n}@bedrijf.example")
    first_name = "Tim"
    last_name = "Bakker"
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def second_factor(user, create, wanted, **_more):
        """Staff and helpers have an authenticator app, unless told otherwise: ``second_factor=False``."""
        if create and (user.is_staff or user.is_helper if wanted is None else wanted):
            TOTP.activate(user, TOTP_SECRET)

    @factory.post_generation
    def bound(user, create, wanted, **_more):
        """Staff and helpers have promised to keep quiet (§8), unless told otherwise: ``bound=False``."""
        if create and (user.is_staff or user.is_helper) and wanted is not False:
            Statement.objects.create(user=user, signed_on=date(2020, 1, 1), noted_at=timezone.now())


class HelperFactory(ColleagueFactory):
    """A user who helps; give him a ``Helper`` of a sub-processor."""

    email = factory.Sequence(lambda n: f"hulp{n}@leverancier.example")
    first_name = "Hugo"
    is_helper = True


class StaffFactory(ColleagueFactory):
    """A member of staff of CannonWorks, with every right."""

    email = factory.Sequence(lambda n: f"staf{n}@cannonworks.example")
    first_name = "Nora"
    is_staff = True
    is_superuser = True
