"""Settings; the secrets have the names that Centrifugo gives them."""

import os

from centrifugo_rpc.settings import Settings

SECRETS = {
    "RPC_WORKER_API_KEY": "CENTRIFUGO_HTTP_API_KEY",
    "RPC_WORKER_TOKEN_SECRET": "CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY",
    "RPC_WORKER_PROXY_SECRET": "CENTRIFUGO_VAR_RPC_PROXY_SECRET",
}


def read_settings() -> Settings:
    """Read them from the environment, when the application starts."""
    secrets = {
        ours: os.environ[theirs]
        for ours, theirs in SECRETS.items()
        if theirs in os.environ
    }
    return Settings.from_env({**os.environ, **secrets})
