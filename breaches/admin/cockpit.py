"""The page of a breach as staff need it at night: the clock, what is missing, who is told, and what to do now (§13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Model, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audits.admin.shown import findings_table
from audits.models import Finding
from breaches.admin.register_forms import CHOICES, HELP, NUMBERS, lacking
from breaches.completeness import missing
from breaches.criteria import Criteria
from breaches.models import Breach, BreachReport, Phase
from breaches.registering import left_to_do
from cannonworks.admin import Table, today
from cannonworks.admin_words import TONES, chip, link, moment, time_chip
from cannonworks.deadlines import explain, in_amsterdam
from cannonworks.left import time_left
from cannonworks.prose import word_by_word

MARKS = {"gone": "<del>{}</del>", "new": '<ins class="font-semibold underline">{}</ins>', "same": "{}"}
LANGUAGES = {"nl": "Nederlands", "en": "English"}
#: So many reports are named; their own list has them all.
MOST = 20


@dataclass(frozen=True)
class Tile:
    """One thing to know at a glance; ``look``: success, warning, danger, info or nothing; the words say it too."""

    title: str
    big: str
    text: str
    icon: str
    look: str = ""


@dataclass(frozen=True)
class Step:
    """Something to do now, and the button with which it is done; "" where there is none."""

    words: str
    act: str = ""


@dataclass(frozen=True)
class Counts:
    """Of the accounts on the list: how many, told, untold, gone; the first clock that runs, the last that ended."""

    listed: int
    told: int
    untold: int
    excused: int
    first_due: datetime | None
    last_told: datetime | None

    @classmethod
    def of(cls, breach: Breach) -> Counts:
        untold = Q(told_at__isnull=True, excused_at__isnull=True)
        return cls(
            **breach.affected.aggregate(
                listed=Count("pk"), told=Count("told_at"), untold=Count("pk", filter=untold),
                excused=Count("excused_at", filter=Q(told_at__isnull=True)),
                first_due=Min("due_at", filter=untold), last_told=Max("told_at"),
            )
        )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing that a phase says, in one or two languages, and whether the phase before said something else."""

    label: str
    values: Sequence[tuple[str, object]]
    is_new: bool


@dataclass(frozen=True)
class Said:
    """A phase as it is shown."""

    phase: Phase
    chip: str
    lines: Sequence[Line]


def clock_chip(breach: Any, *, at: datetime) -> str:
    """The clock of a row of the list, with its counts ``listed``, ``untold`` and ``first_due``."""
    if breach.closed_at is not None:
        return "–"
    if breach.listed and not breach.untold:
        return chip("success", _("All told"))
    due_at = breach.first_due or breach.deadline.due_at
    return time_chip(time_left(due_at, at=at))


def tiles(breach: Breach, last: Phase | None, counts: Counts, *, at: datetime) -> Iterator[Tile]:
    """The clock, the notice, and who is told."""
    yield _clock(breach, counts, at=at)
    yield _notice(last)
    text = _("nobody is on the list yet")
    if counts.listed:
        text = ngettext("of %(count)s account on the list", "of %(count)s accounts on the list", counts.listed) % {
            "count": counts.listed
        }
    if counts.excused:
        text += " · " + _("%(count)s can be told no more") % {"count": counts.excused}
    look = "success" if counts.listed and not counts.untold else ""
    yield Tile(_("Told"), str(counts.told), text, "outgoing_mail", look)


def _clock(breach: Breach, counts: Counts, *, at: datetime) -> Tile:
    if counts.listed and not counts.untold:
        last = counts.last_told
        told = _("the last of them %(moment)s") % {"moment": written(last)} if last else _("nobody is left to tell")
        return Tile(_("48 hours"), _("All told"), told, "task_alt", "success")
    due_at = counts.first_due or breach.deadline.due_at
    text = _("everybody must be told by %(moment)s") % {"moment": written(due_at)}
    left = time_left(due_at, at=at)
    return Tile(_("48 hours"), left.words, text, "timer", TONES[left.tone])


def _notice(last: Phase | None) -> Tile:
    if last is None:
        return Tile(
            _("Notice"), _("Nothing recorded"), _("record what is known, however little"), "edit_note", "danger"
        )
    if last.is_released:
        text = _("since %(moment)s") % {"moment": written(last.released_at)}
        return Tile(_("Notice"), _("Phase %(number)s is sent") % {"number": last.number}, text, "send", "success")
    if count := len(lacking(missing(last))):
        big = ngettext("%(count)s thing missing", "%(count)s things missing", count) % {"count": count}
        text = _("phase %(number)s cannot be sent yet") % {"number": last.number}
        return Tile(_("Notice"), big, text, "rule", "danger")
    text = _("phase %(number)s says all that a notice must say") % {"number": last.number}
    return Tile(_("Notice"), _("Ready to send"), text, "fact_check", "warning")


