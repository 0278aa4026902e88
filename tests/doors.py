"""What every door answers to everybody: the table that ``test_routes`` walks. Who adds a route says here who may in.

Callers. ``owner``: main user of the first account, whose rows stand in the addresses; ``colleague``: another user of it;
``outsider``: main user of another account; ``going``: main user of an account that was claimed for erasure, with a
session and a token of before, and with rows of their own in the addresses; ``blocked``: main user of an account that is
blocked for a request about a relation, which both stand in the addresses (with tables of their own: what these do not
name is shut); ``inside`` and ``outside``: helpers in a running project, and in one that is over; ``support``, which has the first account open; ``privacy``: a privacy officer,
who has not; ``administrator``; ``staff``: these three; ``others``: all callers without a column of their own. ``@``: by
a device token.

Posts are empty. Answers are statuses; ``door``: sent to sign in; ``signed-out``: to the same page, and not back; ``home``:
to one's own first page; ``→name``: to the page of that name (in the administration, of the same table); ``=``: as to the
left. The 400 of the one who is going is a session that ended in mid-request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.routes import API as API_METHODS
from tests.routes import PAGE as PAGE_METHODS

STAFF = ("support", "privacy", "administrator")
CALLERS = ("anonymous", "owner", "colleague", "outsider", "going", "blocked", "inside", "outside", *STAFF)
DEVICES = ("owner", "colleague", "outsider", "going", "blocked")


@dataclass(frozen=True)
class Table:
    """A part of it; ``shows`` are the kinds of words of the first account that come by in its answers."""

    title: str
    text: str
    methods: tuple[str, ...]
    shows: frozenset[str] = frozenset()
    #: Of whoever is blocked: what is open to them that is shut to visitors.
    blocked: Table | None = None

    @cached_property
    def answers(self) -> dict[str, dict[str, dict[str, str]]]:
        """Route → method → caller → answer."""
        told = {name: dict(answers) for names, answers in self._kinds() for name in names}
        if not self.shows:  # the doors of one caller
            return told
        return {
            name: {method: row | self._of_blocked(name, method, row) for method, row in answers.items()}
            for name, answers in told.items()
        }

    def _of_blocked(self, name: str, method: str, row: dict[str, str]) -> dict[str, str]:
        """Whoever is blocked is sent to the requests and refused by the API, but where all may go, and by ``blocked``."""
        if self.blocked is not None and name in (own := self.blocked.answers):
            return own[name][method]
        is_shut, shut = row["anonymous"] in ("door", "401"), "409" if self.title == "API" else "→requests"
        callers = {"blocked": "owner"} | ({"blocked@": "owner@"} if self.title == "API" else {})
        return {caller: shut if is_shut else row[other] for caller, other in callers.items()}

    @cached_property
    def names(self) -> list[str]:
        """Routes, as often as they are named."""
        return [name for names, _answers in self._kinds() for name in names]

    def _kinds(self) -> Iterator[tuple[list[str], dict[str, dict[str, str]]]]:
        header, *kinds = self.text.strip("\n").split("\n# ")
        columns = header.split()
        for kind in kinds:
            _title, *lines = kind.splitlines()
            answers = [line.split() for line in lines if line.startswith(4 * " ")]
            names = [name for line in lines if not line.startswith(4 * " ") for name in line.split()]
            yield (
                names,
                {
                    method: self._row(columns, row)
                    for verbs, *row in answers
                    for method in (self.methods if verbs == "ANY" else verbs.split("/"))
                },
            )

    def _row(self, columns: list[str], row: list[str]) -> dict[str, str]:
        told: dict[str, str] = {}
        last = ""
        for column, answer in zip(columns, row, strict=True):
            last = last if answer == "=" else answer
            whose = {"staff": STAFF, "others": [name for name in CALLERS if name not in columns]}.get(column, [column])
            told |= dict.fromkeys(whose, last)
        return told


ADMINISTRATION = """
                     others     support    privacy    administrator
# what every member of staff may look at
  admin:search admin:index admin:accounts_user_changelist admin:rights_registeredletter_changelist
  admin:rights_datareturn_changelist
  admin:accounts_account_changelist admin:retention_erasure_statement_as_pdf
  admin:retention_erasure_statement_as_json admin:retention_erasure_changelist
  admin:retention_erasurewarning_changelist admin:retention_hold_changelist admin:app_list
  admin:accounts_usagetotal_changelist admin:rights_subjectrequest_changelist admin:rights_subjectrequest_find
  admin:rights_correction_changelist admin:breaches_breachreport_changelist admin:breaches_breach_changelist
  admin:breaches_consultation_changelist admin:breaches_meeting_changelist
    ANY              door       200        200        200
# the board of deadlines, and the address of its calendar; each sees what he may see
  admin:deadlines admin:deadlines-calendar
    GET              door       200        200        200
    POST             door       405        405        405
# the backups
  admin:backups
    GET              door       403        200        200
    POST             door       405        405        405
# making one now
  admin:backups-now
    GET              door       403        403        200
    POST             door       403        403        →admin:backups
# making that address
  admin:deadlines-calendar-make
    GET              door       405        405        405
    POST             door       200        200        200
# ending it
  admin:deadlines-calendar-revoke
    GET              door       405        405        405
    POST             door       →admin:deadlines-calendar = =
# of the library: a word that it is done, its texts for scripts
  admin:password_change_done admin:jsi18n
    GET              door       200        200        200
    POST             door       405        405        405
# of the library: looking up rows for a field, which nobody needs
  admin:autocomplete
    GET              door       403        403        403
    POST             door       405        405        405
# what there is not: Django's own log, pages for the public
  admin:view_on_site admin:journal_entry_history admin:accounts_user_history admin:accounts_supportaccess_history
  admin:accounts_newsletter_history admin:accounts_notice_history
  admin:finance_subscriptioninvoice_history admin:finance_payment_history admin:processors_subprocessor_history
  admin:processors_change_history admin:processors_objection_history admin:processors_helper_history
  admin:processors_project_history admin:rights_registeredletter_history admin:processors_glass_history
  admin:processors_statement_history admin:processors_disclosure_history
  admin:rights_datareturn_history
  admin:accounts_account_history admin:accounts_usagetotal_history admin:retention_alarm_history admin:backups_drill_history admin:retention_erasure_history
  admin:retention_erasurewarning_history admin:retention_hold_history admin:retention_rulesapproval_history
  admin:accounts_termsversion_history admin:rights_subjectrequest_history
  admin:rights_correction_history admin:breaches_breachreport_history admin:breaches_breach_history
  admin:breaches_affected_history admin:breaches_notice_history admin:breaches_consultation_history
  admin:breaches_meeting_history admin:breaches_directword_history admin:audits_measure_history
  admin:audits_finding_history admin:audits_improvement_history admin:audits_audit_history
  /admin/{url}
    ANY              door       404        404        404
# what support writes to all accounts
  admin:accounts_newsletter_changelist admin:accounts_notice_changelist
    ANY              door       200        403        200
