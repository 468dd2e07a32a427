"""Loss, repeats, time-outs and doubts (RFC 6347 sections 4.2.4 and 4.1.2.7), in virtual time."""

from expect import Numbers, raises
from oracle import check, check_wiped, survives, times_out, to_and_fro
from scripted_server import (
    ALERT,
    HANDSHAKE,
    IDENTITY,
    KEY,
    TYPES,
    Link,
    ScriptedServer,
    connected,
    fragment,
    message,
    new_client,
    number,
    record,
    records_of,
    vector,
)

from dtls_micro.errors import HandshakeTimeout, PeerAlert
from dtls_micro.handshake import CONNECTED, FAILED, WAIT_CIPHER
from dtls_micro.psk import Psk


class Lossy:
    """A network that loses, doubles and delays datagrams, in percent, the same for a seed."""

    def __init__(self, seed, loss, double=0, late=0):
        self._numbers = Numbers(seed)
        self._percent = (loss, double, late)
        self._late = []

    def __call__(self, datagrams):
        loss, double, late = self._percent
        out = []
        for datagram in datagrams:
            if self._numbers.below(100) < loss:
                continue
            out.append(datagram)
            if self._numbers.below(100) < double:
                out.append(datagram)
        later = [datagram for datagram in out if self._numbers.below(100) < late]
        now = [datagram for datagram in out if datagram not in later]
        now, self._late = self._numbers.shuffled(now) + self._late, later
        return now


def losing(place, times=1):
    """A network that loses the datagram number `place`, and as many as `times` after it."""
    count = []

    def network(datagrams):
        out = []
        for datagram in datagrams:
            if not place <= len(count) < place + times:
                out.append(datagram)
            count.append(1)
        return out

    return network


def test_each_datagram_of_the_client_may_be_lost():
    for place in range(3):
        link = survives(to_server=losing(place), ms=1000, extra=1)
        assert len(link.sent) == 5  # three flights, one of them twice, and the datum


def test_each_datagram_of_the_server_may_be_lost():
    for place in range(3):
        survives(to_client=losing(place), ms=1000, extra=1)


def test_each_record_of_the_server_may_be_lost():
    for place in range(6):
        server = ScriptedServer(hint=b"hint", mtu=0)
        link = Link(new_client(), server, None, losing(place)).run()
        assert server.client_finished and link.ms in (0, 1000)
        check(link)


def test_each_fragment_may_be_lost_in_both_directions():
    for mtu in (64, 100):
        for place in range(12):
            for direction in (0, 1):
                networks = [None, None]
                networks[direction] = losing(place)
                server = ScriptedServer(hint=b"hint", mtu=0, fragment=20)
                client = new_client(Psk(IDENTITY * 4, KEY), mtu=mtu)
                link = Link(client, server, networks[0], networks[1]).run()
                assert server.client_finished and link.ms <= 3000
                check(link)


def test_a_lossy_network_is_survived():
    waits = []
    for seed in range(60):
        server = ScriptedServer(hint=b"hint", mtu=0)
        client = new_client(mtu=150, handshake_timeout_ms=600000)
        link = Link(client, server, Lossy(seed, 30, 20, 20), Lossy(seed + 1000, 30, 20, 20))
        link.run(limit_ms=600000)
        check(link)
        assert client.state == CONNECTED
        waits.append(link.ms)
    waits.sort()
    assert waits[30] <= 15000, waits


def test_everything_twice_makes_no_storm():
    twice = lambda datagrams: [d for d in datagrams for _ in range(2)]  # noqa: E731
    link = Link(new_client(), ScriptedServer(), twice, twice).run()
    assert link.client.state == CONNECTED and link.ms == 0
    assert len(link.sent) <= 4
    to_and_fro(link)


def test_the_retransmission_schedule_doubles():
    link = times_out(to_server=lambda datagrams: [])
    assert [ms for ms, _ in link.sent] == [0, 1000, 3000, 7000, 15000, 31000, 63000]


def test_the_profile_of_rfc_7925_waits_nine_seconds():
    client = new_client(first_timeout_ms=9000, handshake_timeout_ms=300000)
    link = Link(client, ScriptedServer(), lambda datagrams: [])
    raises(HandshakeTimeout, link.run, 300001)
    assert [ms for ms, _ in link.sent] == [0, 9000, 27000, 63000, 123000, 183000, 243000]
    assert link.ms == 300000


def test_a_repeat_is_the_same_messages_in_new_records():
    link = times_out(to_client=lambda datagrams: datagrams if len(datagrams[0]) < 60 else [])
    bodies = set()
    seen = set()
    for _, datagram in link.sent[1:]:
        bodies.add(datagram[13:])
        seen.add(bytes(datagram[3:11]))
    assert len(bodies) == 1 and len(seen) == len(link.sent) - 1


