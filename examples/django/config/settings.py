"""Settings of the example; secrets that stand here are for development only."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = True
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only-for-development")
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "config.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "centrifugo_rpc.django",
    "presence",
    "tasks",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", BASE_DIR / "db.sqlite3"),
        # A writer waits for others, instead of failing when it met a reader first.
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# What is not here comes from the environment: see the server package's README. The
# secrets are those of Centrifugo's configuration, under the names that it gives them.
CENTRIFUGO_RPC = {
    "TITLE": "Example API",
    "VERSION": "1.0.0",
    "API_KEY": os.environ.get("CENTRIFUGO_HTTP_API_KEY", "only-for-development"),
    "TOKEN_SECRET": os.environ.get(
        "CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY", "only-for-development"
    ),
}
# No default: who knows this one is believed about the user. Until it is set, the
# proxies' views refuse everything; runrpc does not need it.
if proxy_secret := os.environ.get("CENTRIFUGO_VAR_RPC_PROXY_SECRET"):
    CENTRIFUGO_RPC["PROXY_SECRET"] = proxy_secret
