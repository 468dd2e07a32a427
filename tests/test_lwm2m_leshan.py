"""Bootstrap, registration and management with Leshan: OMA's enabler tests by their numbers."""

import hashlib
import subprocess
import time

import pytest
from certificates_for_tests import CLIENT, RSA, identity
from proxy import TO_CLIENT, TO_SERVER, Link, Relay
from servers_coap import LibCoap
from servers_leshan import (
    BOOTSTRAP_KEY,
    KEY,
    Device,
    Leshan,
    client_account,
    der,
    raw_key_account,
)

from dtls_micro.coap.connection import connect
from dtls_micro.lwm2m import accounts, formats
from dtls_micro.lwm2m.accounts import Security
from dtls_micro.lwm2m.accounts import Server as LwServer
from dtls_micro.psk import Psk

from runtimes import BOTH, CPYTHON, MICROPYTHON  # isort: skip

TLV, JSON, CBOR, TEXT, OPAQUE = 11542, 110, 112, 0, 42
WAYS = [(python, use) for python in BOTH for use in ("blocking", "aio")]


@pytest.fixture(scope="module")
def leshan():
    with Leshan() as peer:
        yield peer


@pytest.fixture
def name(request):
    """Return an endpoint name of the test's own."""
    text = request.node.name.replace("[", "-").replace("]", "")
    return text[-50:]


def requests_of(leshan, name):
    """Return what the bootstrap server has asked and heard."""
    return [
        (
            one["request"].replace("Bootstrap", "").replace("Request", ""),
            one["path"],
            one["answer"],
        )
        for one in leshan.events(name)
        if one["event"] == "bootstrap_answer"
    ]


@pytest.fixture
def device(leshan, name):
    """Return a device on MicroPython that is registered by a factory account."""
    leshan.add(name)
    with Device(MICROPYTHON, leshan.registered_job(name)) as one:
        leshan.event("registered", name)
        yield one


# Bootstrap


@pytest.mark.parametrize("python, use", WAYS)
def test_0_and_1_client_initiated_bootstrap_with_a_psk(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.job(name, use=use)) as device:
        found = leshan.event("registered", name)
        assert (found["lifetime"], found["version"]) == (300, "1.1")
        assert found["instances"] == "[/1/0, /3/0, /4/0, /5/0, /3303/0]"
        device.stop()
    assert not leshan.event("unregistered", name)["expired"]
    assert [one[:2] for one in requests_of(leshan, name)] == [
        ("Delete", "/0"),
        ("Delete", "/1"),
        ("Write", "/0/0"),
        ("Write", "/0/1"),
        ("Write", "/1/0"),
        ("Finish", "null"),
    ]


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_6_sequence_in_each_format(leshan, name, form):
    leshan.add(name, format=form)
    with Device(MICROPYTHON, leshan.job(name)):
        leshan.event("registered", name)
    assert all("(2" in one[2] for one in requests_of(leshan, name))


def test_6_sequence_with_discover(leshan, name):
    """The bootstrap server finds by itself where the accounts go."""
    leshan.add(name, auto=True)
    with Device(MICROPYTHON, leshan.job(name)):
        leshan.event("registered", name)
    assert requests_of(leshan, name)[0][0] == "Discover"


@pytest.mark.parametrize("usage", [0, 1, 2, 3])
@pytest.mark.parametrize("python", BOTH)
def test_2_and_402_certificates(leshan, name, python, usage):
    leshan.add(name)
    mine = identity(CLIENT)
    common = mine.chain[0].subject.rfc4514_string().removeprefix("CN=")
    leshan.add(common)
    leshan.ask("key", common, mode="x509")
    leshan.configure(name, client_account(leshan, usage))
    job = leshan.job(name, timeout=None)
    job["settings"]["anchors"] = [der(mine.root).hex()] if usage < 2 else []
    with Device(python, job) as device:
        device.line("Finish: the accounts are stored")
        device.line("4.03" if common != name else "registered with")
    job = leshan.registered_job(common)
    account = client_account(leshan, usage)
    made = {"uri": leshan.uri, "mode": 2, "ssid": 1, "usage": usage}
    made.update(identity=account["identity"], secret=account["key"])
    made["server_key"] = account["server_key"]
    job["accounts"][0][0] = made
    job["settings"]["anchors"] = [der(mine.root).hex()]
    with Device(python, job) as device:
        leshan.event("registered", common)
        device.stop()
    leshan.event("unregistered", common)