# the same: an empty form is not taken
  admin:accounts_newsletter_add admin:accounts_notice_add admin:accounts_newsletter_rewrite
  admin:accounts_notice_rewrite
    GET              door       200        403        200
    POST             door       409        403        409
# the same: a trial, and sending it
  admin:accounts_newsletter_try_out admin:accounts_newsletter_send
    GET              door       200        403        200
    POST             door       →change    403        →change
# the same, row by row; nothing is edited in place
  admin:accounts_newsletter_change admin:accounts_notice_change
    GET              door       200        403        200
    POST             door       403        403        403
# what the privacy officer watches over
  admin:journal_entry_changelist admin:accounts_supportaccess_changelist admin:processors_subprocessor_changelist
  admin:processors_change_changelist admin:processors_objection_changelist admin:processors_helper_changelist
  admin:processors_project_changelist admin:retention_alarm_changelist admin:backups_drill_changelist admin:processors_glass_changelist
  admin:processors_statement_changelist admin:processors_disclosure_changelist
  admin:retention_rulesapproval_changelist admin:accounts_termsversion_changelist admin:breaches_affected_changelist
  admin:breaches_notice_changelist
  admin:audits_measure_changelist admin:audits_finding_changelist admin:audits_improvement_changelist
  admin:audits_measure_coverage admin:audits_measure_coverage_csv
    ANY              door       403        200        200
# evidence of a review that there is not
  admin:audits_measure_evidence
    ANY              door       403        404        404
# what is never entered or deleted by hand
  admin:journal_entry_add admin:journal_entry_delete admin:accounts_user_delete admin:accounts_supportaccess_add
  admin:accounts_newsletter_delete admin:accounts_notice_delete
  admin:accounts_supportaccess_delete admin:finance_subscriptioninvoice_add admin:finance_subscriptioninvoice_delete
  admin:finance_payment_add admin:finance_payment_delete admin:processors_subprocessor_delete
  admin:processors_change_add admin:processors_change_delete admin:processors_objection_add
  admin:processors_objection_delete admin:processors_helper_delete admin:processors_project_delete
  admin:rights_registeredletter_delete admin:processors_glass_delete admin:processors_statement_delete
  admin:processors_disclosure_delete
  admin:rights_datareturn_add admin:rights_datareturn_delete
  admin:accounts_account_add admin:accounts_account_delete admin:retention_alarm_add admin:retention_alarm_delete
  admin:backups_drill_add admin:backups_drill_delete
  admin:retention_erasure_add admin:retention_erasure_delete admin:retention_erasurewarning_add
  admin:retention_erasurewarning_delete admin:retention_hold_delete admin:retention_rulesapproval_add
  admin:retention_rulesapproval_delete admin:accounts_usagetotal_add admin:accounts_usagetotal_delete
  admin:accounts_termsversion_delete admin:rights_subjectrequest_delete
  admin:rights_correction_delete admin:breaches_breachreport_delete admin:breaches_breach_delete
  admin:breaches_affected_add admin:breaches_affected_delete admin:breaches_notice_add
  admin:breaches_notice_delete admin:breaches_consultation_add admin:breaches_consultation_delete
  admin:breaches_meeting_add admin:breaches_meeting_delete admin:breaches_directword_add
  admin:breaches_directword_delete admin:audits_measure_delete admin:audits_finding_delete
  admin:audits_improvement_delete admin:audits_improvement_add admin:audits_audit_delete
    ANY              door       403        403        403
# the same, row by row; nothing is edited in place
  admin:journal_entry_change admin:accounts_supportaccess_change admin:processors_subprocessor_change
  admin:processors_change_change admin:processors_objection_change admin:processors_helper_change
  admin:processors_project_change admin:retention_alarm_change admin:backups_drill_change admin:processors_glass_change
  admin:processors_statement_change admin:processors_disclosure_change
  admin:retention_rulesapproval_change admin:accounts_termsversion_change admin:breaches_affected_change
  admin:breaches_notice_change admin:audits_measure_change admin:audits_finding_change admin:audits_improvement_change
  admin:audits_audit_change
    GET              door       403        200        200
    POST             door       403        403        403
# a short address of a row
  /admin/accounts/newsletter/{object_id}/ /admin/accounts/notice/{object_id}/
  /admin/journal/entry/{object_id}/ /admin/accounts/user/{object_id}/ /admin/accounts/supportaccess/{object_id}/
  /admin/finance/subscriptioninvoice/{object_id}/ /admin/finance/payment/{object_id}/
  /admin/processors/change/{object_id}/ /admin/processors/objection/{object_id}/
  /admin/processors/subprocessor/{object_id}/ /admin/processors/helper/{object_id}/
  /admin/processors/project/{object_id}/ /admin/processors/glass/{object_id}/
  /admin/rights/registeredletter/{object_id}/ /admin/processors/statement/{object_id}/
  /admin/processors/disclosure/{object_id}/
  /admin/rights/datareturn/{object_id}/
  /admin/accounts/account/{object_id}/ /admin/retention/alarm/{object_id}/ /admin/backups/drill/{object_id}/ /admin/retention/erasure/{object_id}/
  /admin/retention/erasurewarning/{object_id}/ /admin/retention/hold/{object_id}/
  /admin/retention/rulesapproval/{object_id}/ /admin/accounts/usagetotal/{object_id}/
  /admin/accounts/termsversion/{object_id}/ /admin/rights/subjectrequest/{object_id}/
  /admin/rights/correction/{object_id}/ /admin/breaches/breachreport/{object_id}/ /admin/breaches/breach/{object_id}/
  /admin/breaches/affected/{object_id}/ /admin/breaches/notice/{object_id}/ /admin/breaches/consultation/{object_id}/
  /admin/breaches/meeting/{object_id}/ /admin/breaches/directword/{object_id}/ /admin/audits/measure/{object_id}/
  /admin/audits/finding/{object_id}/ /admin/audits/improvement/{object_id}/ /admin/audits/audit/{object_id}/
    ANY              door       →change    →change    →change
# our record for an account, by who has it open
  admin:accounts_account_record
    ANY              door       200        →change    →change
# passwords of staff; nobody sets that of a holder
  admin:accounts_user_set_password admin:auth_user_password_change
    ANY              door       403        404        404
# the sign-in of a holder, by who has the account open
  admin:accounts_user_unlock
    GET              door       200        403        404
    POST             door       →change    403        404
# for administrators, and lists for them and for finance
  admin:accounts_user_add admin:finance_subscriptioninvoice_changelist admin:finance_payment_changelist
    ANY              door       403        403        200
# a holder: shown to who has the account open, changed by nobody
  admin:accounts_user_change
    GET              door       200        home       home
    POST             door       403        403        home
# the books, row by row
  admin:finance_subscriptioninvoice_change admin:finance_payment_change
    GET              door       403        403        200
    POST             door       403        403        403
