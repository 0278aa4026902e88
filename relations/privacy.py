from cannonworks.datamap import COMPANY, HOME_ADDRESS, PERSONALIA, Category, Personal, Subject, register
from relations.models import Employee, Relation

#: What the database repeats of these fields, to sort and to search by.
REPEATED = {
    "sort_name": Personal("19 Personalia 1"),
    "sort_town": Personal("19 Betrokkenen 2"),
    "search_text": Personal("19 Personalia 1"),
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
        "bsn_hash": Personal("19 Betrokkenen BSN", secret=True),
    },
    plain=("id", "reference", "account", "sole_trader", "revision", "restricted_on", "sort_newest", "kind"),
    may={"holder": "SELECT OPEN INSERT UPDATE DELETE"},
)
