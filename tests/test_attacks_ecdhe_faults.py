"""Faults of the chip, keys that must be fresh and secrets that must go: rows C11 to C16, X19."""

from binascii import hexlify

from expect import raises
from faults import BreakingPort, Fault
from oracle import check_no_secret, check_wiped, ends_with, leaves, survives
from scripted_ecdhe import (
    CLIENT_PRIVATE,
    CLIENT_SPKI,
    SECP256R1,
    X25519,
    EcdheKeys,
    EcdhePskKeys,
    WatchedPort,
    certificate,
    ecdsa,
    pair,
    sharing,
    trusting,
)
from scripted_server import KEY, Link, Port, ScriptedServer, inside, new_client, number

from dtls_micro.client_key import ClientCertificate, ClientRawKey
from dtls_micro.crypto import p256
from dtls_micro.errors import DtlsError, ProtocolError
from dtls_micro.handshake import CONNECTED, FAILED
from dtls_micro.p256 import P256
from dtls_micro.x25519 import X25519 as GROUP_X25519

_DECRYPT_ERROR = 51
_BOTH = (P256, GROUP_X25519)


def own(**options):
    """Return a credential with a client certificate."""
    client = ClientCertificate(certificate(CLIENT_SPKI), CLIENT_PRIVATE)
    return trusting(client, **options)


def test_c11_ephemeral_keys_are_fresh_for_each_attempt():
    for make, keys in ((own, EcdheKeys), (sharing, EcdhePskKeys)):
        for groups, curve in (((P256,), SECP256R1), (_BOTH, X25519)):
            credential = make(groups=groups)
            port = WatchedPort()
            shares = set()
            for attempt in range(6):
                server = ScriptedServer(keys(curve=curve))
                if attempt & 1:
                    server.bodies["finished"] = lambda body: bytes(12)
                link = Link(new_client(credential, port=port), server)
                if attempt & 1:
                    assert raises(ProtocolError, link.run).alert == _DECRYPT_ERROR
                else:
                    assert link.run().client.state == CONNECTED
                shares.add(server.exchange.share)
            assert len(shares) == 6
            assert len({octets for octets in port.randoms if len(octets) >= 32}) >= 12


def test_c11_the_ephemeral_key_is_made_once_however_many_cookies_are_asked_for():
    shares = []
    for cookies in ((), (b"one",), (b"one", b"two")):
        server = ScriptedServer(EcdheKeys(), cookies=cookies)
        shares.append(Link(new_client(own()), server).run().server.exchange.share)
    assert len(set(shares)) == 1  # no entropy was taken for a cookie


def test_c14_the_clients_signature_is_the_one_of_rfc_6979():
    for seed in (1, 2):
        keys = EcdheKeys(request=True)
        port = Port(seed)
        survives(ScriptedServer(keys), client=new_client(own(), port=port))
        raw = p256.sign(CLIENT_PRIVATE, keys.signed, port.sha256, Port(7).random)
        assert keys.client_signature == pair(number(raw[:32]), number(raw[32:]))
        assert keys.proven()


def kinds():
    """Yield (what makes the keys of a server, credential) for every kind of handshake."""
    raw_key = ClientRawKey(CLIENT_SPKI, CLIENT_PRIVATE)
    yield lambda: EcdheKeys(request=True), own()
    yield lambda: EcdheKeys(raw=True, request=True), trusting(raw_key, raw=True)
    yield lambda: EcdheKeys(curve=X25519), trusting(groups=_BOTH)
    yield lambda: EcdhePskKeys(hint=b"hint"), sharing()
    yield lambda: EcdhePskKeys(curve=X25519), sharing(groups=_BOTH)


def test_c15_a_fault_at_any_call_of_the_port_fails_closed():
    for keys, credential in kinds():
        port = BreakingPort(0, None)
        link = Link(new_client(credential, port=port), ScriptedServer(keys())).run()
        total = link and port.calls
        assert total > 24
        failed = 0
        for place in range(1, total + 1):
            error = (MemoryError("full"), Fault("broken"), OSError("no entropy"))[place % 3]
            port = BreakingPort(place, error)
            link = None
            try:
                link = Link(new_client(credential, port=port), ScriptedServer(keys()))
                link.run()
            except (type(error), DtlsError) as shown:
                assert shown is error or isinstance(shown, DtlsError)
            else:
                raise AssertionError("call %d of %d: the fault was lost" % (place, total))
            if link is not None:
                assert link.client.state != CONNECTED and not link.read
                if link.client.state == FAILED:  # else datagram() failed, and may be called again
                    check_wiped(link)
                    failed += 1
        assert failed > total // 2
        survives(ScriptedServer(keys()), client=new_client(credential))  # nothing sticks


