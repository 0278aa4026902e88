"""Sub-processors, their papers and people, and who is bound to keep quiet (§8 to §11)."""

from processors.models.changes import LONGEST, Change, ChangeKind, ChangeMail, Objection
from processors.models.confidentiality import Statement
from processors.models.disclosures import Disclosure, DisclosureOrder
from processors.models.extracts import DisclosureCount, Extract, ExtractFile, ExtractState
from processors.models.glass import Glass, GlassAccount, GlassChange, GlassStage, Ground
from processors.models.helpers import Helper, Project
from processors.models.sub_processors import Agreement, Mechanism, Stage, SubProcessor, SubProcessorRole, Transfer

__all__ = [
    "LONGEST",
    "Agreement",
    "Change",
    "ChangeKind",
    "ChangeMail",
    "Disclosure",
    "DisclosureCount",
    "DisclosureOrder",
    "Extract",
    "ExtractFile",
    "ExtractState",
    "Glass",
    "GlassAccount",
    "GlassChange",
    "GlassStage",
    "Ground",
    "Helper",
    "Mechanism",
    "Objection",
    "Project",
    "Stage",
    "Statement",
    "SubProcessor",
    "SubProcessorRole",
    "Transfer",
]
