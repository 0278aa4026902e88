from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import COMPANY, HOME_ADDRESS, PERSONALIA, Category, Personal, Subject, register
from relations.models import Employee, Import, Refusal, Relation

#: What the database repeats of these fields, to sort and to search by.
REPEATED = {
    "sort_name": Personal("19 Personalia 1", label=_("name, to sort by")),
    "sort_town": Personal("19 Betrokkenen 2", label=_("town, to sort by")),
    "search_text": Personal("19 Personalia 1", label=_("the same in small letters, to search through")),
}

register(
    Relation,
    category=Category.RELATIONS,
    subject=Subject.RELATION,
    fields=PERSONALIA | COMPANY | HOME_ADDRESS | REPEATED,
    plain=("id", "reference", "account", "sole_trader", "revision", "restricted_on", "sort_newest"),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)
register(
    Employee,
    category=Category.EMPLOYEES,
    subject=Subject.EMPLOYEE,
    fields=PERSONALIA
    | COMPANY
    | HOME_ADDRESS
    | REPEATED
    | {
        "bsn": Personal("19 Betrokkenen BSN", encrypted=True),
        "bsn_hash": Personal("19 Betrokkenen BSN", secret=True, label=_("keyed hash of the BSN")),
    },
    plain=("id", "reference", "account", "sole_trader", "revision", "restricted_on", "sort_newest", "kind"),
    may={"holder": "SELECT OPEN INSERT UPDATE DELETE"},
)
# Of nobody's category but their own: a hold on relations or on employees keeps no copy of what was once brought in.
register(
    Import,
    category=Category.REQUESTS,
    subject=Subject.RELATION,
    called=_("Files that were brought in"),
    # The column is a place; what lies there is sealed.
    fields={"file": Personal("19 Betrokkenen", label=_("file with people, sealed"))},
    plain=(
        "id", "reference", "account", "asked_by", "what", "state", "why", "separator", "columns", "takes_known",
        "made_at", "moved_at", "size", "position", "lines", "line", "added", "known", "refused",
    ),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)  # fmt: skip
register(
    Refusal,
    category=Category.REQUESTS,
    subject=Subject.NOBODY,
    called=_("Rows of files that were refused"),
    plain=("id", "account", "of", "line", "position", "problems"),
    may={"holder": "SELECT DELETE"},
)
