"""What staff and helpers promise in signing a statement (§8): our own words, in versions that stay as they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from cannonworks.deadlines import Kind, Term, Unit

#: Within this, whoever signed earlier words signs the new ones; after it the old statement no longer counts.
AGAIN = Kind("statement_again", "8", Term(14, Unit.DAYS), _("the new words came"), is_ours=True)


@dataclass(frozen=True)
class Wording:
    """The words of a statement from a day on, by language; ``digest`` is of all of them."""

    since: date
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the day and the words in every language."""
        said = json.dumps([self.since.isoformat(), self.words], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()

    def said(self, language: str | None) -> tuple[str, ...]:
        """The sentences in this language, or in Dutch where there are none."""
        return self.words.get((language or "nl")[:2], self.words["nl"])


#: The last one counts. What somebody signed is never changed: new words are a new entry below it.
WORDINGS: list[Wording] = [
    Wording(
        date(2026, 11, 1),
        {
            "nl": (
                "Ik houd geheim wat ik in mijn werk voor CannonWorks te weten kom over klanten en over de mensen die in"
                " hun administratie staan.",
                "Ik kijk alleen naar gegevens die ik voor mijn taak nodig heb, en gebruik ze nergens anders voor.",
                "Ik geef ze aan niemand anders, ook niet aan collega's die ze niet nodig hebben, behalve als een wet of"
                " een rechter het oplegt of als de klant er uitdrukkelijk mee instemt. Zo'n verzoek meld ik meteen"
                " bij de privacyfunctionaris en beantwoord ik niet zelf.",
                "Ik maak geen kopieën buiten de systemen van CannonWorks en houd mijn wachtwoord en tweede factor"
                " voor mij.",
                "Denk ik dat gegevens zijn gelekt of verkeerd gebruikt, dan meld ik dat meteen.",
                "Dit alles blijft gelden als mijn werk voor CannonWorks is afgelopen.",
                "Ik weet dat wat ik bekijk wordt vastgelegd, en dat overtreding gevolgen kan hebben voor mijn werk en"
                " strafbaar kan zijn.",
            ),
            "en": (
                "I keep secret what I come to know, in my work for CannonWorks, about customers and about the people in"
                " their administration.",
                "I look only at data that I need for my task, and use them for nothing else.",
                "I give them to nobody else, nor to colleagues who do not need them, unless a law or a court orders it"
                " or the customer explicitly consents. I report such a request to the privacy officer at once and do"
                " not answer it myself.",
                "I make no copies outside the systems of CannonWorks and keep my password and second factor to myself.",
                "When I think that data leaked or were misused, I report it at once.",
                "All this goes on after my work for CannonWorks has ended.",
                "I know that what I look at is recorded, and that breaking this promise can have consequences for my"
                " work and can be an offence.",
            ),
        },
    )
]


def current() -> Wording:
    """The words that are signed now."""
    return WORDINGS[-1]


def earlier() -> list[str]:
    """Digests of all words before these."""
    return [wording.digest for wording in WORDINGS[:-1]]
