"""Places for handlers: who gets the next one."""

import asyncio

from centrifugo_rpc.limits import Slots, Turn


def line_up(slots: Slots, *users: str) -> list[Turn]:
    """Enter once for each letter."""
    return [slots.enter(user) for user in users]


def placed(turns: list[Turn]) -> str:
    return "".join(turn.user for turn in turns if turn.placed)


async def test_users_take_turns_whatever_they_have_in_the_queue() -> None:
    slots = Slots(2, 2)
    running = line_up(slots, *"ab")
    turns = line_up(slots, *"aaaabbbbc")
    order = ""
    for _ in range(9):
        slots.leave(running.pop(0))
        (new,) = [turn for turn in turns if turn.placed]
        turns.remove(new)
        running.append(new)
        order += new.user
    assert order == "abcababab"
    assert slots.waiting == 0


async def test_a_user_with_his_share_does_not_hold_up_others() -> None:
    slots = Slots(3, 2)
    turns = line_up(slots, *"aaabcc")
    assert placed(turns) == "aab"
    slots.leave(turns[3])
    assert placed(turns[2:]) == "bc"
    slots.leave(turns[0])
    assert placed(turns[2:]) == "bcc", "c was in the line before a was again"
    slots.leave(turns[4])
    assert placed(turns[2:3]) == "a"


async def test_who_was_cancelled_is_passed_over() -> None:
    slots = Slots(1, 1)
    turns = line_up(slots, *"abbc")
    for number in (1, 3):
        wait = turns[number].wait
        assert wait is not None
        wait.cancel()
    slots.leave(turns[0])
    assert placed(turns[1:]) == "b"
    assert turns[2].placed
    slots.leave(turns[1])
    slots.leave(turns[3])
    slots.leave(turns[2])
    assert (slots.running, slots.waiting) == (0, 0)
    assert placed(line_up(slots, "a")) == "a"


async def test_all_places_come_back() -> None:
    slots = Slots(4, 2)
    turns = line_up(slots, *"abcde" * 20)
    while turns:
        ready = next(turn for turn in turns if turn.placed)
        turns.remove(ready)
        slots.leave(ready)
        await asyncio.sleep(0)
    assert (slots.running, slots.waiting) == (0, 0)
    assert slots._users == slots._next == {}
