from django.utils.translation import gettext_lazy as _

from audits.models import Finding, Improvement, Measure, Review
from cannonworks.datamap import outside

OURS = _("How we protect data ourselves; no customers, and no names in it.")

outside(
    Measure,
    why=OURS,
    may=dict.fromkeys(("visitor", "holder"), "SELECT") | {"staff": "SELECT INSERT UPDATE"},
    rows=dict.fromkeys(("visitor", "holder"), "is_public AND state = 'in_place'") | {"staff": "true"},
)
outside(Review, why=OURS, may={"staff": "SELECT INSERT"})
outside(Finding, why=OURS, may={"staff": "SELECT INSERT UPDATE"})
outside(Improvement, why=OURS, may={"staff": "SELECT INSERT UPDATE"})