@pytest.mark.parametrize("python", BOTH)
def test_403_raw_public_keys(leshan, name, python):
    leshan.add(name)
    mine = identity(CLIENT)
    leshan.ask("key", name, mode="rpk", key=mine.spki.hex())
    leshan.configure(name, raw_key_account(leshan))
    with Device(python, leshan.job(name)) as device:
        leshan.event("registered", name)
        assert leshan.ask("read", name, path="/3/0/0")["content"] == "Example"
        device.stop()


# Mode, usage and matching type. Leshan's bootstrap server writes no hashes, and its server sends
# no root, which usage 2 with a hash wants.
@pytest.mark.parametrize("mode, usage, matching", [(2, 0, 1), (2, 1, 2), (2, 3, 3), (1, None, 1)])
@pytest.mark.parametrize("python", BOTH)
def test_402_and_403_with_a_hash(leshan, name, python, mode, usage, matching):
    mine = identity(CLIENT)
    known = mine.chain[0].subject.rfc4514_string().removeprefix("CN=") if mode == 2 else name
    leshan.ask("key", known, mode="x509" if mode == 2 else "rpk", key=mine.spki.hex())
    given = {0: der(mine.root), None: leshan.own.spki}.get(usage, der(leshan.own.chain[0]))
    hashed = hashlib.new(("sha256", "sha384", "sha512")[matching - 1], given)
    job = leshan.registered_job(known)
    made = client_account(leshan) if mode == 2 else raw_key_account(leshan)
    made = {"identity": made["identity"], "secret": made["key"]}
    made["server_key"] = hashed.hexdigest()
    made.update(uri=leshan.uri, mode=mode, ssid=1, usage=usage, matching=matching)
    job["accounts"][0][0] = made
    job["settings"]["anchors"] = [der(mine.root).hex()]
    with Device(python, job) as device:
        leshan.event("registered", known)
        device.stop()
    leshan.event("unregistered", known)


def test_4_delete(leshan, name):
    leshan.add(name, delete=["/"])
    with Device(MICROPYTHON, leshan.job(name)):
        leshan.event("registered", name)
    assert requests_of(leshan, name)[0] == ("Delete", "/", "DELETED(202)")


def test_5_the_bootstrap_request_trigger(leshan, name):
    leshan.add(name)
    with Device(MICROPYTHON, leshan.job(name)) as device:
        leshan.event("registered", name)
        leshan.configure(name, leshan.psk_account(name), lifetime=777)
        assert leshan.ask("execute", name, path="/1/0/9")["code"] == "2.04"
        leshan.event("bootstrapped", name, count=2)
        assert leshan.event("registered", name)["lifetime"] == 777
        device.stop()


def test_7_fallback_to_bootstrap_when_the_server_is_gone(leshan, name):
    leshan.add(name)
    job = leshan.registered_job(name)
    job["bootstrap"] = leshan.job(name)["bootstrap"]
    job["accounts"][0][0]["uri"] = "coaps://127.0.0.1:9"
    job["accounts"][0][1].update(retries=1)
    job["settings"]["timeout"] = 10
    with Device(MICROPYTHON, job) as device:
        leshan.event("registered", name)
        device.line("coaps://127.0.0.1:9: ")


@pytest.mark.parametrize("python", BOTH)
def test_8_read(leshan, name, python):
    """The bootstrap server reads what it wrote: objects 1 and 2 alone, and never the keys."""
    leshan.add(name, lifetime=432)
    assert "error" not in leshan.ask(
        "bootstrap_read", name, paths=["/1", "/1/0", "/2", "/0", "/3"]
    )
    with Device(python, leshan.job(name)):
        leshan.event("registered", name)
    found = {path: answer for asked, path, answer in requests_of(leshan, name) if asked == "Read"}
    for path in ("/1", "/1/0"):
        assert found[path].startswith("CONTENT(205) ") and "value=432" in found[path], found
    assert found["/2"].startswith("NOT_FOUND(404)")
    for path in ("/0", "/3"):
        assert found[path].startswith("METHOD_NOT_ALLOWED(405)"), found
    assert KEY.hex() not in str(found).lower()


def test_9_consistency_finish_is_refused(leshan, name):
    """An account without its server is not usable: 4.06, and nothing is kept."""
    leshan.add(name)
    leshan.configure(name, leshan.psk_account(name), servers={})
    with Device(MICROPYTHON, leshan.job(name)) as device:
        leshan.event("bootstrap_failed", name)
        device.line("not usable: no server for the account of server 123")
        leshan.configure(name, leshan.psk_account(name))
        leshan.event("registered", name)  # it has tried again
    assert ("Finish", "null") in [one[:2] for one in requests_of(leshan, name)]


