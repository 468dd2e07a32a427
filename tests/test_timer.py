"""The retransmission timer (RFC 6347 section 4.2.4.1, RFC 7925 section 11)."""

from dtls_micro.timer import Timer


def expiries(first_ms, total_ms, step_ms) -> list:
    """Return when a timer fires that is ticked every `step_ms` until it gives up."""
    timer = Timer(first_ms, total_ms)
    timer.start()
    now = 0
    fired = []
    while not timer.given_up():
        now += step_ms
        if timer.tick(step_ms):
            fired.append(now)
        assert now < 10000000
    return fired


def test_the_period_doubles_up_to_a_minute():
    seconds = [ms // 1000 for ms in expiries(1000, 400000, 1000)]
    assert seconds == [1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363]


def test_the_first_period_may_be_nine_seconds():
    seconds = [ms // 1000 for ms in expiries(9000, 300000, 1000)]
    assert seconds == [9, 27, 63, 123, 183, 243]


def test_a_first_period_above_a_minute_is_kept():
    fired = expiries(90000, 300000, 1000)
    assert fired[0] == 90000 and fired[1] == 150000


def test_small_steps_fire_as_large_ones_do():
    for step in (1, 7, 50, 333):
        fired = expiries(1000, 20000, step)
        for at, due in zip(fired, (1000, 3000, 7000, 15000)):
            assert due <= at < due + 4 * step  # each firing starts the next period


def test_ticks_by_left_ms_are_exact():
    timer = Timer(1000, 60000)
    timer.start()
    now = 0
    fired = []
    while not timer.given_up():
        left = timer.left_ms()
        now += left
        if timer.tick(left) and not timer.given_up():
            fired.append(now)
    assert fired == [1000, 3000, 7000, 15000, 31000] and now == 60000


def test_a_late_tick_fires_once():
    timer = Timer(1000, 600000)
    timer.start()
    assert timer.tick(50000)
    assert not timer.tick(0) and timer.left_ms() == 2000
    assert timer.expiries == 1


def test_a_timer_that_does_not_run_never_fires():
    timer = Timer(1000, 2000)
    for _ in range(3):
        assert not timer.tick(100000)
        assert timer.left_ms() == -1 and not timer.given_up()
    timer.start()
    timer.stop()
    assert not timer.tick(100000) and timer.left_ms() == -1 and not timer.given_up()


def test_the_total_bounds_the_whole_handshake():
    timer = Timer(1000, 2500)
    timer.start()
    assert timer.left_ms() == 1000
    timer.tick(900)
    timer.start()  # the next flight
    assert timer.left_ms() == 1000
    timer.tick(900)
    timer.start()
    assert timer.left_ms() == 700 and not timer.given_up()
    timer.tick(699)
    assert timer.left_ms() == 1 and not timer.given_up()
    timer.tick(1)
    assert timer.left_ms() == 0 and timer.given_up()


def test_left_ms_is_never_negative_while_the_timer_runs():
    timer = Timer(1, 1)
    timer.start()
    timer.tick(1 << 29)
    assert timer.left_ms() == 0 and timer.given_up()


def test_a_flight_without_loss_starts_with_the_first_period():
    timer = Timer(1000, 60000)
    timer.start()
    timer.tick(999)
    timer.start()
    assert timer.left_ms() == 1000


def test_after_a_loss_the_next_flight_begins_with_the_first_period():
    timer = Timer(1000, 600000)
    timer.start()
    assert timer.tick(1000) and timer.tick(2000)
    timer.start()
    assert timer.left_ms() == 1000 and timer.expiries == 0


def test_repeats_that_the_peer_asks_for_are_two_at_most_in_a_first_period():
    timer = Timer(1000, 60000)
    timer.start()
    times = []
    for now in range(10000):
        if timer.may_repeat():
            times.append(now)
        timer.tick(1)
    for i in range(len(times) - 2):
        assert times[i + 2] - times[i] >= 1000
    assert 10 <= len(times) <= 21 and times[0] == 0


def test_may_repeat_does_not_move_the_timer():
    timer = Timer(1000, 60000)
    timer.start()
    timer.tick(600)
    assert timer.may_repeat() and not timer.may_repeat()
    assert timer.left_ms() == 400 and timer.expiries == 0
