"""What the record of processing says, as plain data in the reader's language; ``docs/record.md`` has the form of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from accounts.promises import goings, kinds, promises
from accounts.states import State
from audits.models import Measure
from cannonworks import rules
from cannonworks.countries import country_name
from cannonworks.datamap import Category
from processors.models import Stage, SubProcessor

RUNNING = gettext_lazy("record, change, keep, show, share when the customer does so, return, back up")
RESTING = gettext_lazy("keep, show, return, back up; erase when the time has come")
#: What we do for a customer, by the state of the account.
PROCESSING: Mapping[str, str | Lazy] = {
    State.TRIAL: RUNNING,
    State.LAPSED: RESTING,
    State.ACTIVE: RUNNING,
    State.CANCELLED: RESTING,
    State.ERASED: gettext_lazy("nothing but keep our own books and evidence without names"),
}
#: Rows of an account by category: how many, and whether there are more than were counted.
Counts = Mapping[Category, tuple[int, bool]]


def processor() -> dict[str, Any]:
    """Who we are (AVG art. 30(2)(a))."""
    return {
        "address": settings.CANNONWORKS_ADDRESS,
        "email": settings.PRIVACY_CONTACT,
        "data_protection_officer": settings.DATA_PROTECTION_OFFICER or None,
    }


def controller(account: Account) -> dict[str, Any]:
    """For whom we process: the company whose account it is (a)."""
    company = getattr(account, "company", None)
    state = State(account.state)
    return {
        "reference": str(account.reference),
        "name": company.company_name if company else "",
        "kvk_number": company.kvk_number if company else "",
        "email": company.email if company else "",
        "state": state.value,
        "state_label": str(state.label),
    }


def processing(states: Iterable[State] = State) -> list[dict[str, Any]]:
    """What we do with the data, by the state of an account (b)."""
    return [{"state": each.value, "label": str(each.label), "what": str(PROCESSING.get(each, "–"))} for each in states]


def data(counts: Counts | None = None) -> list[dict[str, Any]]:
    """Which data goes with an account, by category (b); with ``counts`` only what is there, and how much."""
    return [
        {
            "category": kind.category.value,
            "label": kind.label,
            "subjects": list(map(str, kind.subjects)),
            "fields": list(map(str, kind.fields)),
            "encrypted": list(map(str, kind.encrypted)),
            "rows": counts[kind.category][0] if counts else None,
            "more": counts[kind.category][1] if counts else None,
        }
        for kind in kinds()
        if kind.goes_with_the_account and kind.fields
        if counts is None or counts.get(kind.category, (0, False))[0]
    ]


def sub_processors(categories: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Who works for us, or is announced; with ``categories`` those whom one of these reaches. One query.

    Of whom it is not recorded which data reaches them, it is taken to be all.
    """
    rows = SubProcessor.objects.filter(stage__in=(Stage.ANNOUNCED, Stage.ACTIVE)).order_by("name")
    wanted = None if categories is None else set(categories)
    return [
        {
            "name": each.name,
            "role": each.role,
            "role_label": str(each.get_role_display() or "–"),
            "country": each.country,
            "place": each.place,
            "in_eea": each.is_in_eea,
            "stage": each.stage,
            "from": each.active_from.isoformat() if each.active_from else None,
            "categories": list(each.categories),
            "categories_label": ", ".join(str(Category(name).label) for name in each.categories),
            "agreement_signed_on": each.agreement.signed_on.isoformat() if each.agreement else None,
            "transfer": _transfer(each),
        }
        for each in rows.select_related("agreement", "transfer")
        if wanted is None or not each.categories or wanted & set(each.categories)
    ]


def _transfer(house: SubProcessor) -> dict[str, Any] | None:
    """What protects data with a sub-processor outside the EEA (c)."""
    if house.transfer is None:
        return None
    return {
        "country": house.transfer.country,
        "country_label": str(country_name(house.transfer.country)),
        "mechanism": house.transfer.mechanism,
        "mechanism_label": str(house.transfer.get_mechanism_display()),
        "valid_until": house.transfer.valid_until.isoformat() if house.transfer.valid_until else None,
    }


def measures() -> list[dict[str, Any]]:
    """The measures of which the public texts tell (d): in place and public. One query."""
    return [
        {
            "title": each.title,
            "text": each.text,
            "controls": list(each.controls),
            "reviewed_on": timezone.localdate(each.reviewed_at).isoformat() if each.reviewed_at else None,
        }
        for each in Measure.objects.told()
    ]


def retention() -> dict[str, Any]:
    """How long data is kept, rule by rule, and what goes by itself."""
    return {
        "rules": [
            {"about": each.what, "when": each.when, "period": each.period, "why": each.why, "clause": each.clause}
            for each in promises()
        ],
        "ages": [{"about": each.what, "period": each.period, "clause": each.clause} for each in goings()],
        "backups": str(rules.BACKUPS_KEPT),
        "copies": str(rules.RETURNS_KEPT),
    }


def rows_label(said: Mapping[str, Any]) -> str:
    """How many rows of a category there are, in words."""
    if said["rows"] is None:
        return "–"
    return _("more than %(count)s") % {"count": said["rows"]} if said["more"] else str(said["rows"])
