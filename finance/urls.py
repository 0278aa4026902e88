from django.urls import path

from finance.views import detail, edit, life, lists, shared, sharing, subscription

ONE = "documents/<uuid:reference>/"
urlpatterns = [
    path("documents/", lists.documents, name="documents"),
    path("documents/new/", edit.add, name="document-add"),
    path("documents/links/", sharing.links, name="links"),
    path("documents/links/<uuid:reference>/revoke/", sharing.revoke, name="link-revoke"),
    path("documents/mailings/<uuid:reference>/retry/", sharing.retry, name="mailing-retry"),
    path(ONE, detail.document, name="document"),
    path(f"{ONE}change/", edit.change, name="document-change"),
    path(f"{ONE}issue/", detail.issue, name="document-issue"),
    path(f"{ONE}invoice/", detail.invoice, name="document-invoice"),
    path(f"{ONE}credit/", detail.credit, name="document-credit"),
    path(f"{ONE}delete/", detail.delete, name="document-delete"),
    path(f"{ONE}document.pdf", detail.pdf, name="document-pdf"),
    path(f"{ONE}share/", sharing.share, name="document-share"),
    path(f"{ONE}mail/", sharing.mail, name="document-mail"),
    path("d/<str:token>/", shared.shared, name="shared"),
    path("d/<str:token>/document.pdf", shared.shared_pdf, name="shared-pdf"),
    path("account/activate/", life.activate, name="activate"),
    path("account/reactivate/", life.reactivate, name="reactivate"),
    path("account/invoices/", subscription.invoices, name="subscription"),
    path("account/invoices/<uuid:reference>/invoice.pdf", subscription.invoice, name="subscription-pdf"),
]
