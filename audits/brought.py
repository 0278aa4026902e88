"""The measures that the product itself brings. They come into the register planned and without owner (§7).

That a program can do something is no measure yet: somebody of our staff answers for it, sees that it works where it
runs, and puts it in place. From then on the public texts tell of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connections

from audits.catalogue import in_order
from audits.models import Measure


@dataclass(frozen=True)
class Brought:
    """One of them; ``code`` never changes, for by it the register knows that it was brought already."""

    code: str
    controls: tuple[str, ...]
    title_nl: str
    title_en: str
    text_nl: str
    text_en: str


BROUGHT = (
    Brought(
        "account-keys", ("8.24", "5.33", "8.10"),
        "Versleuteling per account", "Encryption per account",
        "Elk account heeft een eigen sleutel, waarmee burgerservicenummers en bestanden zijn versleuteld"
        " (AES-256-GCM). De sleutels zijn zelf ook versleuteld, en staan niet in de back-ups van de gegevens.",
        "Every account has a key of its own, with which citizen service numbers and files are encrypted"
        " (AES-256-GCM). The keys are encrypted themselves, and are not in the backups of the data.",
    ),
    Brought(
        "key-rotation", ("8.24",),
        "Sleutels worden vervangen", "Keys are replaced",
        "De sleutel waarmee de sleutels van accounts zijn versleuteld, kan worden vervangen terwijl alles"
        " doorwerkt. Daarna wordt nagegaan dat alles met de nieuwe opengaat. Ontbreekt een sleutel, dan blijft alles"
        " dicht.",
        "The key with which the keys of accounts are encrypted can be replaced while everything goes on. Then it is"
        " checked that the new one opens all. When a key is missing, everything stays shut.",
    ),
    Brought(
        "row-security", ("5.15", "8.3", "8.22"),
        "De database schermt elk account af", "The database fences off every account",
        "Elk verzoek krijgt een eigen databaserol die alleen de rijen van het eigen account ziet. Ook een fout in"
        " een pagina toont dus niets van een ander.",
        "Every request gets a database role of its own that sees the rows of its own account alone. So even a fault"
        " in a page shows nothing of anybody else.",
    ),
    Brought(
        "staff-roles", ("5.3", "5.15", "5.18", "8.2"),
        "Medewerkers zien wat hun werk vraagt", "Staff see what their work asks",
        "Elke medewerker heeft een rol met zo weinig mogelijk rechten. Relaties, werknemers en documenten van"
        " klanten zitten in geen enkele rol. Wat niet terug te draaien is, doen twee medewerkers samen.",
        "Every member of staff has a role with as few rights as possible. Relations, employees and documents of"
        " customers are in no role. What cannot be undone takes two members of staff.",
    ),
    Brought(
        "second-factor", ("5.16", "5.17", "8.5"),
        "Inloggen met een tweede stap", "Signing in with a second factor",
        "Medewerkers en hulppersonen loggen altijd in met een tweede stap, klanten als ze willen. Wat niet terug te"
        " draaien is, vraagt om opnieuw te bewijzen wie je bent.",
        "Staff and helpers always sign in with a second factor, customers when they like. What cannot be undone"
        " asks to prove once more who you are.",
    ),
    Brought(
        "passwords", ("5.17", "8.5"),
        "Wachtwoorden zijn niet te lezen of te raden", "Passwords cannot be read or guessed",
        "Van een wachtwoord bewaren we alleen een afdruk (Argon2id). Wie te vaak misgokt, wordt een tijd"
        " buitengesloten.",
        "Of a password we keep a print alone (Argon2id). Whoever guesses wrong too often is shut out for a time.",
    ),
    Brought(
        "sealed-journal", ("5.28", "5.33", "8.15"),
        "Een logboek dat niemand kan veranderen", "A journal that nobody can change",
        "Wat er met gegevens gebeurt, staat in een logboek zonder persoonsgegevens. De database weigert"
        " wijzigingen, en elke paar minuten worden nieuwe regels verzegeld, zodat knoeien altijd opvalt.",
        "What happens to data stands in a journal without personal data. The database refuses changes, and every"
        " few minutes new lines are sealed, so that tampering always shows.",
    ),
    Brought(
        "backups", ("5.30", "8.13", "8.24"),
        "Versleutelde back-ups die worden geprobeerd", "Encrypted backups that are tried out",
        "Elke dag maken we een versleutelde back-up, die na een jaar verdwijnt. Elke week zetten we de nieuwste ter"
        " proef terug. Wat al gewist was, wordt daarbij opnieuw gewist.",
        "Every day we make an encrypted backup, which goes after a year. Every week we restore the newest one as a"
        " trial. What was erased already is then erased again.",
    ),
    Brought(
        "verified-erasure", ("5.34", "8.10"),
        "Wissen dat wordt nagekeken", "Erasure that is verified",
        "Gegevens worden gewist zodra hun termijn om is. Daarna kijkt het programma op elke plek of er echt niets"
        " meer staat, en krijgt de klant een ondertekende verklaring.",
        "Data is erased as soon as its term is over. Then the program looks in every place whether really nothing"
        " is left, and the customer gets a signed statement.",
    ),
    Brought(
        "retention-guard", ("5.33", "5.36", "8.16"),
        "Alarm bij te vroeg of te laat wissen", "Alarm when something is erased too early or too late",
        "Wat te vroeg weg is of te lang blijft staan, geeft een alarm. Gewijzigde bewaartermijnen wissen niets"
        " voordat een medewerker heeft gezien wat ze zouden doen.",
        "What is gone too early or stays too long raises an alarm. Changed periods erase nothing before a member of"
        " staff has seen what they would do.",
    ),
    Brought(
        "support-tickets", ("5.18", "8.2", "8.15"),
        "Meekijken alleen met een ticket", "Support looks in with a ticket alone",
        "De helpdesk opent een account alleen met een ticketnummer en een reden, voor korte tijd. De klant ziet wie"
        " er keek, wanneer en waarom.",
        "The help desk opens an account only with the number of a ticket and a reason, for a short time. The"
        " customer sees who looked, when and why.",
    ),
    Brought(
        "helper-windows", ("5.19", "5.22", "8.2", "8.11"),
        "Hulppersonen alleen tijdens een project", "Helpers only while a project runs",
        "Mensen van subverwerkers kijken alleen zolang een project van hen loopt, en alleen in de lijst van"
        " klanten. De database dwingt dat af, en elke pagina die ze openen staat in het logboek.",
        "People of sub-processors look only while a project of theirs runs, and only at the list of customers. The"
        " database enforces it, and every page they open stands in the journal.",
    ),
    Brought(
        "sub-processor-papers", ("5.19", "5.20", "5.21", "5.23"),
        "Geen subverwerker zonder overeenkomst", "No sub-processor without an agreement",
        "Een subverwerker kan pas aan het werk als de verwerkersovereenkomst getekend is; de database weigert het"
        " anders. Buiten de EER moet er ook bewijs van bescherming zijn. Voor de papieren verlopen, krijgen we een"
        " seintje.",
        "A sub-processor can begin only when the processing agreement is signed; the database refuses it otherwise."
        " Outside the EEA there must be proof of protection as well. Before papers expire we are reminded.",
    ),
    Brought(
        "confidentiality", ("6.2", "6.6"),
        "Geheimhouding is getekend", "Confidentiality is signed",
        "Medewerkers en hulppersonen komen pas bij gegevens als hun geheimhoudingsverklaring is vastgelegd.",
        "Staff and helpers reach data only when their confidentiality statement is on record.",
    ),
    Brought(
        "breach-notices", ("5.24", "5.25", "5.26", "6.8"),
        "Inbreuken binnen 48 uur gemeld", "Breaches told within 48 hours",
        "Elke inbreuk staat in een register met een klok van 48 uur. Een bericht kan pas weg als feit, oorzaak,"
        " gevolg en oplossing erin staan. Elke geraakte klant krijgt het, precies één keer. Klanten melden zelf ook.",
        "Every breach stands in a register with a clock of 48 hours. A notice can go out only when fact, cause,"
        " effect and solution are in it. Every affected customer gets it, exactly once. Customers report breaches"
        " too.",
    ),
    Brought(
        "findings", ("5.27", "5.35", "5.36"),
        "Bevindingen worden gevolgd tot het beter is", "Findings are followed until it is better",
        "Wat een controle, audit of inbreuk laat zien, wordt vastgelegd en leidt tot een verbetering met een"
        " eigenaar en een datum. Een ander kijkt of het hielp. Niets sluit vanzelf.",
        "What a review, audit or breach shows is recorded, and leads to an improvement with an owner and a day."
        " Somebody else looks whether it helped. Nothing closes by itself.",
    ),
    Brought(
        "deadlines", ("5.31", "5.36"),
        "Alle termijnen op één bord", "All deadlines on one board",
        "Elke termijn uit de overeenkomst loopt op één bord, wordt uitgelegd, en waarschuwt medewerkers per mail"
        " voordat hij om is.",
        "Every term of the agreement runs on one board, is explained, and warns staff by mail before it is over.",
    ),
    Brought(
        "data-map", ("5.9", "5.12", "5.34"),
        "Elk gegeven staat op de kaart", "Every piece of data is on the map",
        "Van elk veld is vastgelegd van wie het is, waarvoor, hoe lang en wie het ziet. Staat een veld er niet op,"
        " dan start het programma niet.",
        "Of every field it is laid down whose it is, what for, how long, and who sees it. When a field is not on"
        " the map the program does not start.",
    ),
    Brought(
        "masking", ("8.11", "8.12"),
        "Het BSN is afgeschermd", "Citizen service numbers are masked",
        "Een burgerservicenummer is versleuteld en op het scherm afgedekt. Alleen de hoofdgebruiker kan het tonen,"
        " na opnieuw bewijzen wie hij is, en elke keer komt in het logboek.",
        "A citizen service number is encrypted, and masked on the screen. The main user alone can show it, after"
        " proving once more who that is, and each time goes into the journal.",
    ),
    Brought(
        "logs-without-names", ("8.12", "8.15"),
        "Geen persoonsgegevens in technische logs", "No personal data in technical logs",
        "Technische logs, webadressen en cookies bevatten geen persoonsgegevens.",
        "Technical logs, web addresses and cookies have no personal data in them.",
    ),
    Brought(
        "own-pages", ("8.20", "8.26", "8.28"),
        "Een pagina laadt niets van anderen", "A page loads nothing of others",
        "Pagina's laden alleen onze eigen bestanden, en de browser houdt ze daaraan. Verbindingen zijn altijd"
        " versleuteld.",
        "Pages load our own files alone, and the browser holds them to it. Connections are always encrypted.",
    ),
    Brought(
        "tests", ("8.25", "8.27", "8.28", "8.29"),
        "Tests en controles voor elke uitgave", "Tests and checks before every release",
        "Voor elke uitgave loopt een reeks tests, ook van wie waarbij mag, en controles van code, typen en"
        " vertalingen. Bij elk artikel van de overeenkomst staat welke tests het bewijzen.",
        "Before every release a series of tests runs, also of who may reach what, and checks of code, types and"
        " translations. Beside every clause of the agreement stands which tests prove it.",
    ),
    Brought(
        "locked-dependencies", ("5.21", "8.8", "8.19"),
        "Vaste versies van andermans software", "Fixed versions of the software of others",
        "Van software van anderen liggen versie en controlegetal vast. Iets anders wordt niet geïnstalleerd.",
        "Of the software of others version and checksum are fixed. Nothing else is installed.",
    ),
    Brought(
        "test-data", ("8.31", "8.33"),
        "Tests met verzonnen gegevens", "Tests with made-up data",
        "Tests en voorbeelden gebruiken verzonnen gegevens en een eigen database, nooit die van klanten.",
        "Tests and examples use made-up data and a database of their own, never that of customers.",
    ),
    Brought(
        "audits", ("5.35", "8.34"),
        "Klanten mogen ons toetsen", "Customers may test us",
        "Klanten kunnen ons laten toetsen. De logboeken van die dagen bewaren we verzegeld, en wat wordt gevonden,"
        " leidt tot verbeteringen.",
        "Customers may have us tested. The logs of those days we keep sealed, and what is found leads to"
        " improvements.",
    ),
)  # fmt: skip


def put_in_register(using: str = "default", **_signal: object) -> None:
    """Enter those that are not in the register yet, by their code; after each ``migrate``, and idempotent.

    What is there is left as it is: staff may have changed or withdrawn it.
    """
    if Measure._meta.db_table not in connections[using].introspection.table_names():
        return
    rows = Measure.objects.using(using)
    known = set(rows.exclude(code="").values_list("code", flat=True))
    rows.bulk_create([_measure(each) for each in BROUGHT if each.code not in known])


def _measure(said: Brought) -> Measure:
    return Measure(
        code=said.code, title_nl=said.title_nl, title_en=said.title_en, text_nl=said.text_nl, text_en=said.text_en,
        controls=in_order(said.controls),
    )  # fmt: skip
