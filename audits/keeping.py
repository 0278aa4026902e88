"""Who keeps the register of measures and findings, and what is taken into it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import check_staff
from cannonworks.errors import Refused


def check_keeps(actor: User, permission: str) -> None:
    """Refuse whoever has no role that keeps the register."""
    check_staff(actor)
    if not actor.has_perm(f"audits.{permission}"):
        raise Refused("no_such_role", _("Your role does not keep the register of measures and findings."), clause="7")


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