# what was paid on an invoice; an empty form is not taken
  admin:finance_subscriptioninvoice_record_payment
    GET              door       403        403        200
    POST             door       403        403        409
# what the privacy officer enters; an empty form is not taken
  admin:rights_subjectrequest_block
  admin:processors_subprocessor_add admin:processors_subprocessor_describe admin:processors_subprocessor_agree
  admin:processors_subprocessor_protect admin:processors_subprocessor_begin admin:processors_subprocessor_move
  admin:processors_subprocessor_finish admin:processors_change_retract admin:processors_objection_answer
  admin:processors_helper_add admin:processors_project_add admin:retention_hold_add
  admin:retention_rulesapproval_approve admin:processors_project_move admin:processors_statement_add
  admin:processors_disclosure_add admin:processors_disclosure_decide admin:processors_disclosure_hand_over
  admin:breaches_breach_add admin:breaches_breach_record admin:breaches_breach_choose
  admin:breaches_breach_offer_to_all admin:breaches_breach_tell_others admin:breaches_breach_finding
  admin:audits_measure_add admin:audits_measure_review admin:audits_measure_put_in_place admin:audits_measure_own
  admin:audits_measure_reword admin:audits_measure_withdraw admin:audits_finding_add admin:audits_finding_plan
  admin:audits_finding_accept admin:audits_improvement_done admin:audits_improvement_verify
  admin:audits_improvement_replan
    GET              door       403        200        200
    POST             door       403        409        409
# a paper of a sub-processor, for who keeps the register
  admin:processors_paper
    ANY              door       404        200        200
# emergency access, here refused: an empty form says nothing
  admin:processors_glass_close
    GET              door       403        200        200
    POST             door       403        409        409
# asking for it is for the security officer
  admin:processors_glass_add
    GET              door       403        403        200
    POST             door       403        403        409
# the order with a request, for who keeps the register; that it was opened is journalled
  admin:processors_disclosure_open_order
    ANY              door       403        200        200
# the paper of a statement that was signed here: there is none
  admin:processors_statement_open_paper
    ANY              door       403        404        404
# terms: an empty draft is one to go on with
  admin:accounts_termsversion_add
    GET              door       403        200        200
    POST             door       403        →changelist =
# the first version, which is published: looked at, and neither changed, published nor announced
  admin:accounts_termsversion_rewrite
    GET              door       403        200        200
    POST             door       403        409        409
# the same, where there is nothing to fill in
  admin:accounts_termsversion_preview admin:accounts_termsversion_publish
  admin:accounts_termsversion_announce
    GET              door       403        200        200
    POST             door       403        →change    →change
# what the privacy officer decides; support has shown that it may not
  admin:processors_glass_approve admin:processors_glass_refuse admin:processors_glass_get_login
  admin:processors_statement_end admin:processors_disclosure_ask admin:processors_disclosure_make_file
  admin:processors_disclosure_download
  admin:processors_project_end admin:rights_registeredletter_confirm admin:retention_erasure_try_again
  admin:processors_project_choose admin:processors_helper_end
  admin:retention_hold_confirm admin:retention_hold_release admin:breaches_breach_close
  admin:audits_finding_close
    GET              door       403        200        200
    POST             door       403        →change    →change
# a breach, which nobody edits in place
  admin:breaches_breach_change
    GET              door       200        200        200
    POST             door       403        403        403
# how far its notices are
  admin:breaches_breach_progress
    ANY              door       200        200        200
# releasing what is released, sending again what did not come back
  admin:breaches_breach_release admin:breaches_notice_send_again
    GET              door       403        200        200
    POST             door       403        →change    →change
# making a return go on, which has not stopped
  admin:rights_datareturn_resume
    GET              door       200        200        200
    POST             door       →change    →change    →change
# steps of a request of a data subject
  admin:rights_subjectrequest_nobody admin:rights_subjectrequest_unproven admin:rights_subjectrequest_asks_check
  admin:rights_subjectrequest_withdrawn
    GET              door       200        200        200
    POST             door       →change    →change    →change
# letters and requests come in with support
  admin:rights_registeredletter_add admin:rights_registeredletter_add_scan admin:rights_subjectrequest_add
  admin:rights_subjectrequest_carried_out
  admin:breaches_breachreport_add
    GET              door       200        200        200
    POST             door       409        409        409
# the scan of a letter, for who recorded it or may confirm it
  admin:rights_registeredletter_view_scan
    ANY              door       403        200        200
# judging what was reported, here judged already; an empty answer is none
  admin:breaches_breachreport_judge
    GET              door       200        200        200
    POST             door       409        409        409
# conferring about a breach: an empty form is not taken
  admin:breaches_consultation_offer admin:breaches_consultation_record admin:breaches_consultation_accept
  admin:breaches_meeting_write_up
    GET              door       200        200        200
    POST             door       409        409        409
# a moment that is taken back
  admin:breaches_meeting_withdraw
    GET              door       200        200        200
    POST             door       →change    →change    →change
# tests by account holders, for who deals with them: the list, and the letter of one
  admin:audits_audit_changelist admin:audits_audit_letter
    ANY              door       403        200        200
# a letter that came in, another date, a finding, costs: an empty form is not taken
  admin:audits_audit_add admin:audits_audit_offer admin:audits_audit_finding admin:audits_audit_costs_noted
    GET              door       403        200        200
    POST             door       403        409        409
# agreeing to one that was withdrawn, and closing it
  admin:audits_audit_accept admin:audits_audit_finish
    GET              door       403        200        200
    POST             door       403        →change    →change
# a letter about one that was withdrawn, and ending one that does not run: an empty form is not taken
  admin:audits_audit_answer admin:audits_audit_stop
    GET              door       403        200        200
    POST             door       403        409        409
# its logs and its report, of which there are none
  admin:audits_audit_take_logs admin:audits_audit_report
    ANY              door       403        →change    →change
# its date, that nobody agreed to
  admin:audits_audit_calendar
    ANY              door       403        404        404
# what others are told of breaches
  admin:breaches_directword_changelist
    ANY              door       403        200        200
# one of these
  admin:breaches_directword_change
    GET              door       403        200        200
    POST             door       403        403        403
# a correction is proposed in an account that is open
  admin:rights_correction_add
    GET              door       200        200        200
    POST             door       409        →changelist =
# one that nobody confirmed
  admin:rights_correction_apply admin:rights_correction_withdraw
    GET              door       200        200        200
    POST             door       →change    →change    →change
# rows that every one of these roles looks at
  admin:rights_datareturn_change
  admin:rights_registeredletter_change admin:rights_subjectrequest_change admin:retention_erasure_change admin:retention_erasurewarning_change
  admin:retention_hold_change admin:accounts_usagetotal_change admin:rights_correction_change
  admin:breaches_breachreport_change admin:breaches_consultation_change
  admin:breaches_meeting_change
    GET              door       200        200        200
    POST             door       403        403        403
# closing an account that one may not have open
  admin:accounts_account_close
    ANY              door       →changelist =          =
