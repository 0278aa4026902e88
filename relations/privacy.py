from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import COMPANY, HOME_ADDRESS, PERSONALIA, Category, Personal, Subject, register
from relations.models import Employee, Relation

register(
    Relation,
    category=Category.RELATIONS,
    subject=Subject.RELATION,
    fields=PERSONALIA | COMPANY | HOME_ADDRESS,
    plain=("id", "reference", "account", "sole_trader", "revision", "restricted_on"),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)
register(
    Employee,
    category=Category.EMPLOYEES,
    subject=Subject.EMPLOYEE,
    fields=PERSONALIA
    | COMPANY
    | HOME_ADDRESS
    | {
        "bsn": Personal("19 Betrokkenen BSN", encrypted=True),
        "bsn_hash": Personal("19 Betrokkenen BSN", secret=True, label=_("keyed hash of the BSN")),
    },
    plain=("id", "reference", "account", "sole_trader", "revision", "restricted_on", "kind"),
    may={"holder": "SELECT OPEN INSERT UPDATE DELETE"},
)
