"""The replay window (RFC 6347 section 4.1.2.6)."""

from expect import Numbers

from dtls_micro.replay import Window

_END = (1 << 48) - 1


class Model:
    """The window as plainly as it goes: all numbers that came, and the newest."""

    def __init__(self):
        self.seen = set()
        self.newest = -1

    def check(self, number):
        return number > self.newest - 64 and number not in self.seen

    def update(self, number):
        self.seen.add(number)
        self.newest = max(self.newest, number)


def check(window, number) -> bool:
    return window.check(number >> 24, number & 0xFFFFFF)


def update(window, number):
    window.update(number >> 24, number & 0xFFFFFF)


def test_every_number_is_new_at_first():
    for number in (0, 1, 63, 64, 1 << 24, (1 << 24) - 1, _END):
        assert check(Window(), number)


def test_a_number_is_taken_once():
    window = Window()
    for number in range(200):
        assert check(window, number)
        update(window, number)
        assert not check(window, number)


def test_the_window_is_64_numbers_wide():
    for newest in (64, 100, (1 << 24) + 5, (1 << 24) + 63, 1 << 30, (1 << 32) + 1, _END):
        window = Window()
        update(window, newest)
        assert not check(window, newest)
        for back in range(1, 64):
            assert check(window, newest - back), back
        for back in (64, 65, 100, 127, 128):
            if newest - back >= 0:
                assert not check(window, newest - back), back


def test_the_oldest_number_of_the_window_is_taken_once():
    window = Window()
    update(window, 1000)
    update(window, 1000 - 63)
    assert not check(window, 1000 - 63)
    assert check(window, 1000 - 62) and check(window, 1001)


def test_check_changes_nothing():
    window = Window()
    update(window, 50)
    for number in (51, 1 << 40, _END, 49, 0):
        for _ in range(3):
            assert check(window, number)
    assert not check(window, 50)


def test_gaps_forget_what_lies_behind_the_window():
    for gap in (1, 2, 62, 63, 64, 65, 127, 128, 129, 1 << 20, 1 << 24, 1 << 25, 1 << 40):
        window = Window()
        for number in range(70):
            update(window, number)
        update(window, 69 + gap)
        for back in range(1, min(gap, 64)):
            assert check(window, 69 + gap - back), (gap, back)
        for number in range(70):
            assert not check(window, number), (gap, number)


def test_both_halves_of_a_number_count():
    half = 1 << 24
    for newest in (half, half + 1, 3 * half, (half - 1) * half):
        window = Window()
        update(window, newest)
        assert check(window, newest - 1) and not check(window, newest - 64)
        assert check(window, newest + 1) and not check(window, newest)
        update(window, newest - 1)
        assert not check(window, newest - 1)
        if newest >= 2 * half:
            assert not check(window, newest - half)
            assert not check(window, newest - 2 * half)
        assert check(window, newest + half)


def test_the_last_number_of_all_is_taken_once():
    window = Window()
    for number in (_END - 64, _END - 1, _END, _END - 2, _END - 63):
        assert check(window, number)
        update(window, number)
        assert not check(window, number)
    assert not check(window, _END - 64) and check(window, _END - 3)


def test_the_window_agrees_with_the_model():
    for seed in range(30):
        numbers = Numbers(seed)
        window, model = Window(), Model()
        newest = (0, (1 << 24) - 40, (1 << 25) - 300, (1 << 47) + 5, _END - 3000)[seed % 5]
        for _ in range(400):
            jump = (1, 2, 10, 70, 200)[numbers.below(5)]
            number = newest - 70 + numbers.below(70 + jump)
            if numbers.below(50) == 0:
                number += 1 << numbers.below(30)
            number = max(0, min(number, _END))
            assert check(window, number) == model.check(number), (seed, number, newest)
            if model.check(number) and numbers.below(3):
                update(window, number)
                model.update(number)
                newest = max(newest, number)