# an account: a question before it is shown
  admin:accounts_account_change
    GET              door       200        200        200
    POST             door       403        409        409
"""

PAGES = """
                     anonymous  owner      colleague  outsider   going      inside     outside    staff
# for everybody, to read
  security-txt security-policy account_inactive account_email_verification_sent account_reset_password_done
  account_reset_password_from_key_done terms terms-version privacy privacy-pdf record record-pdf record-json
  what-we-do verify sub-processors sub-processors-pdf sub-processor-change disclosure-counts
  disclosure-counts-pdf disclosure-counts-json
  statement-key
    GET              200        200        200        200        200        200        200        200
    POST             405        405        405        405        405        405        405        405
# asking something about one's own data, or who of one's company has access, for everybody: an empty form is not taken
  your-rights helpers-access
    ANY              200        200        200        200        200        200        200        200
# the link in the mail, here one that does not work, whoever has it
  your-request
    ANY              200        200        200        200        200        200        200        200
# who has access: the same, but there is nothing to post
  helpers-access-page
    GET              200        200        200        200        200        200        200        200
    POST             405        405        405        405        405        405        405        405
# and who left
  helpers-access-left
    ANY              →helpers-access-page = = = 400 →helpers-access-page = =
# steps with a request, by the same
  your-request-check your-request-withdraw
    GET              405        405        405        405        405        405        405        405
    POST             →your-request =          =          =          400        →your-request =          =
# for everybody, to choose: an empty answer is none
  cookies
    GET              200        200        200        200        200        200        200        200
    POST             400        400        400        400        400        400        400        400
# the overview of each user of an account, and what is kept and counted of it
  dashboard my-data my-record my-record-pdf my-record-json usage
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# lists of people; an empty search is one of all
  relations
    GET              door       200        200        200        409        home       home       home
    POST             door       →relations =          =          400        home       home       home
# lists of employees
  employees
    GET              door       200        200        200        409        home       home       home
    POST             door       →employees =          =          400        home       home       home
# somebody new, who needs a name
  relation-add employee-add
    GET              door       200        200        200        409        home       home       home
    POST             door       200        200        200        400        home       home       home
# somebody of the first account
  relation employee
    GET              door       200        200        404        409        home       home       home
    POST             door       405        405        405        400        home       home       home
# changed, and not without a name
  relation-change employee-change
    GET              door       200        200        404        409        home       home       home
    POST             door       200        200        404        400        home       home       home
# erased
  relation-erase
    GET              door       200        200        404        409        home       home       home
    POST             door       →relations =          404        400        home       home       home
# erased, of employees
  employee-erase
    GET              door       200        200        404        409        home       home       home
    POST             door       →employees =          404        400        home       home       home
# restricted
  relation-restrict
    GET              door       200        200        404        409        home       home       home
    POST             door       →relation  =          404        400        home       home       home
# restricted, of employees
  employee-restrict
    GET              door       200        200        404        409        home       home       home
    POST             door       →employee  =          404        400        home       home       home
# a number that the main user is shown, just signed in
  employee-bsn
    GET              door       405        403        405        409        home       home       home
    POST             door       200        403        404        400        home       home       home
# requests of data subjects
  requests
    GET              door       200        200        200        409        home       home       home
    POST             door       405        405        405        400        home       home       home
# one of the first account; an empty search looks again
  request
    GET              door       200        200        404        409        home       home       home
    POST             door       →request   =          =          400        home       home       home
# saying who it is: nobody was named
  request-choose
    GET              door       405        405        405        409        home       home       home
    POST             door       →request   =          404        400        home       home       home
# handling it: without saying how it is not done
  request-finish
    GET              door       405        405        405        409        home       home       home
    POST             door       200        200        404        400        home       home       home
# what staff and helpers promise; these have signed, and an empty form has other words
  confidentiality
    GET              door       home       home       home       home       200        200        200
    POST             door       home       home       home       home       409        409        409
# what others asked about the account
  disclosures
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# one about the first account, which waits for nobody's answer
  disclosure
    GET              door       200        200        404        200        home       home       home
    POST             door       409        409        404        409        home       home       home
# breaches that the account was told of, and what it reported
  breaches
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# one that the first account was told of, and what the supervisor asks about it
  breach breach-json breach-pdf
    GET              door       200        200        404        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# said to be read by the main user
  breach-acknowledge
    GET              door       405        403        405        405        home       home       home
    POST             door       →breach    403        404        400        home       home       home
# whom we may tell of it: nobody was named
  breach-permission
    GET              door       200        403        404        200        home       home       home
    POST             door       200        403        404        200        home       home       home
# the permission of the main user, taken back
  breach-permission-withdraw
    GET              door       405        403        405        405        home       home       home
    POST             door       →breach    403        404        400        home       home       home
# conferring about it; what was agreed on, for a calendar
  consultation consultation-appointment
    GET              door       200        200        404        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# taking a moment: none was named
  consultation-choose
    GET              door       405        405        405        405        home       home       home
    POST             door       404        404        404        404        home       home       home
# asking for a moment: an empty form is not taken
  consultation-ask
    GET              door       405        405        405        405        home       home       home
    POST             door       200        200        404        200        home       home       home
# for the main user: needing none, which the fence of the one who is going refuses
  consultation-waive
    GET              door       405        403        405        405        home       home       home
    POST             door       →consultation 403     404        signed-out home       home       home
# the minutes, which are not there yet
  consultation-sign-off
    GET              door       405        403        405        405        home       home       home
    POST             door       →consultation 403     404        400        home       home       home
# tests of the account
  audits
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# announcing one: an empty form is not taken
  audit-announce
    ANY              door       200        403        200        200        home       home       home
# that of the first account, which was withdrawn
  audit
    GET              door       200        200        404        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# its announcement, of which is journalled who takes it
  audit-letter
    GET              door       200        200        404        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# its date, that nobody agreed to
  audit-appointment
    GET              door       404        404        404        404        home       home       home
    POST             door       405        405        405        405        home       home       home
# its report, that nobody added
  audit-report-file
    GET              door       404        403        404        404        home       home       home
    POST             door       405        403        405        405        home       home       home
# steps of the main user, which the one who is going does not take any more
  audit-accept audit-costs
    GET              door       405        403        405        405        home       home       home
    POST             door       →audit     403        404        400        home       home       home
# proving who one is
  audit-prove
    GET              door       405        403        405        405        home       home       home
    POST             door       →audit     403        404        →audit     home       home       home
# an empty form is not taken, or refused because it is withdrawn already
  audit-propose audit-report audit-withdraw audit-stop
    GET              door       405        403        405        405        home       home       home
    POST             door       200        403        404        200        home       home       home
# another tester: an empty form is not taken
  audit-tester
    ANY              door       200        403        404        200        home       home       home
# its logs, of which there are none
  audit-logs
    GET              door       →audit     403        404        400        home       home       home
    POST             door       405        403        405        405        home       home       home
