"""Accounts and their rows, made by the database itself: names are made up, and dates follow from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

#: The day on which everything is measured.
ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 3, tzinfo=UTC)
#: A day on which nothing of these data is due: for the sweep that warms a worker up.
BEFORE = date(2026, 5, 1)

#: Journal entries of past years, as the product writes them.
ENTRIES = """
INSERT INTO journal_entry (at, event, account_reference, actor_reference, actor_kind, clause, facts)
SELECT timestamptz '2026-01-01' + id * interval '1 second', 'account.cancelled', md5((id % 5000)::text)::uuid,
       md5((id % 9000)::text)::uuid, 'holder', '5.4', jsonb_build_object('erase_on', '2028-01-01', 'number', id)
FROM generate_series(1, {entries}) AS id
"""
ACCOUNTS = """
INSERT INTO accounts_account (id, reference, state, signed_up_on, trial_ends_on, cancelled_on, keep_until, erase_on,
                              warn_on, held_since, erased_on, deferred)
SELECT id, gen_random_uuid(), state, began, ends, cancelled, keep, erase, warn, held, erased, '{{}}'
FROM ({source}) AS made
"""
#: A grown population: most are active, some ended with a date to come, warned or held, some are gone already.
POPULATION = """
SELECT id, state, began, began + 30 AS ends,
       CASE WHEN ended <> 'lapsed' THEN ended_on END AS cancelled,
       CASE ended WHEN 'lapsed' THEN (ended_on + interval '6 months')::date ELSE two_years END AS keep,
       CASE WHEN state = 'erased' THEN (two_years + interval '5 years')::date ELSE two_years END AS erase,
       CASE WHEN state IN ('lapsed', 'cancelled') AND held IS NULL THEN
            (SELECT min(two_years - days) FROM unnest(ARRAY[90, 30, 7]) AS days WHERE two_years - days > date '{on}')
       END AS warn,
       held, CASE WHEN state = 'erased' THEN two_years END AS erased
FROM (
    SELECT id, state, ended, held, ended_on,
           CASE ended WHEN 'lapsed' THEN ended_on - 30 WHEN 'cancelled' THEN ended_on - 400
                      ELSE date '{on}' - began_ago END AS began,
           (ended_on + interval '2 years')::date AS two_years
    FROM (
        SELECT id,
               CASE WHEN part < 70 THEN 'active' WHEN part < 75 THEN 'trial' WHEN part < 85 THEN 'lapsed'
                    WHEN part < 95 THEN 'cancelled' ELSE 'erased' END AS state,
               CASE WHEN part < 75 THEN NULL WHEN part < 85 OR part >= 98 THEN 'lapsed' ELSE 'cancelled' END AS ended,
               CASE WHEN part BETWEEN 70 AND 74 THEN id % 29 ELSE 31 + id % 3000 END AS began_ago,
               CASE WHEN part < 75 THEN NULL
                    WHEN part = 94 THEN (date '{on}' - interval '2 years')::date - (id % 300)::int
                    WHEN part < 95 THEN (date '{on}' - interval '2 years')::date + 1 + (id % 700)::int
                    ELSE (date '{on}' - interval '2 years')::date - 1 - (id % 1400)::int END AS ended_on,
               CASE WHEN part = 94 THEN date '{on}' - (id % 300)::int END AS held
        FROM (SELECT id, (id * 19) % 100 AS part FROM generate_series(1, {accounts}) AS id) AS numbered
    ) AS parted
) AS dated
"""
TOMBSTONES = """
INSERT INTO retention_erasure (reference, account_id, rule, clause, rules_digest, due_on, claimed_on, categories, held,
                               step, rows, rescan, statement, done_at, attempts, failure)
SELECT gen_random_uuid(), id, 'cancelled', '5.4', repeat('0', 71), erased_on, erased_on,
       '{{account,relations,employees,documents,usage,requests}}', '{{}}', 7, '{{"finance_line": 45}}',
       '{{"found": 0, "places": 9}}', '{{"statement": {{}}}}', erased_on, 0, ''
