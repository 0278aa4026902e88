from cannonworks.datamap import outside, restrict
from processors.models import Helper, Project, SubProcessor

#: The helper who is signed in is in a running project of his own sub-processor, and bound to confidentiality (§10).
INSIDE = (
    "EXISTS (SELECT FROM processors_helper AS helper"
    " JOIN processors_project_helpers AS placed ON placed.helper_id = helper.id"
    " JOIN processors_project AS project"
    " ON project.id = placed.project_id AND project.sub_processor_id = helper.sub_processor_id"
    " WHERE helper.user_id = NULLIF(current_setting('cannonworks.user', true), '')::bigint"
    " AND helper.statement_signed_on <= (now() AT TIME ZONE 'Europe/Amsterdam')::date"
    " AND project.starts_at <= now() AND now() < project.ends_at)"
)
restrict("helper", INSIDE)

outside(
    SubProcessor,
    why="Companies that work for CannonWorks, in public; no customers.",
    helper_sees=("id", "name", "role", "country"),
    may=dict.fromkeys(("visitor", "holder", "helper"), "SELECT") | {"staff": "SELECT INSERT UPDATE"},
)
outside(
    Helper,
    why="Which sub-processor a helper is of; the name is with the user, who is of no account.",
    helper_sees=("id", "user", "sub_processor", "category", "statement_signed_on"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
outside(
    Project,
    why="When a sub-processor works for CannonWorks; no customers.",
    helper_sees=("id", "sub_processor", "starts_at", "ends_at"),
    may={"helper": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
outside(
    Project.helpers.through,
    why="Which helpers are in which project.",
    helper_sees=("project", "helper"),
    may={"helper": "SELECT", "staff": "SELECT INSERT DELETE"},
)
