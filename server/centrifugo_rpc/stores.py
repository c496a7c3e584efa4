"""Opens the store that the settings name."""

from .settings import PREFIX, Settings, SettingsError
from .store import MemoryStore, Store


def open_store(settings: Settings) -> Store:
    """Return the store that the settings name; nothing is connected yet."""
    if not settings.store:
        return MemoryStore(settings.dedupe_bytes)
    try:
        from .redis_store import RedisStore  # noqa: PLC0415 -- an extra
    except ImportError as error:
        message = f"{PREFIX}STORE is set, but {error}: install centrifugo-rpc[redis]"
        raise SettingsError(message) from error
    return RedisStore(settings.store, settings.store_prefix)