FROM accounts_account WHERE state = 'erased'
"""
WARNINGS = """
INSERT INTO retention_erasurewarning (account_id, erase_on, days, planned_on, sent_at, attempts, failure)
SELECT id, erase_on, 90, erase_on - 90, erase_on - 90, 0, '' FROM accounts_account
WHERE state IN ('lapsed', 'cancelled') AND held_since IS NULL AND erase_on - 90 <= date '{on}'
"""
HOLDS = """
INSERT INTO retention_hold (account_id, name, categories, ground, basis, proportionality, review_on, placed_on,
                            placed_by_id, confirmed_on, confirmed_by_id)
SELECT id, 'Geschil', '{{account,relations,employees,documents,usage,requests}}', 'proof of obligation', 'BW 6:74', '',
       held_since + 300, held_since, 1, held_since, 2 FROM accounts_account WHERE held_since IS NOT NULL
"""
#: Every even account is due, by its cancellation or by its trial; the odd ones between them live on.
BACKLOG = """
SELECT id, state, CASE state WHEN 'lapsed' THEN ended - 30 ELSE ended - 400 END AS began,
       CASE state WHEN 'lapsed' THEN ended ELSE ended - 370 END AS ends,
       CASE state WHEN 'cancelled' THEN ended END AS cancelled,
       CASE state WHEN 'cancelled' THEN (ended + interval '2 years')::date
                  WHEN 'lapsed' THEN (ended + interval '6 months')::date END AS keep,
       CASE WHEN state <> 'active' THEN (ended + interval '2 years')::date END AS erase,
       NULL::date AS warn, NULL::date AS held, NULL::date AS erased
FROM (SELECT id, CASE WHEN id % 2 = 1 THEN 'active' WHEN id % 4 = 0 THEN 'lapsed' ELSE 'cancelled' END AS state,
             (date '{on}' - interval '2 years')::date - (id % 20)::int AS ended
      FROM generate_series(1, {accounts}) AS id) AS numbered
