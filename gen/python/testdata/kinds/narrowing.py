"""What type checkers must see: lines that end in "# error" are their only findings."""

from python import (
    APIClient,
    Attachment,
    Book,
    Done,
    Failed,
    FileShape,
    Flag,
    Level,
    LinkShape,
    Mail,
    Notice,
    ReportOutcome,
    Route,
    Sms,
    State,
    UnknownAttachment,
    UnknownInteger,
    UnknownString,
    UnknownValue,
)
from typing_extensions import assert_never


def tag_of_a_discriminator(value: Attachment) -> object:
    if value.kind == "file":
        return value.name
    if value.kind == "link":
        return value.url
    if value.kind is None:
        return value.root
    assert_never(value)


def tag_without_a_discriminator(value: Route) -> str:
    if value.via == "mail" or value.via == "sms":  # noqa: PLR1714
        return value.target
    return str(value.root)


def boolean_tag(value: ReportOutcome) -> object:
    if value.ok is True:
        return done(value)
    if value.ok is False:
        return value.note
    return value.root


def done(value: Done) -> object:
    return value.note


def match_of_tags(value: Attachment) -> str:
    match value.kind:
        case "file":
            return value.name
        case "link":
            return value.url
        case None:
            return "unknown"
        case _:
            assert_never(value.kind)


def match_of_classes(value: Attachment) -> object:
    match value:
        case FileShape():
            return value.name
        case LinkShape():
            return value.url
        case UnknownAttachment():
            return value.root
        case _:
            assert_never(value)


def unknown_tag_is_left(value: Attachment) -> str:
    if value.kind == "file":
        return value.name
    if value.kind == "link":
        return value.url
    assert_never(value)  # error


def unknown_variant_is_left(value: Attachment) -> str:
    match value:
        case FileShape():
            return value.name
        case LinkShape():
            return value.url
        case _:
            assert_never(value)  # error


def members_of_an_enum(state: State) -> str:
    if state.flag is Flag.RED:
        return "red"
    if state.flag is Flag.GREEN:
        return "green"
    newer: UnknownString = state.flag
    return newer.upper()


def unknown_member_is_left(flag: Flag | UnknownString) -> int:
    match flag:
        case Flag.RED:
            return 1
        case Flag.GREEN:
            return 2
        case _:
            assert_never(flag)  # error


def all_members_and_the_unknown_one(flag: Flag | UnknownString) -> int:
    match flag:
        case Flag.RED | Flag.GREEN:
            return 1
        case UnknownString():
            return 2
        case _:
            assert_never(flag)


def literals(state: State) -> str:
    if state.size == "s":
        return "small"
    if state.size == "m":
        return "medium"
    newer: UnknownString = state.size
    return newer


def unknown_literal_is_left(state: State) -> str:
    if state.size == "s":
        return "small"
    if state.size == "m":
        return "medium"
    assert_never(state.size)  # error


def integers(level: Level | UnknownInteger) -> int:
    if level is Level.VALUE_1 or level is Level.VALUE_2:
        return 0
    newer: UnknownInteger = level
    return newer + 1


def variants_without_a_tag(state: State) -> str:
    if isinstance(state.id, int):
        return str(state.id + 1)
    if isinstance(state.id, str):
        return state.id
    if isinstance(state.id, UnknownValue):
        return "unknown"
    assert_never(state.id)  # error: the member may be absent


def constants_need_no_argument() -> list[object]:
    return [Mail(target="1"), Done(), Failed(note=None), Book(id=1)]


def values_that_were_read_can_be_sent(notice: Notice, state: State) -> list[object]:
    return [
        Notice(route=notice.route, copies=notice.copies),
        State(
            flag=state.flag,
            level=state.level,
            size=state.size,
            attachment=state.attachment,
        ),
    ]


def wrong_values() -> None:
    Mail(via="sms", target="1")  # error
    Notice(route=Done())  # error
    Book(id=1, urgent=False)  # error
    Book(id="1")  # error
    State(flag="rde", level=1, size="s", attachment=FileShape(name="a"))  # error
    Sms()  # error


async def calls(api: APIClient) -> None:
    await api.ping()
    await api.book_make()  # error
    (await api.flags_get())[0].upper()
    (await api.maybe_get()).id  # error  # noqa: B018
