from __future__ import annotations

import contextlib
import threading
from collections import Counter

import pytest
from avidity_service.errors import QueryError
from avidity_service.sparql import lanes as lanes_module
from avidity_service.sparql.lanes import Crowded, Lanes, Place
from avidity_service.sparql.process import never
from hypothesis import given
from hypothesis import strategies as st

from .running import until


class Worker:
    slowed = False

    def worked_s(self) -> float:
        return 0.0

    def slow_down(self) -> None:
        self.slowed = True


def lanes(slow: int) -> Lanes:
    """Lanes that know the query `long` as a long one."""
    found = Lanes(1, slow)
    found.remember("long")
    return found


def stopped(place: Place) -> bool:
    """Whether the one who waits for the query's worker is told to give up."""
    try:
        return place.watch(Worker(), never)()
    except Crowded as error:
        return error.gave_way


def shares(found: Lanes) -> Counter[str]:
    return Counter(place.client for place in found.slow)


def test_a_client_may_have_all_that_nobody_else_wants() -> None:
    found = lanes(3)
    places = [found.enter("long", "one") for _ in range(3)]
    assert [place.is_slow for place in places] == [True] * 3
    with pytest.raises(QueryError) as caught:
        found.enter("long", "one")
    assert caught.value.status == 503
    assert not any(map(stopped, places))


def test_the_latest_query_of_the_greediest_client_gives_way() -> None:
    found = lanes(3)
    first, second, third = (found.enter("long", "one") for _ in range(3))
    other = found.enter("long", "two")
    assert [stopped(place) for place in (first, second, third, other)] == [False, False, True, False]
    # Two and one is fair; a third client is owed a place, and nobody one of his.
    found.enter("long", "three")
    assert shares(found) == {"one": 1, "two": 1, "three": 1}
    for client in ("one", "two", "three", "four"):
        with pytest.raises(QueryError, match="ask for less"):
            found.enter("long", client)


def test_who_gave_way_gives_no_place_back_that_is_another_s() -> None:
    found = lanes(2)
    places = [found.enter("long", "one") for _ in range(2)]
    other = found.enter("long", "two")
    places[1].leave()
    assert found.slow == [places[0], other]
    other.leave()
    places[0].leave()
    assert found.slow == []
    assert found.free == 1


def test_a_place_in_the_quick_lane_is_had_once() -> None:
    found = lanes(1)
    place = found.enter_at_once("short")
    assert place is not None
    assert found.enter_at_once("short") is None
    place.leave()
    assert found.enter("short").is_slow is False


@given(
    most=st.integers(min_value=1, max_value=5),
    steps=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40),
)
def test_nobody_is_refused_who_has_less_than_his_share(most: int, steps: list[tuple[str, bool]]) -> None:
    found = lanes(most)
    running: list[Place] = []
    for client, enters in steps:
        before = shares(found)
        if not enters:
            for place in [place for place in running if place.client == client][:1]:
                running.remove(place)
                place.leave()
            continue
        try:
            running.append(found.enter("long", client))
        except QueryError:
            assert before.total() == most
            assert max(before.values()) - before[client] <= 1
        else:
            assert shares(found)[client] == before[client] + 1
        assert shares(found).total() <= most
        # Whoever is not stopped has his place, and the other way round.
        running = [place for place in running if not stopped(place)]
        assert sorted(map(id, running)) == sorted(map(id, found.slow))


def test_a_quick_place_goes_to_the_client_who_waits_and_has_fewest() -> None:
    found = Lanes(2, 1)
    places = [found.enter("first", "greedy"), found.enter("second", "greedy")]
    entered: list[str] = []

    def wait(client: str) -> None:
        with contextlib.suppress(QueryError):  # the last one waits in vain
            found.enter("a query", client)
            entered.append(client)

    threads = [threading.Thread(target=wait, args=(client,), daemon=True) for client in ("greedy", "greedy", "other")]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        assert until(lambda number=number: len(found.waiting) == number)  # type: ignore[misc]
    places[0].leave()
    assert until(lambda: entered == ["other"])
    places[1].leave()
    assert until(lambda: entered == ["other", "greedy"])
    assert (found.free, dict(found.quick), len(found.waiting)) == (0, {"other": 1, "greedy": 1}, 1)


def test_who_waits_in_vain_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "PATIENCE_S", 0.05)
    found = Lanes(1, 1)
    place = found.enter("first", "one")
    with pytest.raises(QueryError) as caught:
        found.enter("second", "two")
    assert caught.value.status == 503
    assert not found.waiting
    place.leave()
    assert (found.free, dict(found.quick)) == (1, {})