"""

#: How rows of an account are made: table → its columns, and their values for row k of account a. ``{…}`` are counts.
ROWS = {
    "accounts_company": (
        1,
        "account_id, company_name, kvk_number, vat_number, sole_trader, email, phone, street, house_number, postcode,"
        " city, country",
        "a.id, 'Bedrijf ' || a.id, lpad(a.id::text, 8, '0'), 'NL000099998B57', false,"
        " 'info' || a.id || '@holder.example', '+31592123456', 'Brink', '1', '9401 HS', 'Assen', 'NL'",
    ),
    "accounts_user": (
        1,
        "id, password, last_login, is_superuser, first_name, initials, infix, last_name, gender, reference, account_id,"
        " email, is_main, language, is_staff, is_helper, is_active",
        "a.id, '!' || repeat('x', 96), now(), false, 'Anna', 'A.', '', 'Kuiper', '', gen_random_uuid(), a.id,"
        " 'anna' || a.id || '@holder.example', true, 'nl', false, false, true",
    ),
    "accounts_datakey": (
        1,
        "account_id, key_id, wrapped, made_at",
        "a.id, 'k1', sha256(a.id::text::bytea) || sha256(k::text::bytea), now()",
    ),
    "accounts_session": (
        1,
        "session_key, session_data, expire_date, account_id, user_id, user_agent",
        "md5(a.id::text), repeat('s', 180), now() + interval '14 days', a.id, a.id, 'Mozilla/5.0'",
    ),
    "accounts_devicetoken": (
        1,
        "reference, account_id, user_id, name, digest, created, expiry",
        "gen_random_uuid(), a.id, a.id, 'Telefoon', md5(a.id::text), now(), now() + interval '90 days'",
    ),
    "account_emailaddress": (
        1,
        'user_id, email, verified, "primary"',
        "a.id, 'anna' || a.id || '@holder.example', true, true",
    ),
    "mfa_authenticator": (
        1,
        "user_id, type, data, created_at",
        "a.id, 'totp', '{{\"secret\": \"x\"}}', now()",
    ),
    "finance_numberseries": (
        2,
        "account_id, kind, year, last",
        "a.id, CASE k WHEN 1 THEN 'quote' ELSE 'invoice' END, 2024, 20",
    ),
    "relations_relation": (
        "relations",
        "id, reference, account_id, first_name, initials, infix, last_name, gender, company_name, kvk_number,"
        " vat_number, sole_trader, email, phone, street, house_number, postcode, city, country",
        "a.id * 10000000 + k, gen_random_uuid(), a.id, 'Noor', 'N.', 'van', 'Visser' || k, 'f', 'Jansen & Zoon ' || k,"
        " lpad(k::text, 8, '0'), '', false, 'noor' || k || '@relation.example', '+31501234567', 'Markt', k::text,"
        " '7941 AA', 'Meppel', 'NL'",
    ),
    "relations_employee": (
        "employees",
        "id, reference, account_id, first_name, initials, infix, last_name, gender, company_name, kvk_number,"
        " vat_number, sole_trader, email, phone, street, house_number, postcode, city, country, kind, bsn, bsn_hash",
        "a.id * 10000000 + k, gen_random_uuid(), a.id, 'Tom', 'T.', '', 'Werk' || k, 'm', '', '', '', false,"
        " 'tom' || k || '@employee.example', '', 'Dorpsstraat', k::text, '9401 HS', 'Assen', 'NL', 'employee',"
        " '\\x01'::bytea || substr(sha256((a.id * 3)::text::bytea) || sha256(k::text::bytea), 1, 37),"
        " sha256((a.id * 10000000 + k)::text::bytea)",
    ),
    "finance_document": (
        "documents",
        "id, reference, account_id, kind, relation_id, number, issued_on, kept_until, recipient_name,"
        " recipient_address, recipient_vat_number",
        "a.id * 10000000 + k, gen_random_uuid(), a.id, 'invoice', a.id * 10000000 + 1 + k % {relations},"
        " '2024-' || lpad(k::text, 7, '0'), date '2024-01-01' + k % 360, date '2032-01-01', 'Jansen & Zoon ' || k,"
        " E'Markt 2\\n7941 AA Meppel', ''",
    ),
    "finance_line": (
        "lines",
        "account_id, document_id, position, description, quantity, unit_price, vat_rate",
        "a.id, a.id * 10000000 + 1 + k % {documents}, 1 + k / {documents}, 'Werkzaamheden week ' || k, 8, 65, '21'",
    ),
    # What outlives the account: it is there so that it has to be told apart, and it must still be there afterwards.
    "finance_subscriptioninvoice": (
        1,
        "reference, account_id, kept_until, number, issued_on, net, vat, customer_name, customer_address,"
        " customer_vat_number",
        "gen_random_uuid(), a.id, date '2032-01-01', 'CW-' || a.id, date '2024-01-31', 10, 2.1, 'Bedrijf ' || a.id,"
        " 'Brink 1, Assen', ''",
    ),
    "finance_payment": (
        1,
        "account_id, kept_until, invoice_number, received_on, amount",
        "a.id, date '2032-01-01', 'CW-' || a.id, date '2024-02-05', 12.1",
    ),
    "journal_entry": (
        3,
        "event, account_reference, actor_kind, clause, facts",
        "'account.changed', a.reference, 'holder', '5', '{{}}'",
    ),
}
#: Nobody but those with a main user; users who come after these have keys of their own.
READERS = (
    "DELETE FROM accounts_account WHERE NOT EXISTS (SELECT FROM accounts_user WHERE account_id = accounts_account.id)",
    "SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), max(id)) FROM accounts_user",
)
#: Relations as small companies have them: names and towns recur, a third are companies, a few are restricted.
LISTED = """
INSERT INTO relations_relation (id, reference, account_id, first_name, initials, infix, last_name, gender, company_name,
                                kvk_number, vat_number, sole_trader, email, phone, street, house_number, postcode, city,
                                country, restricted_on)