def test_no_record_number_is_ever_sent_twice():
    server = ScriptedServer(key=b"another key")
    link = Link(new_client(handshake_timeout_ms=3600000), server)
    raises(HandshakeTimeout, link.run, 3600001)
    assert link.client.state == FAILED
    seen = [r[3:11] for _, datagram in link.sent for r in records_of(datagram)]
    assert len(set(seen)) == len(seen)
    finished = [r for _, d in link.sent for r in records_of(d) if r[3:5] == b"\0\1"]
    assert len(finished) > 50
    assert len({r[13:21] for r in finished}) == len(finished)  # explicit nonces
    assert len({r[21:] for r in finished}) == len(finished)  # and so all ciphertexts


def test_a_repeat_of_the_servers_flight_brings_ours_once():
    server = ScriptedServer()
    server.hooks["finished"] = lambda records: []
    server.hooks["change_cipher_spec"] = lambda records: []
    link = Link(new_client(), server)
    link.exchange()
    assert link.client.state == WAIT_CIPHER
    link.to_server = lambda datagrams: []
    sent = len(link.sent)
    flight = record(HANDSHAKE, message(14, 2, b""), 0, 90)
    link.give(flight)
    assert len(link.sent) == sent + 1
    for _ in range(20):
        link.give(flight)
    assert len(link.sent) == sent + 1
    link.client.tick(500)
    link.give(flight)
    assert len(link.sent) == sent + 2


def test_a_repeat_of_an_early_part_of_the_servers_flight_brings_nothing():
    server = ScriptedServer(hint=b"hint")
    server.hooks["finished"] = lambda records: []
    link = Link(new_client(), server)
    link.exchange()
    sent = len(link.sent)
    for kind, seq in ((2, 1), (12, 2)):
        link.give(record(HANDSHAKE, message(kind, seq, bytes(40))))
    assert len(link.sent) == sent


def test_a_message_that_comes_again_late_changes_nothing():
    old = []

    def network(datagrams):
        old.extend(datagrams)
        return datagrams + old[:-1] if datagrams else []

    link = Link(new_client(), ScriptedServer(hint=b"hint"), to_client=network).run()
    assert link.client.state == CONNECTED
    to_and_fro(link)


def test_partial_progress_and_silence_repeats_our_flight_only():
    server = ScriptedServer(hint=b"hint")
    server.hooks["server_hello_done"] = lambda records: []
    link = times_out(server)
    kinds = {datagram[13] for _, datagram in link.sent}
    assert kinds == {1}  # nothing but ClientHellos


def test_progress_without_loss_keeps_the_first_period():
    def slow(datagrams):
        return datagrams

    link = Link(new_client(), ScriptedServer(), to_client=slow)
    link.flush()
    link.client.tick(900)
    link.deliver()
    assert link.client.tick(0) == 1000


def test_after_a_loss_the_next_flight_begins_with_the_first_period():
    server = ScriptedServer()
    link = Link(new_client(), server, to_server=losing(0, 2))
    link.exchange()
    link.wait(1000)
    link.to_client = lambda datagrams: datagrams if len(server.hellos) < 2 else []
    link.wait(2000)
    assert len(server.hellos) == 2 and link.client.tick(0) == 1000


def test_late_and_piecewise_ticks_keep_the_schedule():
    client = new_client()
    client.datagram()
    assert client.tick(0) == 1000
    for _ in range(999):
        client.tick(1)
        assert client.datagram() is None
    assert client.tick(1) == 2000 and client.datagram() is not None
    assert client.tick(50000) == 4000  # very late: one repeat, not many
    assert client.datagram() is not None and client.datagram() is None
    error = raises(HandshakeTimeout, client.tick, 1 << 29)
    assert "no answer" in str(error)


def test_a_tick_when_connected_never_wants_another():
    link = connected()
    assert link.client.tick(0) == -1 and link.client.tick(1 << 29) == -1
    assert link.client.datagram() is None


def test_time_outs_say_what_may_be_wrong():
    silent = lambda datagrams: []  # noqa: E731

    def text(server, to_server=None, to_client=None):
        link = Link(new_client(), server, to_server, to_client)
        return str(raises(HandshakeTimeout, link.run))

    def only(*names):
        server = ScriptedServer()
        server.first = list(names)
        return server

    texts = [
        text(ScriptedServer(), silent),
        text(only()),
        text(only("server_hello")),
        text(ScriptedServer(key=b"another")),
    ]
    for i, word in enumerate(("no answer", "suite", "lost", "key")):
        assert word in texts[i], texts[i]
    assert len(set(texts)) == 4


