from django.urls import path

from audits import views

ONE = "audits/<uuid:reference>/"
urlpatterns = [
    path("audits/", views.audits, name="audits"),
    path("audits/announce/", views.announce, name="audit-announce"),
    path(ONE, views.audit, name="audit"),
    path(f"{ONE}accept/", views.accept, name="audit-accept"),
    path(f"{ONE}propose/", views.propose, name="audit-propose"),
    path(f"{ONE}withdraw/", views.withdraw, name="audit-withdraw"),
    path(f"{ONE}stop/", views.stop, name="audit-stop"),
    path(f"{ONE}tester/", views.tester, name="audit-tester"),
    path(f"{ONE}costs/", views.costs, name="audit-costs"),
    path(f"{ONE}report/", views.report, name="audit-report"),
    path(f"{ONE}report/file/", views.report_file, name="audit-report-file"),
    path(f"{ONE}announcement/", views.letter, name="audit-letter"),
    path(f"{ONE}appointment.ics", views.appointment, name="audit-appointment"),
    path(f"{ONE}logs/prove/", views.prove, name="audit-prove"),
    path(f"{ONE}logs.zip", views.logs, name="audit-logs"),
    path("test/<str:token>/", views.procedures_page, name="tester"),
    path("test/<str:token>/appointment.ics", views.tester_appointment, name="tester-appointment"),
]