# the tester's link, here one that does not work, whoever has it
  tester
    ANY              200        200        200        200        200        200        200        200
# and its date
  tester-appointment
    GET              404        404        404        404        404        404        404        404
    POST             405        405        405        405        405        405        405        405
# reporting one: an empty form is not taken
  breach-report
    GET              door       200        200        200        200        home       home       home
    POST             door       200        200        200        200        home       home       home
# objecting to a change of sub-processors, for the main user: an empty form is not taken
  sub-processor-object
    ANY              door       200        403        200        200        home       home       home
# the proof of protection outside the EEA, for every user of an account
  sub-processor-proof
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# how one's account stands, and all its links
  account links
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# what somebody shared, here by a link that does not work
  shared shared-pdf
    GET              404        404        404        404        404        404        404        404
    POST             405        405        405        405        405        405        405        405
# a calendar of deadlines, here under an address that does not work
  deadlines-feed
    GET              404        404        404        404        404        404        404        404
    POST             405        405        405        405        405        405        405        405
# sharing it; without saying for how long it is not done
  document-share
    GET              door       405        405        405        405        home       home       home
    POST             door       →document  = 404        400        home       home       home
# mailing it; without an address neither
  document-mail
    GET              door       200        200        404        409        home       home       home
    POST             door       200        200        404        400        home       home       home
# ending a link to it
  link-revoke
    GET              door       405        405        405        405        home       home       home
    POST             door       →document  = 404        400        home       home       home
# a mail that is still on its way is not sent again
  mailing-retry
    GET              door       405        405        405        405        home       home       home
    POST             door       home       home       404        400        home       home       home
# our invoices, for the main user
  subscription
    GET              door       200        403        200        200        home       home       home
    POST             door       405        403        405        405        home       home       home
# corrections, for the main user; the first one was refused
  corrections
    GET              door       200        403        200        200        home       home       home
    POST             door       405        403        405        405        home       home       home
# one of them
  correction
    GET              door       200        403        404        200        home       home       home
    POST             door       405        403        405        405        home       home       home
# yes or no
  correction-confirm correction-refuse
    GET              door       405        403        405        405        home       home       home
    POST             door       home       403        404        400        home       home       home
# one of the first account
  subscription-pdf
    GET              door       200        403        404        200        home       home       home
    POST             door       405        403        405        405        home       home       home
# signing in, which is over for who is in
  account_login
    ANY              200        home       home       home       home       home       home       home
# the second step of it
  mfa_authenticate mfa_login_webauthn
    ANY              signed-out home       home       home       home       home       home       home
# signing out
  account_logout
    GET              405        405        405        405        405        405        405        405
    POST             signed-out signed-out signed-out signed-out signed-out signed-out signed-out signed-out
# a new password by mail, here with a link that does not work
  account_reset_password account_reset_password_from_key
    ANY              200        200        200        200        200        200        200        200
# confirming an address, here with a link that does not work
  account_confirm_email
    GET              200        200        200        200        200        200        200        200
    POST             404        404        404        404        404        404        404        404
# one's own sign-in: everybody has that page
  mfa_index
    GET              door       200        200        200        200        200        200        200
    POST             door       405        405        405        405        405        405        405
# one's own address
  account_email
    GET              door       200        200        200        200        200        200        200
    POST             door       →account_email =          =          =          =          =          =
# one's own password, and proving who one is
  account_change_password account_reauthenticate
    ANY              door       200        200        200        200        200        200        200
# other addresses for the same
  account_set_password /admin/password_change/ admin:password_change
    ANY              door       →account_change_password =          =          =          =          =          =
# proving it by a code, where there is an app for it
  mfa_reauthenticate
    ANY              door       200        →account_reauthenticate =          200        200        200        200
# proving it by a passkey, which none of them has
  mfa_reauthenticate_webauthn
    ANY              door       →account_reauthenticate =          =          =          =          =          =
# adding an app, for who has none
  mfa_activate_totp
    ANY              door       →mfa_deactivate_totp 200        200        →mfa_deactivate_totp =          =          =
# removing it, which staff and helpers may not
  mfa_deactivate_totp
    GET              door       200        404        404        200        200        200        200
    POST             door       →mfa_index 404        404        400        200        200        200
# another address for the same
  mfa_list_webauthn
    ANY              door       →mfa_index →mfa_index →mfa_index →mfa_index →mfa_index →mfa_index →mfa_index
# adding a passkey: a session that ends keeps nothing any more
  mfa_add_webauthn
    ANY              door       200        200        200        400        200        200        200
# passkeys and codes that are not there, or are another's
  mfa_remove_webauthn mfa_download_recovery_codes
    ANY              door       404        404        404        404        404        404        404
# codes that are not there yet
  mfa_view_recovery_codes
    GET              door       404        404        404        404        404        404        404
    POST             door       405        405        405        405        405        405        405
# new codes, for who has a second factor
  mfa_generate_recovery_codes
    GET              door       200        200        200        200        200        200        200
    POST             door →mfa_view_recovery_codes 200 200 signed-out →mfa_view_recovery_codes = =
# signing out other browsers of one's own
  end-other-sessions
    GET              door       405        405        405        405        405        405        405
    POST             door       →mfa_index →mfa_index →mfa_index 400        →mfa_index →mfa_index →mfa_index
# one browser of the first account's main user; not the one that asks
  end-session
    GET              door       405        405        405        405        405        405        405
    POST             door       404        404        404        404        404        404        404
# choosing a language
  language
    GET              405        405        405        405        405        405        405        405
    POST             →dashboard home       home       home       home       →dashboard →dashboard →dashboard
# steps of the main user
  activate
    GET              door       409        403        409        409        home       home       home
    POST             door       home       403        home       400        home       home       home
# the same: this account runs
  cancel
    GET              door       200        403        200        409        home       home       home
    POST             door       200        403        200        400        home       home       home
# the same: that of who is going was cancelled
  reactivate
    GET              door       409        403        409        200        home       home       home
    POST             door       home       403        home       400        home       home       home
# signing up, which is over for who is in
  sign-up
    ANY              200        home       home       home       home       home       home       home
# the links in mails to sign up and to join, here ones that do not work
  sign-up-finish invitation
    ANY              200        200        200        200        200        200        200        200
# the company, the users and oneself: for every user of an account
  company you users
    ANY              door       200        200        200        200        home       home       home
# leaving: the main user cannot
  user-leave
    GET              door       200        200        200        200        home       home       home
    POST             door       home       signed-out home       400        home       home       home
# a colleague in the first account
  user-remove user-hand-over
    GET              door       200        403        404        200        home       home       home
    POST             door       →users     403        404        400        home       home       home
# somebody who was invited to the first account
  invitation-send invitation-withdraw
    GET              door       405        403        405        405        home       home       home
    POST             door       →users     403        404        400        home       home       home
# one's own devices
  devices
    ANY              door       200        200        200        200        home       home       home
