from django.urls import path

from breaches.views import breaches, consultations, reports

ONE = "breaches/<uuid:reference>/"
TALK = "consultations/<uuid:reference>/"
urlpatterns = [
    path("breaches/", breaches.breaches, name="breaches"),
    path("breaches/report/", reports.report, name="breach-report"),
    path(ONE, breaches.breach, name="breach"),
    path(f"{ONE}permission/", consultations.permission, name="breach-permission"),
    path(f"{ONE}permission/withdraw/", consultations.withdraw_permission, name="breach-permission-withdraw"),
    path(TALK, consultations.consultation, name="consultation"),
    path(f"{TALK}choose/", consultations.choose, name="consultation-choose"),
    path(f"{TALK}ask/", consultations.ask, name="consultation-ask"),
    path(f"{TALK}waive/", consultations.waive, name="consultation-waive"),
    path(f"{TALK}sign-off/", consultations.sign_off, name="consultation-sign-off"),
    path(f"{TALK}appointment.ics", consultations.appointment, name="consultation-appointment"),
    path(f"{ONE}acknowledge/", breaches.acknowledge, name="breach-acknowledge"),
    path(f"{ONE}supervisor.json", breaches.filed, {"ending": "json"}, name="breach-json"),
    path(f"{ONE}supervisor.pdf", breaches.filed, {"ending": "pdf"}, name="breach-pdf"),
]
