from breaches.models.affected import Affected, Selection
from breaches.models.breaches import Breach, BreachKind, DataKind, Harm, People, Phase, Protection
from breaches.models.consultations import Consultation, Meeting
from breaches.models.mails import BreachMail
from breaches.models.notices import Notice
from breaches.models.reports import BreachReport, ReportChannel
from breaches.models.words import Audience, DirectWord, Permission

__all__ = [
    "Affected",
    "Audience",
    "Breach",
    "BreachKind",
    "BreachMail",
    "BreachReport",
    "Consultation",
    "DataKind",
    "DirectWord",
    "Harm",
    "Meeting",
    "Notice",
    "People",
    "Permission",
    "Phase",
    "Protection",
    "ReportChannel",
    "Selection",
]
