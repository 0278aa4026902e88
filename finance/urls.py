from django.urls import path

from finance.views import detail, edit, lists

urlpatterns = [
    path("documents/", lists.documents, name="documents"),
    path("documents/new/", edit.add, name="document-add"),
    path("documents/<uuid:reference>/", detail.document, name="document"),
    path("documents/<uuid:reference>/change/", edit.change, name="document-change"),
    path("documents/<uuid:reference>/issue/", detail.issue, name="document-issue"),
    path("documents/<uuid:reference>/invoice/", detail.invoice, name="document-invoice"),
    path("documents/<uuid:reference>/credit/", detail.credit, name="document-credit"),
    path("documents/<uuid:reference>/delete/", detail.delete, name="document-delete"),
    path("documents/<uuid:reference>/document.pdf", detail.pdf, name="document-pdf"),
]
