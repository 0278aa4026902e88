"""The register of sub-processors: who works for us (§9)."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from journal import services as journal
from processors.helping import check_keeps_register
from processors.models import SubProcessor


@transaction.atomic
def add_sub_processor(*, actor: User, name: str, role: str = "", country: str = "NL") -> SubProcessor:
    """Enter a company that works for us; the public list names it from now. ValidationError when it is there."""
    check_keeps_register(actor, "add_subprocessor")
    made = SubProcessor(name=name, role=role, country=country)
    made.full_clean()
    made.save(force_insert=True)
    journal.record("sub_processor.added", actor=actor, clause="10", sub_processor=made.pk)
    return made


@transaction.atomic
def change_sub_processor(sub_processor: SubProcessor, *, actor: User, role: str, country: str) -> SubProcessor:
    """Say what a sub-processor does and where it is, as the public list shows (§9). ValidationError for bad input."""
    check_keeps_register(actor, "change_subprocessor")
    row = SubProcessor.objects.select_for_update().get(pk=sub_processor.pk)
    row.role, row.country = role, country
    row.full_clean()
    row.save(update_fields=["role", "country"])
    journal.record("sub_processor.changed", actor=actor, clause="9", sub_processor=row.pk, role=role, country=country)
    return row
