"""Sub-processors of the demonstration: at work with their papers, one outside the EEA, one announced, one ended."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.files.base import ContentFile

from accounts.models import User
from cannonworks.deadlines import start_of_day
from cannonworks.publications import Chapter, Paper, Words, pdf_of
from processors import announcing, contracting
from processors.models import SubProcessor


def houses(*, officer: User, today: date) -> SubProcessor:
    """Make them by the services, in the order in which it went; the one that hosts is returned."""
    host = _entered(officer, "Noorderhost", "hosting", "NL", ("account", "relations", "employees", "documents"))
    _begun(host, officer, today - timedelta(days=420), "bewaart de servers en databases", "runs servers and databases")
    post = _entered(officer, "Postduif", "mail", "BE", ("account", "documents"))
    _begun(post, officer, today - timedelta(days=400), "bezorgt onze mail", "delivers our mail")
    plane = _entered(officer, "Paper Plane", "mail", "US", ("account",))
    contracting.note_transfer(
        plane, actor=officer, at=start_of_day(today - timedelta(days=200)), country="US", mechanism="clauses",
        file=scan("Standard contractual clauses with Paper Plane"),
    )  # fmt: skip
    _begun(
        plane, officer, today - timedelta(days=200), "bezorgt mail in plaats van Postduif",
        "delivers mail in the place of Postduif", replaces=post,
    )  # fmt: skip
    desk = _entered(officer, "De Vraagbaak", "support", "NL", ("account",))
    _agreed(desk, officer, today, valid_until=today + timedelta(days=730))
    at = start_of_day(today)
    announcing.announce(
        desk, actor=officer, at=at, kind="addition", effective_on=announcing.earliest(at) + timedelta(days=4),
        words_nl="De Vraagbaak beantwoordt op drukke dagen vragen aan onze helpdesk. Ze ziet de lijst van klanten, en"
        " verder niets van je account.",
        words_en="De Vraagbaak answers questions to our help desk on busy days. It sees the list of customers, and"
        " nothing else of your account.",
    )  # fmt: skip
    return host


def _entered(officer: User, name: str, role: str, country: str, data: tuple[str, ...]) -> SubProcessor:
    email = f"privacy@{name.lower().replace(' ', '')}.example"
    return contracting.enter(actor=officer, name=name, role=role, country=country, categories=data, contact_email=email)


def _agreed(house: SubProcessor, officer: User, on: date, valid_until: date) -> None:
    contracting.note_agreement(
        house, actor=officer, at=start_of_day(on), file=scan(f"Processing agreement with {house.name}"),
        signed_on=on - timedelta(days=3), valid_until=valid_until,
    )  # fmt: skip


def _begun(
    house: SubProcessor, officer: User, on: date, nl: str, en: str, *, replaces: SubProcessor | None = None
) -> None:
    _agreed(house, officer, on, valid_until=on + timedelta(days=1095))
    at = start_of_day(on)
    change = announcing.announce(
        house, actor=officer, at=at, kind="replacement" if replaces else "addition", replaces=replaces,
        effective_on=announcing.earliest(at), words_nl=f"{house.name} {nl}.", words_en=f"{house.name} {en}.",
    )  # fmt: skip
    announcing.take_effect(change, at=start_of_day(change.effective_on))


def scan(title: str) -> ContentFile:
    """A paper of the demonstration with this title."""
    words = Words("Signed for both companies. A paper of the demonstration.")
    paper = Paper(title, "", date(2026, 1, 1), "en", (Chapter("signed", "Signed", (words,)),))
    return ContentFile(pdf_of(paper), name="paper.pdf")