def test_new_accounts_that_do_not_work_give_way_to_the_old_ones(leshan, name, tmp_path):
    leshan.add(name)
    job = leshan.job(name, store="accounts.dtls")
    job["settings"]["timeout"] = 10
    with Device(MICROPYTHON, job, tmp_path) as device:
        leshan.event("registered", name)
        wrong = leshan.psk_account(name, uri="coaps://127.0.0.1:9")
        servers = {"0": {"ssid": 123, "lifetime": 300}}
        leshan.configure(name, wrong, servers=servers)
        appears(tmp_path / "accounts.dtls")
        kept = (tmp_path / "accounts.dtls").read_bytes()
        leshan.ask("execute", name, path="/1/0/9")
        leshan.event("bootstrapped", name, count=2)
        appears(tmp_path / "accounts.dtls.trial")
        assert (tmp_path / "accounts.dtls").read_bytes() == kept
        device.kill()  # the power goes while the new set is on trial
    with Device(MICROPYTHON, job, tmp_path) as device:
        device.line("coaps://127.0.0.1:9: ")


def appears(path):
    """Wait for a file, whole as it is when it has its name."""
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_accounts_are_stored_and_need_no_second_bootstrap(leshan, name, tmp_path):
    leshan.add(name)
    job = leshan.job(name, store="accounts.dtls")
    with Device(MICROPYTHON, job, tmp_path) as device:
        leshan.event("registered", name)
        appears(tmp_path / "accounts.dtls")
        device.kill()
    before = len(requests_of(leshan, name))
    with Device(CPYTHON, job, tmp_path):  # the same files on the other Python
        leshan.event("registered", name)
    assert len(requests_of(leshan, name)) == before


def test_a_power_cut_in_the_middle_of_a_bootstrap(leshan, name, tmp_path):
    leshan.add(name)
    for i, line in enumerate(("Delete /0", "Write /0/1", "Write /1/0", "Finish")):
        job = leshan.job(name, store="accounts-%d.dtls" % i)
        with Device(MICROPYTHON, job, tmp_path) as device:
            device.line(line)
            device.kill()
        with Device(MICROPYTHON, job, tmp_path) as device:
            device.line("registered")


@pytest.mark.parametrize("python, use", WAYS)
def test_12_a_server_without_packs_gets_a_bootstrap_request(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.job(name, use=use, settings={"pack": True})) as device:
        leshan.event("registered", name)
        assert "no Bootstrap-Pack: 4.04" in device.text
        device.stop()
    assert requests_of(leshan, name)[-1][0] == "Finish"


@pytest.fixture(scope="module")
def packs():
    """Return a server over DTLS that gives what was put there, in blocks if it is long."""
    with LibCoap() as server:
        yield server


def give_pack(packs, form, *records):
    """Put a pack on the server: of records (path, kind, value)."""
    with connect(packs.uri("", True), Psk(b"any", packs.key), timeout=10) as endpoint:
        octets = formats.encode(form, sorted(records, key=lambda one: one[0]), ())
        endpoint.delete("/bspack")  # a resource keeps the format that it was made with
        assert endpoint.put("/bspack", octets, content_format=form).ok
        return len(octets)


def pack_of(leshan, name, lifetime=300, **more):
    """Return the records of a server's account."""
    account = Security(leshan.uri, 0, name.encode(), KEY, ssid=123, **more)
    tree = accounts.of(Security(), account, LwServer(123, lifetime))
    tree.remove((0, 0))
    return tree.read((0,), "") + tree.read((1,), "")


def pack_job(packs, name, **settings):
    account = {"uri": packs.uri("", True), "identity": b"any".hex(), "secret": packs.key.hex()}
    return {"name": name, "bootstrap": account, "settings": dict(settings, pack=True, retry=1)}


@pytest.mark.parametrize("form", [CBOR, JSON])
@pytest.mark.parametrize("python, use", WAYS)
def test_12_a_pack_over_dtls_in_blocks(leshan, packs, name, tmp_path, python, use, form):
    leshan.add(name)
    # Names of vendors' resources make it long; nobody here knows them.
    more = [((0, 1, 26000 + i), "s", "x" * 100) for i in range(25)]
    assert give_pack(packs, form, *pack_of(leshan, name), *more) > 2500
    job = dict(pack_job(packs, name), use=use, store="accounts.dtls")
    with Device(python, job, tmp_path) as device:
        device.line("Bootstrap-Pack: the accounts are stored")
        assert leshan.event("registered", name)["lifetime"] == 300
        appears(tmp_path / "accounts.dtls")
        device.kill()
    with Device(python, dict(job, settings={}), tmp_path) as device:  # they are there
        leshan.event("registered", name)
        device.stop()
        assert "Bootstrap-Pack" not in device.text


