from cannonworks.datamap import Category, Subject, register
from rights.models import RegisteredLetter

register(
    RegisteredLetter,
    category=Category.EVIDENCE,
    subject=Subject.NOBODY,
    plain=(
        "id", "account", "request", "carrier_number", "received_on", "identity_check",
        "recorded_by", "confirmed_by", "confirmed_on",
    ),
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
)  # fmt: skip
