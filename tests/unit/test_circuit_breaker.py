from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from sysmon_core.circuit_breaker import CircuitBreaker
from sysmon_core.errors import DatabaseTimeout, DatabaseUnavailable, LastAdmin


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker(DatabaseTimeout, "it does not answer")


def wait_in_vain(breaker: CircuitBreaker) -> None:
    with pytest.raises(DatabaseTimeout, match="in vain"), breaker.guarding():
        raise DatabaseTimeout("in vain")


def at_once(breaker: CircuitBreaker, others: int = 3) -> int:
    """Count the uses of many that are let through while one probes."""
    inside, leave = Event(), Event()

    def stay() -> None:
        with breaker.guarding():
            inside.set()
            leave.wait()

    def come() -> bool:
        try:
            with breaker.guarding():
                return True
        except DatabaseTimeout:
            return False

    with ThreadPoolExecutor() as pool:
        staying = pool.submit(stay)
        inside.wait()
        came = sum(pool.map(lambda _: come(), range(others)))
        leave.set()
        staying.result()
    return 1 + came


def test_all_may_come_while_the_database_answers(breaker: CircuitBreaker) -> None:
    assert at_once(breaker) == 4
    assert at_once(breaker) == 4


def test_one_at_a_time_asks_one_that_did_not_answer(breaker: CircuitBreaker) -> None:
    wait_in_vain(breaker)
    assert at_once(breaker) == 1


def test_all_may_come_again_once_it_has_answered(breaker: CircuitBreaker) -> None:
    wait_in_vain(breaker)
    wait_in_vain(breaker)
    with breaker.guarding():
        pass
    assert at_once(breaker) == 4


@pytest.mark.parametrize("answer", [DatabaseUnavailable("refused"), LastAdmin(), KeyError()])
def test_any_other_error_is_an_answer_too(breaker: CircuitBreaker, answer: Exception) -> None:
    wait_in_vain(breaker)
    with pytest.raises(type(answer)), breaker.guarding():
        raise answer
    assert at_once(breaker) == 4