@pytest.mark.parametrize("python", BOTH)
def test_12_a_pack_that_is_bad_or_too_long_changes_nothing(leshan, packs, name, python):
    leshan.add(name)
    long = [((0, 1, 26000 + i), "s", "x" * 1000) for i in range(17)]
    for more, reason in ((long, "16384 bytes"), ([((3, 0, 15), "s", "x")], "not for a pack")):
        give_pack(packs, CBOR, *pack_of(leshan, name), *more)
        with Device(python, pack_job(packs, name)) as device:
            assert reason in device.line("no Bootstrap-Pack: ")
            device.line("the bootstrap server will write")  # libcoap takes a POST to /bs
            assert "registered" not in device.text


def test_an_unknown_identity_is_told_with_its_reason(leshan, name):
    job = leshan.job(name)
    job["settings"]["timeout"] = 3
    with Device(MICROPYTHON, job) as device:
        assert "identity" in device.line("bootstrap: ")


def test_a_wrong_key_is_told_with_its_reason(leshan, name):
    leshan.add(name)
    job = leshan.job(name)
    job["bootstrap"]["secret"] = bytes(16).hex()
    job["settings"]["timeout"] = 3
    with Device(MICROPYTHON, job) as device:
        assert "key" in device.line("bootstrap: ")


def test_a_bootstrap_server_without_a_configuration(leshan, name):
    leshan.ask("bootstrap_key", name, mode="psk", identity=name + "-bs", key=BOOTSTRAP_KEY.hex())
    with Device(MICROPYTHON, leshan.job(name)) as device:
        assert "4.00" in device.line("bootstrap: ")


# Registration


@pytest.mark.parametrize("python, use", WAYS)
def test_101_register(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.registered_job(name, use=use)):
        told = leshan.event("registered", name)
        assert told["lifetime"] == 300
        assert "/1/0" in told["instances"] and "/3/0" in told["instances"]


@pytest.mark.parametrize("python, use", WAYS)
def test_102_update(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.registered_job(name, use=use)) as device:
        leshan.event("registered", name)
        device.say("update")
        leshan.event("updated", name)
        device.say("add")
        assert "/3303/1" in leshan.event("updated", name)["instances"]
        device.say("remove 1")
        assert "/3303/1" not in leshan.event("updated", name)["instances"]
        device.stop()


@pytest.mark.parametrize("python, use", WAYS)
def test_103_deregister(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.registered_job(name, use=use)) as device:
        leshan.event("registered", name)
        device.stop()
    assert not leshan.event("unregistered", name)["expired"]


def test_104_the_update_trigger(leshan, name, device):
    assert leshan.ask("execute", name, path="/1/0/8")["code"] == "2.04"
    leshan.event("updated", name)


def test_105_a_discarded_update_becomes_a_registration(leshan, name, device):
    leshan.ask("forget", name)
    device.say("update")
    leshan.event("registered", name)
    device.line("4.04")


@pytest.mark.parametrize("python", BOTH)
def test_107_the_lifetime_is_kept(leshan, name, python):
    leshan.add(name)
    with Device(python, leshan.registered_job(name, lifetime=10)):
        leshan.event("registered", name)
        leshan.event("updated", name)
        leshan.event("updated", name)
        assert not [one for one in leshan.events(name) if one["event"] == "unregistered"]


def test_107_a_new_lifetime(leshan, name, device):
    assert leshan.ask("write", name, path="/1/0/1", value=50, format=TLV)["code"] == "2.04"
    assert leshan.event("updated", name)["lifetime"] == 50


def test_108_queue_mode(leshan, name):
    leshan.add(name)
    job = leshan.registered_job(name)
    job["settings"]["queue"] = True
    with Device(MICROPYTHON, job):
        assert leshan.event("registered", name)["queue"] is True


def test_109_queue_mode_by_a_binding_that_is_written(leshan, name, device):
    assert leshan.ask("write", name, path="/1/0/7", value="UQ")["code"] == "2.04"
    leshan.event("updated", name)
    leshan.ask("forget", name)
    device.say("update")
    assert leshan.event("registered", name)["queue"] is True


def test_401_a_pre_shared_key(leshan, name, device):
    assert leshan.ask("read", name, path="/3/0/0")["content"] == "Example"


def test_disable(leshan, name, device):
    assert leshan.ask("write", name, path="/1/0/5", value=1)["code"] == "2.04"
    assert leshan.ask("execute", name, path="/1/0/4")["code"] == "2.04"
    leshan.event("unregistered", name)
    leshan.event("registered", name)