SELECT account * 10000000 + k, gen_random_uuid(), account, first, left(first, 1) || '.', infix, last || suffix, '',
       CASE WHEN k % 3 = 0 THEN trade || ' ' || last || ' ' || town ELSE '' END, lpad(k::text, 8, '0'), '', false,
       lower(first) || '.' || k || '@relation.example', '+3159' || lpad((k * 7)::text, 7, '0'), 'Dorpsstraat', k::text,
       (1000 + k % 8999) || ' ' || chr(65 + k % 26) || chr(65 + k % 23), town, 'NL',
       CASE WHEN k % 5000 = 0 THEN date '2026-05-01' END
FROM (
    SELECT a.id AS account, k, substr(md5((k % 5000)::text), 1, 2) AS suffix,
           (ARRAY['Noor', 'Anna', 'Tom', 'Sanne', 'Pieter', 'Fatima', 'Jan', 'Zoë', 'Marijke', 'Willem', 'Ali', 'Eva'])
               [1 + hashint4(k) % 6 + 6] AS first,
           (ARRAY['', '', '', 'de', 'van', 'van der'])[1 + k % 6] AS infix,
           (ARRAY['Visser', 'Jansen', 'de Boer', 'Bakker', 'Kuiper', 'Smit', 'Meijer', 'Mulder', 'Bos', 'Vos', 'Peters',
                  'Hendriks', 'Dekker', 'Dijkstra', 'Brouwer', 'Dijk', 'Vermeulen', 'Hoekstra', 'Postma', 'Kok'])
               [11 + hashint4(k + 7) % 10] AS last,
           (ARRAY['Bakkerij', 'Timmerbedrijf', 'Adviesbureau', 'Schildersbedrijf', 'Garage', 'Kapsalon', 'Drukkerij'])
               [4 + hashint4(k + 3) % 4] AS trade,
           (ARRAY['Assen', 'Meppel', 'Hoogeveen', 'Emmen', 'Groningen', 'Zwolle', 'Beilen', 'Coevorden', 'Haren', ''])
               [5 + hashint4(k + 5) % 5] AS town
    FROM accounts_account AS a, generate_series(1, {relations}) AS k WHERE a.id % 2 = 1
) AS made ORDER BY account, k
"""
#: The account whose pages are looked at: it has documents and employees as well, and a year of use like the others.
LOOKED_AT = 5
#: Clicks of a year that ends now, and their counts of each day, of every account with relations.
CLICKS = """
INSERT INTO accounts_usageevent (account_id, "user", at, kind, module, ip_address, device)
SELECT a.id, u.reference, now() - k * interval '1 year' / {clicks},
       CASE WHEN k % 200 = 0 THEN 'sign-in' WHEN k % 5 = 0 THEN 'action' ELSE 'view' END,
       (ARRAY['overview', 'relations', 'employees', 'documents', 'data', 'account', 'other'])[1 + k % 7],
       '192.0.2.7', (ARRAY['computer', 'phone', 'tablet', 'app'])[1 + k % 4]