# all of one's own
  devices-revoke
    GET              door       405        405        405        405        home       home       home
    POST             door       →devices   →devices   →devices   400        home       home       home
# a device of the main user
  device-revoke
    GET              door       405        405        405        405        home       home       home
    POST             door       →devices   404        404        400        home       home       home
# the newsletter: one's own, or that of an address
  newsletter
    GET              200        200        200        200        200        200        200        200
    POST             200        →newsletter =          =          signed-out 200        200        200
# links in its mails, here ones that do not work
  newsletter-confirm newsletter-stop
    ANY              200        200        200        200        200        200        200        200
# putting a notice away
  notice-dismiss
    GET              door       405        405        405        405        home       home       home
    POST             door       home       home       home       home       home       home       home
# who looked, for the main user
  looks
    GET              door       200        403        200        200        home       home       home
    POST             door       405        403        405        405        home       home       home
# documents of the account, for each of its users
  documents
    GET              door       200        200        200        200        home       home       home
    POST             door       →documents →documents →documents →documents home       home       home
# a new one: a form that says nothing saves nothing
  document-add
    GET              door       200        200        200        409        home       home       home
    POST             door       200        200        200        400        home       home       home
# a draft of the first account: to look at
  document document-pdf
    GET              door       200        200        404        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# to change
  document-change
    GET              door       200        200        404        409        home       home       home
    POST             door       200        200        404        400        home       home       home
# to issue
  document-issue
    GET              door       200        200        404        409        home       home       home
    POST             door       →document  →document  404        400        home       home       home
# to delete
  document-delete
    GET              door       200        200        404        409        home       home       home
    POST             door       →documents →documents 404        400        home       home       home
# to make others of, which is told in place
  document-invoice document-credit
    GET              door       405        405        405        405        home       home       home
    POST             door       →document  →document  404        400        home       home       home
# the page of helpers, while a project of theirs runs
  helpers
    GET              door       home       home       home       home       200        403        →dashboard
    POST             door       home       home       home       home       home       403        →dashboard
# bringing in people from a file: for every user; nothing was chosen
  relations-import employees-import
    ANY              door       200        200        200        200        home       home       home
# an example to fill in
  relations-import-template employees-import-template
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# taking people along
  relations-export employees-export
    GET              door       200        200        200        409        home       home       home
    POST             door       405        405        405        405        home       home       home
# a file of the main user, whose alone it is
  relations-import-one employees-import-one
    ANY              door       200        404        404        200        home       home       home
# how far it is, and what was refused
  relations-import-progress employees-import-progress relations-import-refused employees-import-refused
    GET              door       200        404        404        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# going on, with one that has not stopped
  relations-import-resume employees-import-resume
    GET              door       405        405        405        405        home       home       home
    POST             door       home       404        404        400        home       home       home
# stopping it, and forgetting it: relations
  relations-import-stop
    GET              door       405        405        405        405        home       home       home
    POST             door       →relations-import-one 404 404 →relations-import-one home =  =
# the same
  relations-import-remove
    GET              door       405        405        405        405        home       home       home
    POST             door       →relations-import 404     404        400        home       home       home
# stopping it, and forgetting it: employees
  employees-import-stop
    GET              door       405        405        405        405        home       home       home
    POST             door       →employees-import-one 404 404 →employees-import-one home =  =
# the same
  employees-import-remove
    GET              door       405        405        405        405        home       home       home
    POST             door       →employees-import 404     404        400        home       home       home
# the same version twice, which is that version
  terms-compared
    GET              →terms-version =      =          =          =          =          =          =
    POST             405        405        405        405        405        405        405        405
# new terms: reading them is free, to say so names the version that was shown
  terms-changes
    GET              door       200        200        200        200        home       home       home
    POST             door       404        404        404        404        home       home       home
# erasure, for the main user
  erasure
    ANY              door       200        403        200        200        home       home       home
# no letter without a request
  erasure-letter
    GET              door       404        403        404        404        home       home       home
    POST             door       405        403        405        405        home       home       home
# nor anything to take back
  erasure-withdraw
    GET              door       405        403        405        405        home       home       home
    POST             door       home       403        home       400        home       home       home
# taking everything along: others read why they cannot
  export
    GET              door       200        200        200        200        home       home       home
    POST             door       405        405        405        405        home       home       home
# asking for it
  export-ask
    GET              door       405        403        405        405        home       home       home
    POST             door       →export    403        →export    400        home       home       home
# how far that of the first account is
  export-progress
    GET              door       200        403        404        200        home       home       home
    POST             door       405        403        405        405        home       home       home
# giving it up
  export-cancel
    GET              door       405        403        405        405        home       home       home
    POST             door       →export    403        404        signed-out home       home       home
# making it go on, which has not stopped
  export-resume
    GET              door       405        403        405        405        home       home       home
    POST             door       →export    403        404        400        home       home       home
# proving who one is
  export-prove
    GET              door       405        403        405        405        home       home       home
    POST             door       →export    403        404        →export    home       home       home
# downloading it, which waits for a worker
  export-archive
    GET              door       →export    403        404        400        home       home       home
    POST             door       405        403        405        405        home       home       home
# the door of staff, which is the one door
  /admin/login/ admin:login
    ANY              door       403        403        403        403        403        403        home
# signing out, in the administration
  admin:logout
    GET              door       →admin:index =          =          =          =          =          405
    POST             door       →admin:index =          =          =          =          =          signed-out
"""

API = """
                     anonymous owner     colleague outsider  going     others    owner@    colleague@ outsider@ going@
# the account
  api-account
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       405       403       405       403       403       405       403       405       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# steps that do not fit an account that runs
  api-activate api-reactivate
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       409       403       409       403       403       409       403       409       401
# the one that does
  api-cancel
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       200       403       200       403       403       200       403       200       401
# the company; a change needs no field
  api-company
    GET              401       200       200       200       403       403       200       200       200       401
    PATCH            401       200       403       200       403       403       200       403       200       401
    POST/DELETE      401       405       405       405       403       403       405       405       405       401
# oneself: the main user does not leave
  api-me
    GET/PATCH        401       200       200       200       403       403       200       200       200       401
    DELETE           401       409       204       409       403       403       409       204       409       401
    POST             401       405       405       405       403       403       405       405       405       401
# colleagues
  api-users
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       403       405       403       403       405       403       405       401
# one of them
  api-user
    GET              401       405       405       405       403       403       405       405       405       401
    DELETE           401       204       403       404       403       403       204       403       404       401
    POST/PATCH       401       405       403       405       403       403       405       403       405       401
# the same, in the place of the main user: no device can
  api-user-hand-over
    GET              401       405       405       405       403       403       405       405       405       401
    POST             401       200       403       404       403       403       403       403       403       401
    PATCH/DELETE     401       405       403       405       403       403       405       403       405       401
# who was invited; an invitation needs an address
  api-invitations
    GET              401       200       403       200       403       403       200       403       200       401
    POST             401       400       403       400       403       403       400       403       400       401
    PATCH/DELETE     401       405       403       405       403       403       405       403       405       401