def test_an_endpoint_name_that_is_not_the_identity_s(leshan, name):
    leshan.add(name)
    job = leshan.registered_job(name)
    job["name"] = name + "-other"
    with Device(MICROPYTHON, job) as device:
        assert "endpoint name" in device.line("4.03")


def test_no_security_if_it_is_allowed(leshan, name):
    account = {"uri": leshan.plain_uri, "mode": 3, "ssid": 1}
    job = leshan.registered_job(name)
    job["accounts"] = [[account, {"ssid": 1}]]
    with Device(MICROPYTHON, job) as device:
        device.line("not allowed")
    job["settings"]["allow_nosec"] = True
    with Device(MICROPYTHON, job):
        leshan.event("registered", name)


def test_the_server_is_restarted(name):
    """The new one has the keys and the address, and no memory of the device."""
    with Leshan() as first:
        first.add(name)
        with Device(MICROPYTHON, first.registered_job(name, lifetime=6)) as device:
            device.line("registered with")
            first.process.kill()
            first.process.wait()
            second = Leshan()
            second.port = first.port
            with second:
                second.add(name)
                second.event("registered", name, 200)
                device.stop()


# Device management


def test_201_querying_basic_information_in_plain_text(leshan, name, device):
    for path, value in (("/3/0/0", "Example"), ("/3/0/1", "M1"), ("/3/0/2", "SN1")):
        assert leshan.ask("read", name, path=path, format=TEXT)["content"] == value


def test_203_querying_basic_information_in_tlv(leshan, name, device):
    found = leshan.ask("read", name, path="/3/0", format=TLV)["content"]
    assert (found["0"], found["1"], found["2"]) == ("Example", "M1", "SN1")


def test_read_in_each_format(leshan, name, device):
    assert leshan.ask("read", name, path="/3/0/0", format=TEXT)["content"] == "Example"
    for form in (TLV, JSON, CBOR):
        found = leshan.ask("read", name, path="/3/0", format=form)
        assert found["code"] == "2.05" and found["content"]["2"] == "SN1"
    # Leshan has no definition of this object: TLV stays as it is, in hex.
    for form, units in ((TLV, b"Cel".hex()), (JSON, "Cel"), (CBOR, "Cel")):
        assert leshan.ask("read", name, path="/3303", format=form)["content"]["0"]["5701"] == units
    assert leshan.ask("read", name, path="/4/0/4")["content"] == {"0": "127.0.0.1"}
    assert leshan.ask("read", name, path="/3/0/9")["code"] == "4.04"
    assert leshan.ask("read", name, path="/3/0/4")["code"] == "4.05"


@pytest.mark.parametrize("form", [TLV, JSON, CBOR, TEXT])
def test_205_write(leshan, name, device, form):
    assert leshan.ask("write", name, path="/3303/0/5850", value=7, format=form)["code"] == "2.04"
    device.line("limit 7")
    bad = leshan.ask("write", name, path="/3303/0/5850", value=-7, format=form)
    assert bad["code"] == "4.00"
    assert leshan.ask("read", name, path="/3303/0/5850")["content"] == "7"
    assert leshan.ask("write", name, path="/3303/0/5700", value=1.5, format=form)["code"] == "4.05"


def test_205_write_opaque(leshan, name, device):
    value = {"hex": "00ff" * 8}
    for form in (TLV, JSON, CBOR, OPAQUE):
        assert leshan.ask("write", name, path="/3303/0/5910", value=value, format=form)[
            "code"
        ] == ("2.04")
        found = leshan.ask("read", name, path="/3303/0/5910", format=form)
        assert found["content"] == value["hex"]


def test_a_large_write_comes_in_blocks(leshan, name, device):
    value = {"hex": bytes(range(256)).hex() * 10}
    assert (
        leshan.ask("write", name, path="/3303/0/5910", value=value, format=TLV)["code"] == "2.04"
    )
    assert leshan.ask("read", name, path="/3303/0/5910")["content"] == value["hex"]


def test_221_security_is_refused(leshan, name, device):
    assert leshan.ask("read", name, path="/0")["code"] == "4.01"
    assert leshan.ask("read", name, path="/0/0")["code"] == "4.01"
    assert leshan.ask("write", name, path="/0/0/0", value="coaps://evil")["code"] == "4.01"
    assert leshan.ask("delete", name, path="/0/0")["code"] == "4.01"
    assert leshan.ask("discover", name, path="/0")["code"] == "4.01"