def test_c10_c15_entropy_that_ends_in_the_middle_fails_closed():
    for keys, credential in kinds():
        whole = WatchedPort()
        Link(new_client(credential, port=whole), ScriptedServer(keys())).run()
        assert len(whole.randoms) > 3
        for place in range(1, len(whole.randoms)):  # the first is for client_random
            port = WatchedPort()
            error = OSError("no entropy")
            give = port.random

            def random(n, port=port, give=give, place=place, error=error):
                if len(port.randoms) == place:
                    raise error
                return give(n)

            port.random = random
            link = Link(new_client(credential, port=port), ScriptedServer(keys()))
            assert raises(OSError, link.run) is error
            assert link.client.state == FAILED and not link.server.client_finished
            check_wiped(link)
            check_no_secret(link.client, *port.secrets)


def test_c15_a_fault_of_the_arithmetic_fails_closed():
    for keys, credential in kinds():
        port = WatchedPort()
        Link(new_client(credential, port=port), ScriptedServer(keys())).run()
        for place in range(1, len(port.calls) + 1):
            for error in (MemoryError("full"), Fault("broken"), OSError(5), TypeError("odd")):
                broken = WatchedPort(1, place, error)
                link = Link(new_client(credential, port=broken), ScriptedServer(keys()))
                assert raises(type(error), link.run) is error
                assert link.client.state == FAILED and link.client.alert == 80
                check_wiped(link)
                check_no_secret(link.client, *broken.secrets)
                sent = [alert for alert in link.server.alerts if alert[1] == 2]
                assert sent == [(0, 2, 80)] or link.server.unopened
        survives(ScriptedServer(keys()), client=new_client(credential))


def texts(error, seen):
    """Yield what an exception and those behind it say and hold, their tracebacks left out."""
    while error is not None and id(error) not in seen:
        seen.append(id(error))
        yield str(error)
        yield repr(error)
        for leaf in leaves(list(error.args), []):
            yield repr(leaf)
        error = getattr(error, "__context__", None)


def test_c16_no_secret_is_left_in_the_client_after_success():
    for keys, credential in kinds():
        port = WatchedPort()
        link = survives(ScriptedServer(keys()), client=new_client(credential, port=port))
        ephemeral = [octets for octets in port.randoms[1:] if len(octets) >= 32]
        secrets = port.secrets + ephemeral + [CLIENT_PRIVATE, link.server.master]
        check_no_secret(link.client, *secrets)
        assert inside(link.client).exchange is None
        check_no_secret(credential, *(port.secrets + ephemeral + link.server.exchange.secrets))
        for shown in (repr(link.client), repr(credential), repr(inside(link.client))):
            assert hexlify(KEY).decode() not in shown and repr(CLIENT_PRIVATE) not in shown


def failures():
    """Yield functions that make a server fail at some point of the handshake."""

    def body(name, change):
        def make(server):
            server.bodies[name] = change

        return make

    yield body("finished", lambda honest: bytes(12))
    yield body("server_hello_done", lambda honest: b"\0")
    yield body("server_hello", lambda honest: honest[:40])
    yield body("server_key_exchange", lambda honest: honest[:-1])
    yield lambda server: setattr(server.exchange, "point", bytes(len(server.exchange.point)))
    yield lambda server: server.last.insert(1, 11)
    yield lambda server: server.last.remove("finished")


def test_c16_no_secret_is_left_in_the_client_or_its_error_after_a_failure():
    for keys, credential in kinds():
        for spoil in failures():
            port = WatchedPort()
            server = ScriptedServer(keys())
            spoil(server)
            link = Link(new_client(credential, port=port), server)
            error = raises(DtlsError, link.run)
            ephemeral = [octets for octets in port.randoms[1:] if len(octets) >= 32]
            secrets = port.secrets + ephemeral + server.exchange.secrets + [CLIENT_PRIVATE, KEY]
            check_no_secret(link.client, *secrets)
            check_wiped(link)
            for text in texts(error, []):
                for secret in secrets:
                    assert hexlify(secret).decode() not in text
                    assert repr(secret)[2:-1] not in text
                    assert str(number(secret)) not in text
        survives(ScriptedServer(keys()), client=new_client(credential))


def test_x19_a_credential_is_judged_anew_after_a_failure_and_after_a_success():
    credential = own()
    for _ in range(3):
        survives(ScriptedServer(EcdheKeys()), client=new_client(credential))
        keys = EcdheKeys()
        keys.sign = lambda data: ecdsa(CLIENT_PRIVATE, data)
        ends_with(_DECRYPT_ERROR, ScriptedServer(keys), client=new_client(credential))
        keys = EcdheKeys(chain=[certificate(CLIENT_SPKI)])
        ends_with(42, ScriptedServer(keys), client=new_client(credential))
