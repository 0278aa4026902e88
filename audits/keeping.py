"""Who keeps the register of measures and findings, and what is taken into it."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import who_may
from accounts.services import check_staff
from cannonworks.errors import Refused

#: ISO/IEC 27001 asks for planned intervals; ours are never longer.
REVIEW_WITHIN = relativedelta(years=1)


def check_keeps(actor: User, permission: str) -> None:
    """Refuse whoever has no role that keeps the register."""
    check_staff(actor)
    if not actor.has_perm(f"audits.{permission}"):
        raise Refused("no_such_role", _("Your role does not keep the register of measures and findings."), clause="7")


def check_owner(owner: User, permission: str) -> None:
    """Refuse an owner who is not there any more, or may not do what an owner does."""
    if not who_may(f"audits.{permission}").filter(pk=owner.pk).exists():
        raise ValidationError({"owner": _("This person has no role that can do it. Choose somebody else.")})


def check_day(name: str, day: date, *, on: date, within: relativedelta | None = None) -> None:
    """Refuse a day that is not after today, or lies further than ``within``."""
    if day <= on:
        raise ValidationError({name: _("This day is not in the future. Choose a later one.")})
    if within and day > on + within:
        raise ValidationError({name: _("This is more than a year away. Choose an earlier day.")})


def save_new(row: models.Model) -> None:
    """Check all of a new row, and write it."""
    check_texts(row)
    row.full_clean()
    row.save(force_insert=True)


def save(row: models.Model, *names: str) -> None:
    """Check all of a row, and write these fields."""
    check_texts(row)
    row.full_clean()
    row.save(update_fields=names)


def check_texts(row: models.Model) -> None:
    """What the fields of long texts do not look at themselves: how long they are, and null characters."""
    wrong = {}
    for field in row._meta.concrete_fields:
        if isinstance(field, models.TextField) and field.max_length:
            try:
                for validate in (MaxLengthValidator(field.max_length), ProhibitNullCharactersValidator()):
                    validate(getattr(row, field.attname))
            except ValidationError as error:
                wrong[field.name] = error
    if wrong:
        raise ValidationError(wrong)