def test_215_setting_basic_information_in_tlv(leshan, name, device):
    basic = {"2": 101, "3": 1010, "5": 2000, "6": True, "7": "U"}
    before = leshan.ask("read", name, path="/1/0", format=TLV)["content"]
    assert leshan.ask("update", name, path="/1/0", value=basic, format=TLV)["code"] == "2.04"
    found = leshan.ask("read", name, path="/1/0", format=TLV)["content"]
    assert [found[one] for one in basic] == ["101", "1010", "2000", "true", "U"]
    assert (found["0"], found["1"]) == (before["0"], before["1"])
    again = {"1": 300, "6": False, "7": "U"}
    assert leshan.ask("replace", name, path="/1/0", value=again, format=TLV)["code"] == "2.04"
    again["0"] = 1  # is read-only
    assert leshan.ask("replace", name, path="/1/0", value=again, format=TLV)["code"] == "4.05"
    found = leshan.ask("read", name, path="/1/0", format=TLV)["content"]
    assert (found["0"], found["1"], found["6"], found["7"]) == ("1", "300", "false", "U")


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_222_read_on_object(leshan, name, device, form):
    for path, resource, value in (("/1", "0", "1"), ("/3", "0", "Example")):
        found = leshan.ask("read", name, path=path, format=form)
        assert found["code"] == "2.05" and list(found["content"]) == ["0"]
        assert found["content"]["0"][resource] == value


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_223_read_on_object_instance(leshan, name, device, form):
    found = leshan.ask("read", name, path="/1/0", format=form)["content"]
    assert (found["0"], found["1"], found["6"], found["7"]) == ("1", "300", "true", "U")
    found = leshan.ask("read", name, path="/3/0", format=form)["content"]
    assert (found["0"], found["11"], found["16"]) == ("Example", {"0": "0"}, "U")


@pytest.mark.parametrize("form", [TLV, JSON, CBOR, TEXT])
def test_224_read_on_resource(leshan, name, device, form):
    for path, value in (("/1/0/0", "1"), ("/1/0/1", "300"), ("/1/0/6", "true"), ("/3/0/16", "U")):
        assert leshan.ask("read", name, path=path, format=form)["content"] == value


@pytest.mark.parametrize("form", [TLV, JSON, CBOR, TEXT])
def test_225_read_on_resource_instance(leshan, name, device, form):
    assert leshan.ask("read", name, path="/3/0/11/0", format=form)["content"] == "0"
    assert leshan.ask("read", name, path="/3/0/11/1", format=form)["code"] == "4.04"


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_226_write_partial_update_on_object_instance(leshan, name, device, form):
    part = {"1": 200, "6": False}
    assert leshan.ask("update", name, path="/1/0", value=part, format=form)["code"] == "2.04"
    assert leshan.event("updated", name)["lifetime"] == 200
    found = leshan.ask("read", name, path="/1/0", format=form)["content"]
    assert (found["0"], found["1"], found["6"], found["7"]) == ("1", "200", "false", "U")


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_227_write_replace_on_resource(leshan, name, device, form):
    for value in ({"0": "a", "1": "b"}, {"1": "c"}):
        said = leshan.ask("write", name, path="/3303/0/5750", value=value, format=form)
        assert said["code"] == "2.04"
        assert leshan.ask("read", name, path="/3303/0/5750", format=JSON)["content"] == value
    assert leshan.ask("write", name, path="/1/0/2", value=10, format=form)["code"] == "2.04"
    assert leshan.ask("read", name, path="/1/0/2")["content"] == "10"


@pytest.mark.parametrize("form", [TLV, JSON, CBOR, TEXT])
def test_228_write_on_resource_instance(leshan, name, device, form):
    before = {"0": "a", "1": "b"}
    leshan.ask("write", name, path="/3303/0/5750", value=before, format=JSON)
    said = leshan.ask("write", name, path="/3303/0/5750/1", value="c", format=form)
    assert said["code"] == "2.04"
    after = leshan.ask("read", name, path="/3303/0/5750", format=JSON)["content"]
    assert after == {"0": "a", "1": "c"}


def test_237_read_on_object_without_a_content_format(leshan, name, device):
    assert leshan.ask("read", name, path="/1")["content"]["0"]["1"] == "300"
    assert leshan.ask("read", name, path="/3")["content"]["0"]["0"] == "Example"


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_read_on_object_without_any_instance(leshan, name, device, form):
    device.say("remove 0")
    assert "/3303/0" not in leshan.event("updated", name)["instances"]
    found = leshan.ask("read", name, path="/3303", format=form)
    assert "error" not in found, found
    assert (found["code"], found["content"]) == ("2.05", {})


def test_create_without_a_number(leshan, name, device):
    for i in (1, 2):
        made = leshan.ask("create", name, path="/3303", value={"5701": "K"}, format=TLV)
        assert (made["code"], made["content"]) == ("2.01", "3303/%d" % i)
    assert leshan.ask("create", name, path="/3", value={"0": "K"}, format=TLV)["code"] == "4.05"


