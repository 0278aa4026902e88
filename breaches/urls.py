from django.urls import path

from breaches.views import breaches, reports

ONE = "breaches/<uuid:reference>/"
urlpatterns = [
    path("breaches/", breaches.breaches, name="breaches"),
    path("breaches/report/", reports.report, name="breach-report"),
    path(ONE, breaches.breach, name="breach"),
    path(f"{ONE}acknowledge/", breaches.acknowledge, name="breach-acknowledge"),
    path(f"{ONE}supervisor.json", breaches.filed, {"ending": "json"}, name="breach-json"),
    path(f"{ONE}supervisor.pdf", breaches.filed, {"ending": "pdf"}, name="breach-pdf"),
]
