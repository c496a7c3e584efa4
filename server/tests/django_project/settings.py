"""Settings; the environment holds what differs between tests."""

import os

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "django_project.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "centrifugo_rpc.django",
    "django_project",
]
# The last and CsrfViewMiddleware stand here to see that Centrifugo's requests pass.
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": os.environ.get("TEST_DATABASE", ""),
    # Else SQLite refuses to write, instead of waiting, after another has written.
    "OPTIONS": {"transaction_mode": "IMMEDIATE"},
}
POSTGRES = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": os.environ.get("TEST_POSTGRES", ""),
    "NAME": "postgres",
    "USER": "test",
    # Connections never end by themselves.
    "CONN_MAX_AGE": None,
}
# A transaction around each request, as many projects have it: async views must be exempt.
ATOMIC = {"ATOMIC_REQUESTS": True}
DATABASES = {
    "default": (POSTGRES if "TEST_POSTGRES" in os.environ else SQLITE) | ATOMIC,
    "other": {"ENGINE": SQLITE["ENGINE"], "NAME": ":memory:"} | ATOMIC,
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "rpc_cache",
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
CENTRIFUGO_RPC = {
    "TITLE": "Things API",
    "DEDUPE_CACHE": os.environ.get("TEST_DEDUPE_CACHE", ""),
}