@pytest.mark.parametrize("form", [TLV, JSON, CBOR])
def test_create_update_delete(leshan, name, device, form):
    made = leshan.ask("create", name, path="/3303", instance=1, value={"5701": "K"}, format=form)
    assert made["code"] == "2.01" and made["content"] == "3303/1"
    leshan.event("updated", name)
    found = leshan.ask("update", name, path="/3303/1", value={"5850": 3}, format=form)
    assert found["code"] == "2.04"
    content = leshan.ask("read", name, path="/3303/1", format=JSON)["content"]
    assert (content["5701"], content["5850"]) == ("K", "3")
    assert leshan.ask("delete", name, path="/3303/1")["code"] == "2.02"
    assert leshan.ask("read", name, path="/3303/1")["code"] == "4.04"
    assert leshan.ask("delete", name, path="/3/0")["code"] == "4.05"


def test_execute(leshan, name, device):
    assert leshan.ask("execute", name, path="/3303/0/5605", value="1='a'")["code"] == "2.04"
    device.line("reset 1='a'")
    assert leshan.ask("execute", name, path="/3303/0/5700")["code"] == "4.05"


def test_241_reboot(leshan, name, device):
    assert leshan.ask("execute", name, path="/3/0/4")["code"] == "2.04"
    device.line("rebooted")


def test_260_discover_and_attributes(leshan, name, device):
    assert leshan.ask("attributes", name, path="/3303/0", value="pmin=5&pmax=60")["code"] == "2.04"
    assert leshan.ask("attributes", name, path="/3303/0/5700", value="gt=30")["code"] == "2.04"
    found = leshan.ask("discover", name, path="/3303/0")["content"]
    # 30.0 is Leshan's way to write it
    assert found.startswith("</3303/0>;pmin=5;pmax=60,</3303/0/5700>;gt=30.0")
    assert "</3303/0/5605>" in found
    found = leshan.ask("discover", name, path="/3303/0/5700")["content"]
    assert found == "</3303/0/5700>;pmin=5;pmax=60;gt=30.0"


def test_composite_operations(leshan, name, device):
    for form in (JSON, CBOR):
        paths = ["/3/0/0", "/3303/0/5701"]
        found = leshan.ask("read_composite", name, paths=paths, format=form)
        assert found["content"]["/3/0/0"] == "Example"
        value = {"/3303/0/5701": "K", "/3303/0/5850": form}
        assert leshan.ask("write_composite", name, value=value, format=form)["code"] == "2.04"
        assert leshan.ask("read", name, path="/3303/0/5850")["content"] == str(form)


# Information reporting


@pytest.mark.parametrize("python, use", WAYS)
def test_301_observe_and_notify(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.registered_job(name, use=use)) as device:
        leshan.event("registered", name)
        assert leshan.ask("observe", name, path="/3303/0/5700")["content"] == "21.5"
        device.say("value 22.5")
        assert leshan.event("notified", name)["content"] == "22.5"
        device.say("value 23.5")
        assert leshan.event("notified", name)["content"] == "23.5"
        device.stop()


@pytest.mark.parametrize("python, use", WAYS)
def test_302_cancel_by_a_reset(leshan, name, python, use):
    """The server forgets the observation, and answers what is notified then with a Reset."""
    leshan.add(name)
    with Relay(("127.0.0.1", leshan.port + 1), Link(delay_ms=0)) as relay:
        job = leshan.registered_job(name, use=use)
        job["accounts"][0][0]["uri"] = "coaps://127.0.0.1:%d" % relay.address[1]
        with Device(python, job) as device:
            leshan.event("registered", name)
            assert leshan.ask("observe", name, path="/3303/0/5700")["content"] == "21.5"
            device.say("value 22.5")
            assert leshan.event("notified", name)["content"] == "22.5"
            leshan.ask("forget_observation", name, path="/3303/0/5700")
            time.sleep(1)  # until what is under way has come
            sent = dict(relay.link.sent)
            device.say("value 23.5")  # is refused
            until = time.monotonic() + 30
            while relay.link.sent[TO_CLIENT] == sent[TO_CLIENT] and time.monotonic() < until:
                time.sleep(0.05)
            assert relay.link.sent[TO_SERVER] == sent[TO_SERVER] + 1
            device.say("value 24.5")  # and nobody is told any more
            time.sleep(2)
            assert relay.link.sent[TO_SERVER] == sent[TO_SERVER] + 1
            device.stop()


