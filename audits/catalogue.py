"""The controls that exist: numbers of Annex A of ISO/IEC 27001:2022, each with what it is about in our own words.

The numbers are facts; the titles and texts of the standard are its publisher's and are not here. NEN 7510-2:2024 groups
its measures as this annex does and adds some of its own for care, which have no number here (decision 0038).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: The four groups, by the number before the dot.
GROUPS: Mapping[str, str | Promise] = {
    "5": _("How we are organised"),
    "6": _("The people who work here"),
    "7": _("Rooms and equipment"),
    "8": _("Technology"),
}

#: number → what it is about
CONTROLS: Mapping[str, str | Promise] = {
    "5.1": _("Rules about security are written down, approved, known, and looked at again"),
    "5.2": _("It is clear who does what for security"),
    "5.3": _("Tasks that could be abused together are not with one person"),
    "5.4": _("Management sees to it that everybody keeps to the rules"),
    "5.5": _("We know which authorities to reach, and how"),
    "5.6": _("We are in touch with others who know about security"),
    "5.7": _("We follow what threatens us, and act on it"),
    "5.8": _("Every project takes security along"),
    "5.9": _("There is a list of the information and the means we have, with who answers for each"),
    "5.10": _("It is clear how information and equipment may be used"),
    "5.11": _("Who leaves gives back what is ours"),
    "5.12": _("Information is sorted by how much protection it needs"),
    "5.13": _("It can be seen of information how it was sorted"),
    "5.14": _("Information is protected while it goes to somebody else"),
    "5.15": _("There are rules for who may reach what"),
    "5.16": _("Everybody has an identity of their own, from the first day to the last"),
    "5.17": _("Passwords and other secrets to sign in are given out and kept safely"),
    "5.18": _("Rights are given, looked at again and taken away"),
    "5.19": _("Risks of working with suppliers are known and dealt with"),
    "5.20": _("Agreements with suppliers say what they must protect"),
    "5.21": _("We see to the security of the hardware and software that suppliers bring"),
    "5.22": _("What suppliers do is watched, also when it changes"),
    "5.23": _("Services in the cloud are chosen, used and left with care"),
    "5.24": _("We are prepared for incidents: who does what is laid down"),
    "5.25": _("What happens is judged: is it an incident?"),
    "5.26": _("Incidents are dealt with as was laid down"),
    "5.27": _("We learn from incidents"),
    "5.28": _("Evidence of incidents is found and kept in a way that holds"),
    "5.29": _("Security goes on when other things go wrong"),
    "5.30": _("Our systems can be brought back in time after a disaster"),
    "5.31": _("We know which laws and agreements hold for us, and keep to them"),
    "5.32": _("We respect what belongs to others, such as software"),
    "5.33": _("Records are kept from loss, change and the eyes of others"),
    "5.34": _("Personal data is protected as the law and our agreements ask"),
    "5.35": _("Somebody independent looks at our security"),
    "5.36": _("We check that we keep to our own rules"),
    "5.37": _("How systems are run is written down for who runs them"),
    "6.1": _("Whoever comes to work here is checked, as far as fits the work"),
    "6.2": _("Contracts with staff say what they must protect"),
    "6.3": _("Staff learn about security and keep up"),
    "6.4": _("It is clear what follows when somebody breaks the rules"),
    "6.5": _("Duties that stay after somebody leaves are laid down"),
    "6.6": _("Whoever sees what is confidential has signed to keep it so"),
    "6.7": _("Working from elsewhere is safe"),
    "6.8": _("Everybody can report quickly what looks wrong"),
    "7.1": _("Places with information have a boundary"),
    "7.2": _("Only who may be there comes in"),
    "7.3": _("Offices and rooms are made safe"),
    "7.4": _("Places are watched"),
    "7.5": _("There is protection against fire, water and the like"),
    "7.6": _("There are rules for working in places that need more protection"),
    "7.7": _("Desks and screens are left empty"),
    "7.8": _("Equipment stands where it is safe"),
    "7.9": _("Equipment outside the office is protected"),
    "7.10": _("Disks, sticks and paper are guarded until they are destroyed"),
    "7.11": _("Power, cooling and the like do not fail us"),
    "7.12": _("Cables are protected"),
    "7.13": _("Equipment is maintained"),
    "7.14": _("Nothing is left on equipment that goes out"),
    "8.1": _("Laptops and phones of those who work here are protected"),
    "8.2": _("Rights that go far are given to few, and watched"),
    "8.3": _("Each sees and does only what the rules for reaching information allow"),
    "8.4": _("Source code and the means to change it are guarded"),
    "8.5": _("Signing in is as strong as what lies behind it asks"),
    "8.6": _("There is room enough, now and later"),
    "8.7": _("There is protection against malicious software"),
    "8.8": _("Weak spots in software are found and mended in time"),
    "8.9": _("How systems are set is laid down, kept and watched"),
    "8.10": _("Information is erased when it is no longer needed"),
    "8.11": _("Data is masked for who need not see all of it"),
    "8.12": _("Data cannot leak away unseen"),
    "8.13": _("Backups are made and tried out"),
    "8.14": _("What must go on has a second of its kind"),
    "8.15": _("What happens is written down, and kept from change"),
    "8.16": _("Systems are watched for what is out of the ordinary"),
    "8.17": _("Clocks run alike"),
    "8.18": _("Programs that can go around the protection are in few hands"),
    "8.19": _("Only what was agreed is installed on systems that run"),
    "8.20": _("Networks are protected and run with care"),
    "8.21": _("It is agreed what services on the network must do for security"),
    "8.22": _("Networks are kept apart"),
    "8.23": _("Harmful websites are kept out"),
    "8.24": _("Encryption is used by rules, and its keys are guarded"),
    "8.25": _("Software is made by rules that see to security from start to end"),
    "8.26": _("What an application must do for security is laid down before it is made or bought"),
    "8.27": _("Systems are built by principles of security"),
    "8.28": _("Code is written in a way that avoids weak spots"),
    "8.29": _("Security is tested while making and before use"),
    "8.30": _("Software that others make for us is watched over"),
    "8.31": _("Making, testing and running are kept apart"),
    "8.32": _("Changes follow a fixed path"),
    "8.33": _("Data for tests is chosen and protected with care"),
    "8.34": _("Audits and tests of running systems do not disturb them"),
}


def in_order(numbers: Iterable[str]) -> list[str]:
    """Numbers as they follow in the annex: 5.9 before 5.10."""
    return sorted(numbers, key=_place)


def group(number: str) -> str | Promise:
    """To which of the four groups a control belongs."""
    return GROUPS[number.partition(".")[0]]


def choices() -> Sequence[tuple[str, str]]:
    """Every control with its number before it, for a form."""
    return [(number, f"{number} {about}") for number, about in CONTROLS.items()]


def _place(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))
