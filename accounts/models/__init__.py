"""Accounts, the companies and people behind them, and what goes with them (§1, §2, §17, §19, §20, §21)."""

from accounts.models.account import Account, DataKey, ErasureRequest
from accounts.models.invitation import Invitation
from accounts.models.mails import PlannedMail
from accounts.models.newsletter import (
    MailState,
    Newsletter,
    NewsletterMail,
    NewsletterState,
    Subscriber,
    Suppression,
    in_language,
)
from accounts.models.notices import Dismissal, Notice
from accounts.models.papers import Paper, PaperKind
from accounts.models.people import Company, ContactDetails, Gender, Personalia, User, UserManager, contact_checks
from accounts.models.signed_in import DeviceToken, Session, SupportAccess
from accounts.models.terms import Heed, TermsAcknowledgement, TermsAnnouncement, TermsVersion
from accounts.models.usage import UsageDay, UsageEvent, UsageTotal

__all__ = [
    "Account",
    "Company",
    "ContactDetails",
    "DataKey",
    "DeviceToken",
    "Dismissal",
    "ErasureRequest",
    "Gender",
    "Heed",
    "Invitation",
    "MailState",
    "Newsletter",
    "NewsletterMail",
    "NewsletterState",
    "Notice",
    "Paper",
    "PaperKind",
    "Personalia",
    "PlannedMail",
    "Session",
    "Subscriber",
    "SupportAccess",
    "Suppression",
    "TermsAcknowledgement",
    "TermsAnnouncement",
    "TermsVersion",
    "UsageDay",
    "UsageEvent",
    "UsageTotal",
    "User",
    "UserManager",
    "contact_checks",
    "in_language",
]