@pytest.mark.parametrize("python, use", WAYS)
def test_303_cancel_by_observe_1(leshan, name, python, use):
    leshan.add(name)
    with Device(python, leshan.registered_job(name, use=use)) as device:
        leshan.event("registered", name)
        assert leshan.ask("observe", name, path="/3303/0/5700")["content"] == "21.5"
        device.say("value 23.5")
        assert leshan.event("notified", name)["content"] == "23.5"
        assert leshan.ask("cancel", name, path="/3303/0/5700")["code"] == "2.05"
        device.say("value 24.5")
        with pytest.raises(AssertionError):
            leshan.event("notified", name, 2)
        device.stop()


def test_301_gt_and_pmax(leshan, name, device):
    leshan.ask("attributes", name, path="/3303/0/5700", value="gt=30")
    leshan.ask("observe", name, path="/3303/0/5700")
    device.say("value 29.5")
    device.say("value 30.5")
    assert leshan.event("notified", name)["content"] == "30.5"
    leshan.ask("attributes", name, path="/3303/0/5700", value="pmax=2")
    assert leshan.event("notified", name)["content"] == "30.5"


def test_observe_composite(leshan, name, device):
    paths = ["/3303/0/5700", "/3303/0/5701"]
    assert leshan.ask("observe_composite", name, paths=paths, format=CBOR)["code"] == "2.05"
    device.say("value 25.5")
    assert "25.5" in leshan.event("notified", name)["content"]


# Firmware update


@pytest.mark.parametrize("python, use", WAYS)
def test_firmware_is_pulled(leshan, name, python, use):
    """Leshan writes the URI; the image is libcoap's, by blocks over DTLS."""
    image = bytes(range(256)) * 64
    leshan.add(name)
    with (
        LibCoap(identity=name, key=KEY) as server,
        Device(python, leshan.registered_job(name, use=use)) as device,
    ):
        leshan.event("registered", name)
        uri = server.uri("/example_data", secure=False)
        words = ["coap-client-notls", "-m", "put", "-b", "1024", "-f", "-", uri]
        subprocess.run(words, input=image, check=True, timeout=30)
        assert leshan.ask("write", name, path="/5/0/1", value=uri)["code"] == "2.04"
        assert (
            leshan.ask("read", name, path="/5/0/5")["content"] == "9"
        )  # coap:// protects nothing
        uri = server.uri("/example_data", secure=True)
        assert leshan.ask("write", name, path="/5/0/1", value=uri)["code"] == "2.04"
        device.line("verified 16384 " + hashlib.sha256(image).hexdigest())
        assert leshan.ask("read", name, path="/5/0/3")["content"] == "2"
        assert leshan.ask("execute", name, path="/5/0/2")["code"] == "2.04"
        device.line("installed 16384")
        assert leshan.ask("read", name, path="/5/0/5")["content"] == "1"
        device.stop()


# A network that is bad


@pytest.mark.parametrize("python", BOTH)
def test_a_network_that_loses_20_percent(leshan, name, python):
    leshan.add(name)
    with (
        Relay(leshan.address, Link(1, loss=0.2, duplicate=0.1, reorder=0.1)) as bootstrap,
        Relay(("127.0.0.1", leshan.port + 1), Link(2, loss=0.2, duplicate=0.1)) as server,
    ):
        account = leshan.psk_account(name, uri="coaps://127.0.0.1:%d" % server.address[1])
        leshan.configure(name, account)
        job = leshan.job(name)
        job["bootstrap"]["uri"] = "coaps://127.0.0.1:%d" % bootstrap.address[1]
        with Device(python, job) as device:
            device.line("registered with", 600)
            device.stop()


def test_100_devices_at_once(leshan, name):
    """They bootstrap and register at the same time, each with its own identity."""
    names = ["%s-%d" % (name, i) for i in range(100)]
    for one in names:
        leshan.add(one)
    devices = []
    try:
        for one in names:
            devices.append(Device(MICROPYTHON, leshan.job(one), nice=True))
        for one in names:
            leshan.event("registered", one, 300)
    finally:
        for device in devices:
            device.__exit__()


def test_x_509_accounts_are_large_and_come_in_blocks(leshan, name):
    leshan.add(name)
    account = client_account(leshan)
    account["server_key"] = der(identity(RSA).chain[0]).hex()  # a larger one, of another server
    assert sum(len(account[part]) for part in ("identity", "key", "server_key")) > 2 * 1024
    leshan.configure(name, account)
    with Device(MICROPYTHON, leshan.job(name)) as device:
        device.line("Finish: the accounts are stored")
    assert ("Write", "/0/1", "CHANGED(204)") in requests_of(leshan, name)
