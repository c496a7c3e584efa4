"""Settings from the environment, tokens and limits."""

import re
from itertools import zip_longest

import pytest
from centrifugo_rpc.limits import RateLimit
from centrifugo_rpc.settings import PREFIX, Settings, SettingsError
from centrifugo_rpc.store import MemoryStore
from processes import ROOT


def test_variables_are_not_taken_for_options_of_centrifugo() -> None:
    """Centrifugo logs each unknown variable that begins with its own prefix."""
    assert not PREFIX.startswith("CENTRIFUGO_")


def test_from_env() -> None:
    values = {
        "RPC_WORKER_API_KEY": "k",
        "RPC_WORKER_CONCURRENCY": "5",
        "RPC_WORKER_TIMEOUT_S": "2.5",
        "RPC_WORKER_REPLY_CHANNEL": "user.{nonce}#{user_id}",
        "OTHER": "x",
    }
    settings = Settings.from_env(values)
    assert settings == Settings(
        api_key="k",
        concurrency=5,
        timeout_s=2.5,
        reply_channel="user.{nonce}#{user_id}",
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CONCURRENCY", "many", "must be a whole number, not 'many'"),
        ("TIMEOUT_S", "1s", "must be a number"),
        ("CONCURRENCY", "0", "must be more than 0"),
        ("REPLY_CHANNEL", "replies", "must hold {user_id} once"),
        ("WS_URL", "http://x", "must begin with ws:// or wss://"),
        ("API_URL", "127.0.0.1", "must begin with http:// or https://"),
        ("LOG_FORMAT", "xml", "must be one of text, json"),
        ("HEALTH_ADDRESS", "9100", "must be HOST:PORT"),
        ("HEALTH_ADDRESS", "localhost:65536", "must be HOST:PORT"),
        ("BURST", "0", "must be more than 0"),
        ("RATE", "nan", "must be a number from 0 on, not nan"),
        ("RATE", "-1", "must be a number from 0 on, not -1"),
        ("TIMEOUT_S", "nan", "must be a number from 0 on"),
        ("DRAIN_S", "inf", "must be a number from 0 on"),
        ("QUEUE", "-1", "must be a number from 0 on"),
        ("REQUESTS_CHANNEL", "", "is empty"),
        ("MORE_REQUESTS_CHANNELS", "orders:{shop", "is not a channel"),
        ("REPLY_CHANNEL", "a{foo}#{user_id}", "no other braces"),
        ("REPLY_CHANNEL", "a{nonce}{nonce}#{user_id}", "{nonce} once"),
        ("API_KEY", "key\n", "no space or line feed at its ends"),
        ("TOKEN_SECRET", " secret", "no space or line feed at its ends"),
        ("METHOD_RATES", "tasks.export", "write METHOD=RATE or METHOD=RATE/BURST"),
        ("METHOD_RATES", "a=1 b=0", "holds 'b=0'"),
        ("METHOD_RATES", "a=1/0", "holds 'a=1/0'"),
        ("REQUIRE_PERMISSION", "perhaps", "must be true or false, not 'perhaps'"),
        ("PROXY_SECRET", "ein-längeres-geheimnis", "must be ASCII"),
    ],
)
def test_settings_that_cannot_work(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"RPC_WORKER_{name}") as caught:
        Settings.from_env({f"RPC_WORKER_{name}": value})
    assert message in str(caught.value)


def test_rates_of_methods() -> None:
    values = {"RPC_WORKER_METHOD_RATES": "a.b=0.25 c=20\nd=3/7"}
    rates = Settings.from_env(values).rates_of_methods()
    assert rates == {"a.b": (0.25, 1), "c": (20.0, 40), "d": (3.0, 7)}


def test_permissions_are_required_if_so_set() -> None:
    for text, required in {"true": True, "1": True, "False": False}.items():
        values = {"RPC_WORKER_REQUIRE_PERMISSION": text}
        assert Settings.from_env(values).require_permission is required


def test_a_secret_and_a_callback() -> None:
    """Nobody can tell which of them was meant."""
    with pytest.raises(SettingsError, match="TOKEN_CALLBACK are both set"):
        Settings(token_secret="secret", token_callback="a:b")


def test_the_readme_lists_all_with_their_defaults() -> None:
    table = (ROOT / "server/README.md").read_text().partition("## Settings")[2]
    rows = [row.split("|") for row in table.splitlines() if row.startswith("| `")]
    documented: dict[str, str] = {}
    for _, names, defaults, *_rest in rows:
        values = re.findall("`(.*?)`", defaults)
        documented |= zip_longest(re.findall("`(.*?)`", names), values, fillvalue="")
    default = vars(Settings()).items()
    assert documented == {name.upper(): str(value) for name, value in default}


def test_secrets_are_not_shown() -> None:
    settings = Settings(api_key="hush", token_secret="hush", proxy_secret="hush")
    assert "hush" not in repr(settings)


def test_rate_limit_refills() -> None:
    limit = RateLimit(2.0, 2)
    assert [limit.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert limit.take("b", 0.0)
    assert limit.take("a", 0.5)
    assert not limit.take("a", 0.6)
    assert all(RateLimit(0, 0).take("a", 0.0) for _ in range(9))


def test_rate_limit_remembers_a_bounded_number_of_users() -> None:
    limit = RateLimit(1.0, 1)
    for number in range(20_000):
        limit.take(str(number), 0.0)
    assert len(limit._buckets) == 10_000


async def test_memory_store_ends_claims_and_replies() -> None:
    now = 0.0
    store = MemoryStore(10**6, lambda: now)
    assert await store.begin("a", 5) is None
    assert await store.begin("a", 5) == b""
    now = 6.0
    assert await store.begin("a", 5) is None, "its worker died"
    await store.finish("a", b"reply", 10)
    assert await store.begin("a", 5) == b"reply"
    await store.forget("a")
    assert await store.begin("a", 5) is None


async def test_memory_store_forgets_no_call_that_runs() -> None:
    """Another user's large replies must not make a retry run beside it."""
    store = MemoryStore(100_000)
    assert await store.begin("runs", 60) is None
    for number in range(100):
        await store.finish(str(number), b"x" * 5000, 60)
    assert await store.begin("runs", 60) == b""


async def test_memory_store_is_bounded() -> None:
    store = MemoryStore(100_000)
    for number in range(1000):
        assert await store.begin(str(number), 60) is None
        await store.finish(str(number), b"x" * 5000, 60)
    assert len(store._replies) == 18
    assert await store.begin("999", 60) == b"x" * 5000
    assert await store.begin("0", 60) is None