def steps(breach: Breach, last: Phase | None, counts: Counts) -> list[Step]:
    """What to do now, in this order; when nothing is left for the notice, what keeps the breach open."""
    found = []
    if last is None:
        found.append(Step(_("Record a phase: what you know now. It need not be complete."), "record"))
    elif not last.is_released:
        for what, language in lacking(missing(last)):
            where = {"nl": _("in Dutch"), "en": _("in English"), "": _("in Dutch and in English")}[language]
            words = _("Missing for a notice: %(what)s, %(where)s.") % {"what": what.lower(), "where": where}
            found.append(Step(words, "record"))
    if not counts.listed:
        found.append(Step(_("Choose the accounts that are affected."), "choose"))
    if last is not None and not last.is_released and not missing(last):
        words = _("Send phase %(number)s to the affected accounts.") % {"number": last.number}
        found.append(Step(words, "release"))
    if not found:
        found = [Step(sentence) for sentence in left_to_do(breach)]
    return found or [Step(_("Nothing is left to do: close the breach."), "close")]


def written(at: datetime | None) -> str:
    """A moment as it is said: Thursday 19 November 09:30."""
    return date_format(in_amsterdam(at), "l j F H:i") if at else "–"


# --- Phases -------------------------------------------------------------------------------------------------------
def shown_phases(breach: Breach) -> list[Said]:
    """All phases, the newest first, each with what it says otherwise than the one before."""
    phases = list(breach.phases.all())
    return [
        Said(phase, _chip(phase), list(_lines(phase, phases[number - 1] if number else None)))
        for number, phase in reversed(list(enumerate(phases)))
    ]


def _chip(phase: Phase) -> str:
    if phase.is_released:
        return chip("success", _("Sent %(moment)s") % {"moment": written(phase.released_at)})
    return chip("danger", _("Incomplete")) if missing(phase) else chip("warning", _("Not sent"))


def _lines(phase: Phase, before: Phase | None) -> Iterator[Line]:
    for name in HELP:
        texts = [(language, *_texts(f"{name}_{language}", phase, before)) for language in LANGUAGES]
        if any(new or old for _language, new, old in texts):
            is_new = before is not None and any(new != old for _language, new, old in texts)
            label = str(Phase._meta.get_field(f"{name}_nl").verbose_name).rpartition(",")[0]
            yield Line(capfirst(label), [(each[0], _marked(*each[1:], before)) for each in texts], is_new)
    for name in ("began_at", "ended_at", "is_ongoing", "crosses_borders", *CHOICES, *NUMBERS, "protection"):
        value, old = getattr(phase, name), getattr(before, name) if before else None
        if value not in (None, "", []) or (before and old not in (None, "", [])):
            label = str(Phase._meta.get_field(name).verbose_name)
            yield Line(capfirst(label), [("", _value(phase, name))], before is not None and value != old)


def _texts(name: str, phase: Phase, before: Phase | None) -> tuple[str, str]:
    return getattr(phase, name), getattr(before, name) if before else ""


def _marked(new: str, old: str, before: Phase | None) -> object:
    if before is None or new == old:
        return new or "–"
    pieces = [(MARKS[piece.kind], piece.text) for piece in word_by_word(old, new)]
    return format_html_join(" ", "{}", ([format_html(mark, said)] for mark, said in pieces)) or "–"


def _value(phase: Phase, name: str) -> object:
    value = getattr(phase, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment(value)
    if name in CHOICES:
        return ", ".join(str(CHOICES[name](each).label) for each in value) or "–"
    if name == "protection":
        return phase.get_protection_display()
    return "–" if value is None else value


# --- Tables -------------------------------------------------------------------------------------------------------
def tables(breach: Breach) -> Iterator[Table]:
    """How the accounts were chosen, what holders reported, what it taught us, and the clock explained."""
    rows = [
        [
            moment(row.frozen_at), _words(Criteria.from_json(row.criteria).words()), row.added,
            moment(row.noticed_at), row.reason or "–", row.digest.removeprefix("sha256:")[:12],
        ]
        for row in breach.selections.order_by("-id")
    ]  # fmt: skip
    headers = [_("When"), _("Looked for"), _("Added"), _("Noticed at"), _("Why these"), _("Digest")]
    yield Table(_("How accounts were chosen"), headers, rows)
    reports = [[link(row), row.get_kind_display(), moment(row.reported_at)] for row in _reports(breach)]
    yield Table(_("Reports of holders about it"), [_("Report"), _("Kind"), _("Reported at")], reports)
    found = Finding.objects.filter(of=breach.reference).prefetch_related("improvements").order_by("-id")
    yield findings_table(found, on=today())
    lines = [[line] for line in explain(breach.deadline)]
    yield Table(_("The clock, explained"), [_("How it is counted")], lines)


def links(breach: Breach, counts: Counts) -> Iterator[SafeString]:
    """Where the lists are that belong to it: affected accounts, consultations."""
    if counts.listed:
        address = f"{reverse('admin:breaches_affected_changelist')}?breach__id__exact={breach.pk}"
        yield format_html('<a class="text-link" href="{}">{}</a>', address, _("Affected accounts, one by one"))
    open_, number = breach.consultations.open().count(), breach.consultations.count()
    if number:
        words = _("Consultations: %(open)s of %(number)s to be held") % {"open": open_, "number": number}
        yield _to_list(breach.consultations.model, words)


def _reports(breach: Breach) -> Any:
    return BreachReport.objects.filter(breach=breach).order_by("id")[:MOST]


def _to_list(model: type[Model], words: str) -> SafeString:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return format_html('<a class="text-link" href="{}">{}</a>', address, words)


def _words(sentences: Sequence[str]) -> SafeString:
    return format_html_join(" ", "{}", ([sentence] for sentence in sentences))
