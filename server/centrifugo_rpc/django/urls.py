"""URLs for ``include("centrifugo_rpc.django.urls")``, under ``centrifugo/``."""

from django.urls import path

from . import views

app_name = "centrifugo_rpc"
urlpatterns = [
    path("publish", views.publish, name="publish"),
    path("rpc", views.rpc, name="rpc"),
    path("subscribe", views.subscribe, name="subscribe"),
    path("subscription_token", views.subscription_token, name="subscription_token"),
    path("token", views.token, name="token"),
]
