from cannonworks.datamap import Category, Subject, register
from journal.models import Entry

register(
    Entry,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    account="account_reference",
    plain=("id", "at", "event", "account_reference", "actor_reference", "actor_kind", "clause", "facts"),
    may={"visitor": "INSERT", "holder": "SELECT INSERT", "helper": "INSERT", "staff": "SELECT INSERT"},
)
