"""What the Dutch supervisor's form asks about a breach (AVG 33(3)), with what we know of it filled in.

One structure, in the order of the form's sections 0 to 9; page, JSON, PDF and text are drawn from it and say the same.
What only the account holder knows is empty and says so: ``to_fill``. Numbers of people and records are those of the
whole breach, over all accounts that it touches; the holder's own are for the holder to fill in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from breaches.models import BreachKind, DataKind, Harm, People, Protection
from breaches.reading import Told
from cannonworks.deadlines import AMSTERDAM
from cannonworks.documents import render
from journal import services as journal

TEMPLATE = Path(__file__).parent / "documents" / "filing.typ"
#: Goes up when a machine that reads the JSON has to look again.
VERSION = 1
LANGUAGES = ("nl", "en")
WIDTH = 76


@dataclass(frozen=True)
class Question:
    """One thing that is asked. ``value`` is for machines, ``text`` for people; without it the holder fills it in."""

    key: str
    label: str
    text: str = ""
    value: Any = None
    hint: str = ""

    @property
    def to_fill(self) -> bool:
        return not self.text


@dataclass(frozen=True)
class Section:
    """A section of the form, by its number there."""

    number: int
    title: str
    questions: list[Question]


@dataclass(frozen=True)
class Filing:
    """The whole of it, for one account and the latest phase that it was told of."""

    language: str
    made_at: datetime
    number: int
    phase: int
    title: str
    sections: list[Section]

    @property
    def name(self) -> str:
        """Of its files, without an ending."""
        return f"{'datalek' if self.language == 'nl' else 'breach'}-{self.number}-{self.phase}-{self.language}"

    @property
    def others(self) -> list[tuple[str, str]]:
        """The other languages, with their own names."""
        return [(code, name) for code, name in settings.LANGUAGES if code != self.language]

    def as_data(self) -> dict[str, Any]:
        """As JSON: ``sections`` of ``questions``; described in the schema of the API."""
        sections = [
            {
                "number": section.number,
                "title": section.title,
                "questions": [{**asdict(each), "to_fill": each.to_fill} for each in section.questions],
            }
            for section in self.sections
        ]
        made_at = self.made_at.astimezone(AMSTERDAM).isoformat(timespec="seconds")
        return {
            "kind": "breach-report", "version": VERSION, "language": self.language, "made_at": made_at,
            "number": self.number, "phase": self.phase, "title": self.title, "sections": sections,
        }  # fmt: skip

    def as_pdf(self) -> bytes:
        """As a PDF; equal data gives equal bytes."""
        with translation.override(self.language):
            return render(TEMPLATE, {**self.as_data(), "words": _words()})

    def as_text(self) -> str:
        """As text to paste, a line for each answer; what the holder fills in stands in brackets."""
        with translation.override(self.language):
            lines = [self.title, "=" * len(self.title), "", _words()["lead"], ""]
            for section in self.sections:
                head = f"{section.number}. {section.title}"
                lines += [head, "-" * len(head), *(_line(each) for each in section.questions), ""]
        return "\n".join(lines)


def filing(told: Told, *, reporter: User, language: str, at: datetime) -> Filing:
    """What we know of a breach for the form, in ``language`` (``nl`` or ``en``), with ``reporter`` as who reports it.

    One query, for the account's company; and one for a sub-processor that is involved.
    """
    with translation.override(language):
        sections = [
            Section(number, str(title), list(questions))
            for number, (title, questions) in enumerate(
                (
                    (_("About this report"), _about(told)),
                    (_("Your organisation and contacts"), _contacts(told, reporter)),
                    (_("When it happened"), _timeline(told)),
                    (_("What happened"), _nature(told)),
                    (_("Which data"), _data(told)),
                    (_("Whose data"), _people(told)),
                    (_("How the data was protected"), _protection(told)),
                    (_("What the consequences are"), _effects(told)),
                    (_("Telling people, measures, other countries"), _follow_up(told)),
                    (_("Other"), _other(told)),
                )
            )
        ]
        title = _("Report of a data breach to the supervisor: %(title)s") % {"title": told.breach.title}
        return Filing(language, at, told.breach.number, told.latest.number, title, sections)


def export(made: Filing, told: Told, ending: str, *, user: User) -> bytes | str:
    """The content of its file, ``json`` or ``pdf``; journalled, since it leaves us."""
    content = made.as_pdf() if ending == "pdf" else json.dumps(made.as_data(), ensure_ascii=False, indent=2)
    journal.record(
        "breach.exported", account=user.account, actor=user, clause="13", breach=told.breach.reference,
        phase=made.phase, form=ending, language=made.language,
    )  # fmt: skip
    return content


def _about(told: Told) -> Iterator[Question]:
    yield Question("law", _("Under which law"), _("General Data Protection Regulation (AVG/GDPR), article 33"), "gdpr")
    yield Question(
        "first", _("A first report, or an addition to an earlier one"),
        hint=_("An addition: fill in the number that the supervisor gave you."),
    )  # fmt: skip


def _contacts(told: Told, reporter: User) -> Iterator[Question]:
    company = reporter.account.company  # type: ignore[union-attr]  # a user of an account
    yield Question("company", _("Organisation"), company.company_name, company.company_name)
    yield _known("kvk", _("KvK number"), company.kvk_number)
    yield _known("address", _("Address"), ", ".join(company.address_lines))
    yield Question("sector", _("Sector"))
    yield _known("reporter", _("Who reports it"), reporter.full_name)
    yield Question("function", _("Function of who reports it"))
    yield _known("email", _("E-mail"), reporter.email)
    yield _known("phone", _("Phone"), company.phone)
    yield Question(
        "officer", _("Whom the supervisor can ask more"),
        hint=_("Your data protection officer if you have one, or else who reports it."),
    )  # fmt: skip
    yield Question(
        "processor", _("Other organisation involved"),
        _("%(address)s; processor of your data. Contact: %(contact)s")
        % {"address": settings.CANNONWORKS_ADDRESS, "contact": settings.PRIVACY_CONTACT},
        "CannonWorks",
    )  # fmt: skip
    if sub := told.breach.sub_processor:
        yield Question("sub_processor", _("Sub-processor involved"), sub.name, sub.name)


def _timeline(told: Told) -> Iterator[Question]:
    phase, clock = told.latest, told.clock
    yield _moment("began_at", _("When it began"), phase.began_at)
    if phase.is_ongoing:
        yield Question("ended_at", _("When it ended"), _("It is still going on"), None)
    else:
        yield _moment("ended_at", _("When it ended"), phase.ended_at)
    yield _yes_no("is_ongoing", _("Is it still going on"), phase.is_ongoing)
    yield _moment("noticed_at", _("When CannonWorks noticed it"), told.breach.noticed_at)
    yield _moment("told_at", _("When CannonWorks told you, so that you knew of it"), told.told_at)
    yield _moment("due_at", _("The 72 hours end"), clock.due_at if clock else None)
    yield Question(
        "why_late", _("Why later, if you report it after the 72 hours"), hint=_("Leave this empty if you are in time.")
    )


def _nature(told: Told) -> Iterator[Question]:
    phase = told.latest
    kind = BreachKind(told.breach.kind)
    yield Question("kind", _("Kind of incident"), str(kind.label), kind.value)
    yield _told(phase, "fact", _("What happened"))
    yield _told(phase, "cause", _("The (alleged) cause"))
    yield Question("what_for_you", _("What it comes to in your organisation"))


def _data(told: Told) -> Iterator[Question]:
    phase = told.latest
    yield _several("data_kinds", _("Which personal data"), DataKind, phase.data_kinds)
    yield _yes_no("special", _("Special categories of data"), DataKind.SPECIAL in phase.data_kinds, phase.data_kinds)
    yield _yes_no("bsn", _("Citizen service numbers (BSN)"), DataKind.BSN in phase.data_kinds, phase.data_kinds)
    yield _span("records", _("Records, over all accounts together"), phase.records_least, phase.records_most)
    yield Question("own_records", _("Records of your organisation"), hint=_only_yours())


def _people(told: Told) -> Iterator[Question]:
    phase = told.latest
    yield _several("people", _("Groups of people"), People, phase.people)
    yield _span("people_number", _("People, over all accounts together"), phase.people_least, phase.people_most)
    yield Question("own_people_least", _("People of your organisation, at least"), hint=_only_yours())
    yield Question("own_people_most", _("People of your organisation, at most"))


def _protection(told: Told) -> Iterator[Question]:
    protection = Protection(told.latest.protection)
    text = "" if protection == Protection.UNKNOWN else str(protection.label)
    yield Question("protection", _("Encrypted, hashed or otherwise unreadable"), text, protection.value)
    yield Question("own_protection", _("What you had done yourself to protect the data"))


def _effects(told: Told) -> Iterator[Question]:
    phase = told.latest
    yield _several("harms", _("What it does to the data"), Harm, phase.harms)
    yield _told(phase, "known_effects", _("Known effects"))
    yield _told(phase, "expected_effects", _("Expected effects"))
    yield Question(
        "severity", _("How serious it is for the people concerned"),
        hint=_("Negligible, limited, significant or very serious: you know these people, we do not."),
    )  # fmt: skip


def _follow_up(told: Told) -> Iterator[Question]:
    phase = told.latest
    yield Question(
        "subjects_told", _("Did you tell the people concerned, or will you; when and how"),
        hint=_("CannonWorks does not tell them, unless a law says so or you allow it."),
    )  # fmt: skip
    yield Question("why_not_told", _("If not: why not"))
    yield _told(phase, "measures_taken", _("Measures that CannonWorks took"))
    yield _told(phase, "measures_proposed", _("Measures that CannonWorks proposes"))
    yield Question("own_measures", _("Measures that you took or will take"))
    yield _yes_no("crosses_borders", _("People in other EU countries too, over all accounts"), phase.crosses_borders)
    yield Question("other_supervisors", _("Other supervisors that you told"))


def _other(told: Told) -> Iterator[Question]:
    reference = _("Breach %(number)d, phase %(phase)d (%(reference)s)") % {
        "number": told.breach.number, "phase": told.latest.number, "reference": str(told.breach.reference)[:8],
    }  # fmt: skip
    yield Question("reference", _("Reference at CannonWorks"), reference, str(told.breach.reference))
    yield Question("remarks", _("What else the supervisor should know"))


# --- How answers are written ------------------------------------------------------------------------------------------


def _known(key: str, label: str, text: str) -> Question:
    return Question(key, label, text, text or None)


def _told(phase: Any, name: str, label: str) -> Question:
    return _known(name, label, phase.said(name).strip())


def _moment(key: str, label: str, at: datetime | None) -> Question:
    if at is None:
        return Question(key, label)
    local = at.astimezone(AMSTERDAM)
    return Question(key, label, date_format(local, "l j F Y H:i"), local.isoformat(timespec="seconds"))


def _yes_no(key: str, label: str, answer: bool, known: Any = True) -> Question:
    """Yes or no; where nothing is ``known`` that it would follow from, nothing."""
    if not known:
        return Question(key, label)
    return Question(key, label, _("Yes") if answer else _("No"), answer)


def _several(key: str, label: str, choices: Any, values: list[str]) -> Question:
    labels: dict[str, Promise | str] = dict(choices.choices)
    return Question(key, label, "; ".join(str(labels[value]) for value in values), list(values))


def _span(key: str, label: str, least: int | None, most: int | None) -> Question:
    words = []
    if least is not None:
        words.append(_("at least %(number)d") % {"number": least})
    if most is not None:
        words.append(_("at most %(number)d") % {"number": most})
    return Question(key, label, ", ".join(words), {"least": least, "most": most} if words else None)


def _only_yours() -> str:
    return _("We know the numbers of all accounts together; of your own you count best yourself.")


def _line(question: Question) -> str:
    """``label: text``; texts of several lines stand under their label."""
    if question.to_fill:
        return f"{question.label}: [{_words()['fill']}]"
    if "\n" in question.text or len(question.label) + len(question.text) > WIDTH:
        return f"{question.label}:\n{question.text}"
    return f"{question.label}: {question.text}"


def _words() -> dict[str, str]:
    """What page, PDF and text say beside questions and answers."""
    return {
        "fill": _("you fill in"),
        "lead": _(
            "Filled in with what CannonWorks knows. You decide whether you report it; what says “you fill in” only you"
            " know. The order is that of the supervisor's form."
        ),
        "made": _("Made at"),
    }