# one of them
  api-invitation
    DELETE           401       204       403       404       403       403       204       403       404       401
    GET/POST/PATCH   401       405       403       405       403       403       405       403       405       401
# the same, mailed once more
  api-invitation-send
    POST             401       200       403       404       403       403       200       403       404       401
    GET/PATCH/DELETE 401       405       403       405       403       403       405       403       405       401
# one's own devices: no token makes another, and no name is not enough
  api-tokens
    GET              401       200       200       200       403       403       200       200       200       401
    POST             400       400       400       400       400       400       403       403       403       401
    PATCH            401       405       405       405       403       403       405       405       405       401
    DELETE           401       204       204       204       403       403       204       204       204       401
# a device of the main user
  api-token
    GET/PATCH        401       405       405       405       403       403       405       405       405       401
    POST             405       405       405       405       405       405       405       405       405       401
    DELETE           401       204       404       404       403       403       204       404       404       401
# one's own newsletter; what it should become is missing
  api-newsletter
    GET              401       200       200       200       403       403       200       200       200       401
    PATCH            401       400       400       400       403       403       400       400       400       401
    POST/DELETE      401       405       405       405       403       403       405       405       405       401
# what is to be told
  api-notices
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
# putting it away
  api-notice-dismiss
    POST             401       204       204       204       403       403       204       204       204       401
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
# people of the account; a new one needs a name
  api-relations api-employees
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       400       400       400       403       403       400       400       400       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# restricting somebody, and lifting what is not there
  api-relation-restriction api-employee-restriction
    GET/PATCH        401       405       405       405       403       403       405       405       405       401
    POST             401       200       200       404       403       403       200       200       404       401
    DELETE           401       409       409       404       403       403       409       409       404       401
# somebody of the first account
  api-relation api-employee
    GET/PATCH        401       200       200       404       403       403       200       200       404       401
    POST             401       405       405       405       403       403       405       405       405       401
    DELETE           401       200       200       404       403       403       200       200       404       401
# a number that no device is shown
  api-bsn
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       200       403       404       403       403       403       403       403       401
# requests of data subjects
  api-requests
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# one of the first account
  api-request
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# the steps with it, of which an empty body is none
  api-request-choose api-request-finish
    POST             401       400       400       404       403       403       400       400       404       401
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
# breaches that the account was told of
  api-breaches
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# one of the first account, and what the supervisor asks about it
  api-breach api-breach-supervisor
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# said to be read by the main user
  api-breach-acknowledge
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       200       409       404       403       403       200       409       404       401
# whom we may tell; an empty body says nobody, and there is nothing to take back
  api-breach-permission
    GET/PATCH        401       405       405       405       403       403       405       405       405       401
    POST             401       400       403       404       403       403       400       403       404       401
    DELETE           401       204       403       404       403       403       204       403       404       401
# conferring about breaches
  api-consultations
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# one of the first account
  api-consultation
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# taking a moment, or asking for one: an empty body is none
  api-consultation-choose api-consultation-propose
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       400       400       404       403       403       400       400       404       401
# needing none, for the main user
  api-consultation-waive
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       200       409       404       403       403       200       409       404       401
# the minutes, which are not there yet
  api-consultation-sign-off
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       409       409       404       403       403       409       409       404       401
# tests by the account; an empty body announces none
  api-audits
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       400       400       400       403       403       400       400       400       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# that of the first account, and its announcement
  api-audit api-audit-letter
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# what was withdrawn is neither agreed to nor withdrawn
  api-audit-accept api-audit-withdraw api-audit-stop
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       409       409       404       403       403       409       409       404       401
# another date, costs, another tester: an empty body is none
  api-audit-propose api-audit-costs api-audit-tester
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       400       400       404       403       403       400       400       404       401
# what came of it
  api-audit-results
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# its date, that nobody agreed to
  api-audit-appointment
    GET              401       404       404       404       403       403       404       404       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# its report, which nobody added, and which is no JSON
  api-audit-report
    GET              401       404       403       404       403       403       404       403       404       401
    POST             401       415       403       404       403       403       415       403       404       401
    PATCH/DELETE     401       405       403       405       403       403       405       403       405       401
# its logs, of which there are none, and not for a device
  api-audit-logs
    GET              401       409       403       404       403       403       403       403       403       401
    POST/PATCH/DELETE 401      405       403       405       403       403       405       403       405       401
# what accounts report; an empty body is none
  api-breach-reports
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       400       400       400       403       403       400       400       400       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# one of the first account
  api-breach-report
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# files with people of the caller; a new one is a file and no JSON
  api-relations-imports api-employees-imports
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       415       415       415       403       403       415       415       415       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# a file of the main user
  api-relations-import api-employees-import
    GET              401       200       404       404       403       403       200       404       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# its rows that were refused
  api-relations-import-errors api-employees-import-errors
    GET              401       200       404       404       403       403       200       404       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# a file to take along
  api-relations-export api-employees-export
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# documents; a new one needs lines
  api-documents
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       400       400       400       403       403       400       400       400       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# a draft of the first account
  api-document
    GET/PATCH        401       200       200       404       403       403       200       200       404       401
    POST             401       405       405       405       403       403       405       405       405       401
    DELETE           401       204       204       404       403       403       204       204       404       401
# issuing it
  api-issue
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       200       200       404       403       403       200       200       404       401
# links to a document of the first account
  api-document-links
    GET              401       200       200       404       403       403       200       200       404       401
    POST             401       201       201       404       403       403       201       201       404       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# mails with it; a new one needs an address
  api-document-mailings
    GET              401       200       200       404       403       403       200       200       404       401
    POST             401       400       400       404       403       403       400       400       404       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# one link to it
  api-link
    GET              401       200       200       404       403       403       200       200       404       401
    DELETE           401       204       204       404       403       403       204       204       404       401
    POST/PATCH       401       405       405       405       403       403       405       405       405       401
# one mail with it; one of our invoices
  api-mailing api-subscription-pdf
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
# a mail on its way is not sent again
  api-mailing-retry
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       409       409       404       403       403       409       409       404       401
# making others of it, which is no quote and not issued
  api-invoice api-credit
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       409       409       404       403       403       409       409       404       401
# its PDF
  api-document-pdf
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# what becomes of the data, and what it costs
  api-subscription api-links api-mailings api-timeline api-holds api-warnings api-my-data api-record api-usage
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
# corrections, for the main user; the first one was refused, and a device agrees to none
  api-corrections
    GET              401       200       403       200       403       403       200       403       200       401
    POST/PATCH/DELETE 401      405       403       405       403       403       405       403       405       401
# one of them
  api-correction
    GET              401       200       403       404       403       403       200       403       404       401
    POST/PATCH/DELETE 401      405       403       405       403       403       405       403       405       401
# yes
  api-correction-confirm
    GET/PATCH/DELETE 401       405       403       405       403       403       405       403       405       401
    POST             401       409       403       404       403       403       403       403       403       401