def test_a_handshake_that_a_forged_alert_follows_completes():
    for body in (b"\2\x28", b"\2\x14", b"\2\0", b"\2\xff"):
        forged = record(ALERT, body)
        for place in range(3):
            count = []

            def add(datagrams, forged=forged, place=place, count=count):
                count.append(1)
                return [forged] + datagrams + [forged] if len(count) == place + 1 else datagrams

            survives(to_client=add)


def test_a_forged_alert_is_forgotten_when_a_message_follows():
    server = ScriptedServer()
    link = Link(new_client(), server)
    link.give(record(ALERT, b"\2\x28"))
    link.flush()
    link.deliver()  # HelloVerifyRequest
    link.flush()
    server.out.clear()  # the ServerHello is lost
    link.run()
    assert link.client.state == CONNECTED and link.ms == 1000


def test_an_alert_that_nothing_follows_is_raised_at_the_timer():
    for number_of_alert, word in ((40, "40"), (115, "identity"), (51, "key"), (20, "key")):
        link = Link(new_client(), ScriptedServer(), to_client=lambda datagrams: [])
        link.flush()
        link.give(record(ALERT, bytes([2, number_of_alert])))
        assert link.client.state < CONNECTED
        error = raises(PeerAlert, link.run)
        assert link.ms == 1000 and error.alert == number_of_alert and word in str(error)
        assert link.client.alert == number_of_alert
        check_wiped(link)


def test_an_alert_after_our_finished_is_raised_at_the_timer():
    server = ScriptedServer()
    server.hooks["change_cipher_spec"] = lambda records: [(ALERT, 0, b"\2\x33")]
    server.last = ["change_cipher_spec"]
    link = Link(new_client(), server)
    error = raises(PeerAlert, link.run)
    assert link.ms == 1000 and error.alert == 51 and "key" in str(error)


def test_the_mtu_falls_after_losses_down_to_a_floor():
    name = "n" * 255
    client = new_client(server_name=name, mtu=1152)
    link = Link(client, ScriptedServer(), to_server=lambda datagrams: [])
    raises(HandshakeTimeout, link.run)
    longest = {}
    for ms, datagram in link.sent:
        longest[ms] = max(longest.get(ms, 0), len(datagram))
    times = sorted(longest)
    whole = longest[0]
    assert whole > 300 and [longest[ms] for ms in times[:2]] == [whole, whole]
    assert longest[times[-1]] <= 228 and longest[times[-1]] > 200


def test_a_path_that_takes_only_small_datagrams_is_found():
    for most in (228, 300, 600):
        small = lambda datagrams, most=most: [d for d in datagrams if len(d) <= most]  # noqa: E731
        client = new_client(Psk(IDENTITY * 16, KEY), server_name="n" * 255)
        server = ScriptedServer(cookies=(bytes(255),), mtu=200, fragment=120)
        Link(client, server, small, small).run()
        assert client.state == CONNECTED and server.client_finished


def test_fragments_that_changed_their_size_after_a_loss_fit_together():
    sizes = []

    def network(datagrams):
        sizes.extend([len(d) for d in datagrams])
        return datagrams[::2] if len(sizes) < 8 else datagrams

    client = new_client(Psk(IDENTITY * 16, KEY), server_name="n" * 255, mtu=400)
    link = Link(client, ScriptedServer(), network).run()
    assert link.server.client_finished and len(set(sizes)) > 2


def test_a_server_that_repeats_while_we_repeat_causes_no_storm():
    server = ScriptedServer()
    link = Link(new_client(), server, to_client=losing(2, 4))
    link.exchange()
    for _ in range(10):
        if link.client.state == CONNECTED:
            break
        server.repeat()
        link.exchange()
        link.wait(200)
    assert link.client.state == CONNECTED
    assert len(link.sent) <= 8


def test_the_last_flight_of_the_server_may_be_lost_many_times():
    server = ScriptedServer()
    link = Link(new_client(), server, to_client=losing(2, 4)).run()
    assert link.client.state == CONNECTED and link.ms == 15000


def test_a_handshake_survives_old_fragments_of_another_one():
    stranger = ScriptedServer(hint=b"stranger", fragment=7)
    Link(new_client(), stranger).exchange()
    junk = [record(HANDSHAKE, fragment(message(12, 2, vector(2, bytes(90))), 10, 50))]
    link = Link(new_client(), ScriptedServer(), to_client=lambda d: junk + d if d else d)
    link.run()
    assert link.client.state == CONNECTED
    assert number(link.sent[0][1][13:14]) == TYPES["client_hello"]