FROM accounts_account AS a JOIN accounts_user AS u ON u.account_id = a.id, generate_series(1, {clicks}) AS k
WHERE a.id % 2 = 1 ORDER BY k, a.id
"""
DAYS = """
INSERT INTO accounts_usageday (account_id, "on", module, kind, count)
SELECT account_id, (at AT TIME ZONE 'Europe/Amsterdam')::date AS day, module, kind, count(*) FROM accounts_usageevent
GROUP BY account_id, day, module, kind
"""
STAYS = ("finance_subscriptioninvoice", "finance_payment", "journal_entry")


#: What only the account that is looked at has.
OTHERS = ("relations_employee", "finance_document", "finance_line")


@dataclass(frozen=True)
class Size:
    """How many accounts lie between living ones, and how many rows each of them has in the tables that grow."""

    due: int
    relations: int
    employees: int
    documents: int
    lines: int

    @property
    def rows(self) -> int:
        """Rows that go with all due accounts, their keys among them."""
        fixed = sum(made[0] for table, made in ROWS.items() if isinstance(made[0], int) and table not in STAYS)
        return self.due * (fixed + self.relations + self.employees + self.documents + self.lines)


def population(accounts: int) -> list[str]:
    """Statements that make so many accounts of which nothing is due on ``ON``, with what a sweep looks at."""
    fill = {"on": ON, "accounts": accounts}
    made = [ACCOUNTS.format(source=POPULATION.format(**fill)), TOMBSTONES.format(), WARNINGS.format(**fill)]
    return [*made, HOLDS.format()]


def backlog(size: Size) -> list[str]:
    """Statements that make ``size.due`` due accounts between as many living ones, with all their rows."""
    fill = {"on": ON, "accounts": 2 * size.due}
    return [ACCOUNTS.format(source=BACKLOG.format(**fill)), *_rows(size, "true")]


def listing(accounts: int, relations: int) -> list[str]:
    """The same number of accounts, all with as many relations, and nothing else but who signs in."""
    size = Size(due=accounts, relations=relations, employees=0, documents=0, lines=0)
    wanted = ("accounts_company", "accounts_user", "relations_relation")
    return [
        ACCOUNTS.format(source=BACKLOG.format(on=ON, accounts=2 * accounts)),
        *(line for line in _rows(size, "a.id % 2 = 1") if line.split()[2] in wanted),
    ]


def lists(accounts: int, relations: int) -> list[str]:
    """The same once more, with relations among whom one looks for some: names and towns recur, some are restricted.

    They use the product daily, and one of them has documents, lines and employees too.
    """
    search = "relation_search"  # made once for all rows: putting them in one by one takes ten times as long
    return [
        *listing(accounts, 0),
        f"CREATE TEMPORARY TABLE kept AS SELECT pg_get_indexdef('{search}'::regclass) AS said",
        f"DROP INDEX {search}",
        LISTED.format(relations=relations),
        "DO $$ BEGIN EXECUTE (SELECT said FROM kept); END $$",
        *(line for line in _rows(_looked_at(relations), f"a.id = {LOOKED_AT}") if line.split()[2] in OTHERS),
        CLICKS.format(clicks=relations),
        DAYS,
    ]


def returning(accounts: int, relations: int) -> list[str]:
    """The same, but only the first account has relations: very many. What searches them is not there."""
    return [
        *listing(accounts, 0),
        "DROP INDEX relation_search",
        LISTED.format(relations=relations).replace("a.id % 2 = 1", "a.id = 1"),
    ]


def backed_up(size: Size, relations: int) -> list[str]:
    """Due accounts between living ones of the same size, each of which has so many relations more."""
    kept = "CREATE TEMPORARY TABLE kept AS SELECT pg_get_indexdef('relation_search'::regclass) AS said"
    more = LISTED.format(relations=relations).replace("account * 10000000 + k,", "account * 10000000 + 5000000 + k,", 1)
    return [
        kept,
        "DROP INDEX relation_search",
        *backlog(size),
        more,
        "DO $$ BEGIN EXECUTE (SELECT said FROM kept); END $$",
    ]


def _looked_at(relations: int) -> Size:
    return Size(1, relations, relations // 100, relations // 5, relations * 3 // 5)


def giant(size: Size) -> list[str]:
    """The same, but only the due account has rows: one account that outgrew the rest."""
    fill = {"on": ON, "accounts": 2 * size.due}
    return [ACCOUNTS.format(source=BACKLOG.format(**fill)), *_rows(size, "a.id % 2 = 0")]


def _rows(size: Size, which: str) -> list[str]:
    counts = {name: getattr(size, name) for name in ("relations", "employees", "documents", "lines")}
    return [
        f"INSERT INTO {table} ({columns}) SELECT {values.format(**counts)} FROM accounts_account AS a,"
        f" generate_series(1, {counts.get(count, count)}) AS k WHERE {which} ORDER BY a.id, k"
        for table, (count, columns, values) in ROWS.items()
    ]