# no
  api-correction-refuse
    GET/PATCH/DELETE 401       405       403       405       403       403       405       403       405       401
    POST             401       409       403       404       403       403       409       403       404       401
# erasure at once: there is no request, an account that runs cannot ask, and a device never can
  api-erasure-request
    GET              401       404       403       404       403       403       404       403       404       401
    POST             401       409       403       409       403       403       403       403       403       401
    DELETE           401       409       403       409       403       403       409       403       409       401
    PATCH            401       405       403       405       403       403       405       403       405       401
# everything to take along: one at a time
  api-returns
    GET              401       200       403       200       403       403       200       403       200       401
    POST             401       409       403       201       403       403       409       403       201       401
    PATCH/DELETE     401       405       403       405       403       403       405       403       405       401
# that of the first account
  api-return
    GET              401       200       403       404       403       403       200       403       404       401
    POST/PATCH/DELETE 401      405       403       405       403       403       405       403       405       401
# given up
  api-return-cancel
    GET/PATCH/DELETE 401       405       403       405       403       403       405       403       405       401
    POST             401       200       403       404       403       403       200       403       404       401
# made to go on, which it does
  api-return-resume
    GET/PATCH/DELETE 401       405       403       405       403       403       405       403       405       401
    POST             401       409       403       404       403       403       409       403       404       401
# downloaded, when it is ready, and by no device
  api-return-archive
    GET              401       409       403       404       403       403       403       403       403       401
    POST/PATCH/DELETE 401      405       403       405       403       403       405       403       405       401
# its letter
  api-letter
    GET              401       404       403       404       403       403       404       403       404       401
    POST/PATCH/DELETE 401       405       403       405       403       403       405       403       405       401
# the terms, for everybody whose token is not wrong
  api-terms
    GET              200       200       200       200       200       200       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# who works for us, for everybody whose token is not wrong
  api-sub-processors
    GET              200       200       200       200       200       200       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# the proof of protection of one of them
  api-sub-processor-proof
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# objections of the account to changes, made by the main user
  api-sub-processor-objections
    GET              401       200       200       200       403       403       200       200       200       401
    POST             401       400       403       400       403       403       400       403       400       401
    PATCH/DELETE     401       405       405       405       403       403       405       405       405       401
# what others asked about the account
  api-disclosures
    GET              401       200       200       200       403       403       200       200       200       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# one about the first account
  api-disclosure
    GET              401       200       200       404       403       403       200       200       404       401
    POST/PATCH/DELETE 401      405       405       405       403       403       405       405       405       401
# the answer to it, of the main user, which a device cannot give: an empty body is none
  api-disclosure-answer
    POST             401       400       403       404       403       403       403       403       403       401
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
# reading them: of no version
  api-terms-acknowledge
    GET/PATCH/DELETE 401       405       405       405       403       403       405       405       405       401
    POST             401       400       400       400       403       403       400       400       400       401
# the schema, for everybody whose token is not wrong
  api-schema
    GET              200       200       200       200       200       200       200       200       200       401
    POST/PATCH/DELETE 405       405       405       405       405       405       405       405       405       401
# its page
  api-docs
    GET              200       200       200       200       200       200       200       200       200       200
    POST/PATCH/DELETE 405       405       405       405       405       405       405       405       405       405
# what there is not
  /api/
    ANY              404       404       404       404       404       404       404       404       404       404
"""

BLOCKED_PAGES = """
                     blocked
# the way out, the language and the proof of identity, as for everybody who is in
  account_logout
    GET              405
    POST             signed-out
# the same
  account_reauthenticate
    ANY              200
# the same, of who has no second factor
  mfa_reauthenticate mfa_reauthenticate_webauthn
    ANY              →account_reauthenticate
# the door of staff, which is for nobody who is in
  admin:login /admin/login/
    ANY              403
# requests
  requests
    GET              200
    POST             405
# one of them
  request
    GET              200
    POST             →request
# a step with it
  request-choose
    GET              405
    POST             →request
# a step with it
  request-finish
    GET              405
    POST             200
# whom the request is about
  relation
    GET              200
    POST             405
# done to them
  relation-change
    ANY              200
# done to them
  relation-erase relation-restrict
    GET              200
    POST             →request
# breaches, which do not wait for the request
  breaches breach breach-json breach-pdf
    GET              200
    POST             405
# said to be read
  breach-acknowledge
    GET              405
    POST             →breach
# reported
  breach-report
    ANY              200
# whom we may tell
  breach-permission
    ANY              200
# which is taken back
  breach-permission-withdraw
    GET              405
    POST             →breach
# conferring
  consultation consultation-appointment
    GET              200
    POST             405
# taking a moment that was not named
  consultation-choose
    GET              405
    POST             404
# asking for one
  consultation-ask
    GET              405
    POST             200
# needing none, and minutes
  consultation-waive consultation-sign-off
    GET              405
    POST             →consultation
"""

BLOCKED_API = """
                     blocked   blocked@
# requests
  api-requests
    GET              200       200
    POST/PATCH/DELETE 405      405
# one of them
  api-request
    GET              200       200
    POST/PATCH/DELETE 405      405
# a step with it
  api-request-choose api-request-finish
    POST             400       400
    GET/PATCH/DELETE 405       405
# whom the request is about
  api-relation
    GET/PATCH        200       200
    POST             405       405
    DELETE           200       200
# done to them
  api-relation-restriction
    GET/PATCH        405       405
    POST             200       200
    DELETE           409       409
# breaches, which do not wait for the request
  api-breaches api-breach api-breach-supervisor api-breach-report
    GET              200       200
    POST/PATCH/DELETE 405      405
# said to be read
  api-breach-acknowledge
    POST             200       200
    GET/PATCH/DELETE 405       405
# whom we may tell
  api-breach-permission
    GET/PATCH        405       405
    POST             400       400
    DELETE           204       204
# conferring
  api-consultations api-consultation
    GET              200       200
    POST/PATCH/DELETE 405      405
# a moment that was not named
  api-consultation-choose api-consultation-propose
    POST             400       400
    GET/PATCH/DELETE 405       405
# needing none
  api-consultation-waive
    POST             200       200
    GET/PATCH/DELETE 405       405
# minutes, which are not there yet
  api-consultation-sign-off
    POST             409       409
    GET/PATCH/DELETE 405       405
# reported
  api-breach-reports
    GET              200       200
    POST             400       400
    PATCH/DELETE     405       405
"""

EVERYTHING = frozenset({"company", "relation", "employee", "recipient"})
TABLES = (
    Table("administration", ADMINISTRATION, PAGE_METHODS, frozenset({"company"})),
    Table("pages", PAGES, PAGE_METHODS, EVERYTHING, Table("open pages", BLOCKED_PAGES, PAGE_METHODS)),
    Table("API", API, API_METHODS, EVERYTHING, Table("open API", BLOCKED_API, API_METHODS)),
)
