"""The life of a client, for blocking.py and aio.py (OMA LwM2M core 1.1 section 6.1.4).

    accounts that are there: register with their servers, stay registered
    none, or no server will have us, or one says so: bootstrap, and begin anew

A set of accounts that a bootstrap has brought is on trial until a server has registered us; if
none does the set before it is used again. Coroutines here wait by methods of `world` only.
"""

from micropython import const

from ..coap.uri import split
from . import accounts, reasons
from .conversation import converse
from .credential import credential
from .saving import Saving
from .session import BOOTSTRAP, FAILED, REGISTERED, STOPPED, Session
from .store import MemoryStore
from .tree import Tree

_GET = const(1)
_RETRY = const(60)  # seconds between two tries to bootstrap; it doubles
_LONGEST_RETRY = const(3600)
_LONGEST_HOLD_OFF = const(86400)
_LINGER = const(4)  # seconds: more than a server's ACK_TIMEOUT * ACK_RANDOM_FACTOR
_SAVE_EVERY = const(60)  # seconds: flash wears out by being written
_HANDSHAKE_MS = const(60000)  # a server may say nothing of a key that it does not know


class Base:
    """A LwM2M client.

    name:         endpoint name: "urn:imei:..." say
    bootstrap:    accounts.Security of the bootstrap server, or None
    factory:      Security and Server instances to begin with, without a bootstrap
    store:        where accounts are kept: store.FileStore, or None to have them in memory
    objects:      instances of objects.Object, or classes of which servers create instances
    queue:        queue mode: the board sleeps between updates
    asleep:       called with the seconds that it may sleep; None waits without listening
    allow_nosec:  accept accounts without security
    anchors, verifiers, floor:  of x509.X509, for certificate usages 0 to 2 (anchors: 0 and 1)
    tell:         called with a line of text for each step; None tells nobody
    retry:        seconds between tries to bootstrap; doubles up to an hour
    pack:         ask the bootstrap server for a Bootstrap-Pack (LwM2M 1.2); Bootstrap-Request goes
                  out if it has none, or one that is not usable, or that did not lead to a server
    save_every:   seconds, 1 to 86400, at least between two writes to the store of what servers
                  change in object 1; a power cut may lose the changes of that time, see save()
    timeout:      seconds for a handshake, and for a message and its answer
    port:         a platform's module; None takes the `dtls_port` on the import path
    options:      of the DTLS client: rx_size, mtu ...
    """

    def __init__(self, world, name, bootstrap=None, factory=(), store=None, objects=(),
                 queue=False, asleep=None, allow_nosec=False, anchors=(), verifiers=None,
                 tell=None, retry=_RETRY, pack=False, save_every=_SAVE_EVERY, timeout=None,
                 floor=None, **options):  # fmt: skip
        if bootstrap is None and not factory:
            raise ValueError("a bootstrap server, or factory accounts, are wanted")
        self.world = world
        self.name = name
        self.store = store or MemoryStore()
        self.pack = pack
        self.pack_failed = False  # the last one brought accounts that nobody registers
        self.queue = queue
        self.asleep = asleep
        self.allow_nosec = allow_nosec
        self.tell = tell or _nobody
        self.tree = Tree()
        self.accounts = accounts.of(*factory)
        self.sessions: list = []
        self.stopping = False
        self.trusted = (anchors, verifiers, floor)
        self._retry = retry
        self._saving = Saving(self, save_every)
        self._timeout = timeout
        if timeout is None:
            options.setdefault("handshake_timeout_ms", _HANDSHAKE_MS)
        self._options = options
        self.on_trial = False  # a bootstrap has brought the accounts, and no server has had us
        self._pause = None  # seconds before the next bootstrap; None: as the account says
        self._waker = world.waker()
        self._factory_bootstrap = bootstrap
        if bootstrap is not None:
            bootstrap.bootstrap = True
            self.accounts.add(bootstrap)
        self._before = self.accounts  # those before the ones on trial
        for one in objects:
            self.add(one)

    def add(self, one):
        """Add an object's instance, or a class; registered servers are told."""
        if isinstance(one, type):
            self.tree.define(one)
        else:
            self.tree.add(one)
            one.client = self
        for session in self.sessions:
            session.tree.share(one.number, self.tree)
        self.written(None)

    def remove(self, path):
        """Take an instance away, (object, instance); registered servers are told."""
        self.tree.remove(path)
        self.written(None)

    def update(self):
        """Send Update to all servers now."""
        for session in self.sessions:
            session.wake("update")

    def stop(self):
        """De-register from all servers, and end run()."""
        self.stopping = True
        self._waker.set()
        for session in self.sessions:
            session.wake("stop")

    @property
    def registrations(self) -> int:
        """With how many servers we are registered."""
        return len([one for one in self.sessions if one.state == REGISTERED])

    async def live(self):
        """Bootstrap, register, and so on, until stop()."""
        self._load()
        while not self.stopping:
            outcome = await self._serve() if accounts.pairs(self.accounts) else FAILED
            if outcome == STOPPED:
                break
            if outcome == FAILED and self.on_trial:
                self.tell("the new accounts do not work: those before are used again")
                self.pack_failed = True
                self._give_up()
                if accounts.pairs(self.accounts):
                    continue
            await self._bootstrap(outcome == FAILED and self._must_not_bootstrap())
        self.save()

    async def bootstrap_once(self, security=None):
        """Bootstrap by one try, from the stored account or another; OSError says what failed."""
        security = security or accounts.bootstrap_account(self.accounts)
        if security is None:
            raise OSError("no account of a bootstrap server")
        self.save()  # a trial that fails comes back to what is stored
        self.tell("bootstrap from %s" % security.uri)
        endpoint = await self.connect(security)
        try:
            done = await converse(self, endpoint)
        finally:
            await self.world.close(endpoint)
        if not self.on_trial:
            self._before = self.accounts
        self.accounts = done.accounts
        self._complete()
        self.on_trial = True

    async def connect(self, security):
        """Return an endpoint connected to the server of an account."""
        options = dict(self._options)
        if security.server_name:
            options["server_name"] = security.server_name
        known = credential(security, *self.trusted)
        if known is None:
            if not self.allow_nosec:
                raise ValueError("a server without security is not allowed here")
            options = {}
        return await self.world.connect(security.uri, known, self._timeout, **options)

    async def linger(self, endpoint):
        """Stay for so long that an answer that was lost is asked for once more."""
        try:
            for _ in range(_LINGER):
                await self.world.work(endpoint, 1, self.world.waker())
        except OSError:
            return  # the server has gone, and so it has its answer, or wants none

    async def get(self, uri, into):
        """Fetch the body of a URI into `into`; ValueError if no account is for its host.

        The identity of an account is told to its own host only.
        """
        secure, host, _, _ = split(uri)
        known = None
        options = {}
        if secure:
            security = self._account_of(host)
            known = credential(security, *self.trusted)
            options = dict(self._options)
            if security.server_name:
                options["server_name"] = security.server_name
        endpoint = await self.world.connect(uri, known, self._timeout, **options)
        try:
            return await self.world.request(endpoint, _GET, None, into=into)
        finally:
            await self.world.close(endpoint)

    def _account_of(self, host):
        for security, _ in accounts.pairs(self.accounts):
            if split(security.uri)[1] == host:
                return security
        raise ValueError("no account is for %s" % host)

    def later(self, seconds, action):
        """Call a function in some seconds, one that may restart the board: all is saved first."""
        self.world.spawn(self._later(seconds, action))

    async def _later(self, seconds, action):
        await self.world.sleep(seconds, self.world.waker())
        self.save()
        try:
            action()
        except Exception as error:  # of the user's
            self.tell("%s: %s" % (type(error).__name__, error))

    def registered(self, session):
        """Hear that a server has registered us: the accounts are good."""
        if self.on_trial:
            self.on_trial = False
            self._saving.now()

    def written(self, path):
        """Hear that a server has written something; None: instances came or went."""
        if path is None:
            self.update()
        elif path[0] == accounts.SERVER:
            self._saving.later()
        for session in self.sessions:
            session.wake()

    def save(self):
        """Store what servers have changed, if it is not; call it before you cut the power.

        It is done before run() ends because of stop() or an exception, and before the hooks of
        sleep, reboot and install are called; not when run(seconds) returns in time.
        """
        self._saving.rest()

    def jitter(self, seconds):
        """Return 1 to 1.5 times as much: devices must not march in step."""
        octets = self.world.port.random(2)
        return seconds * (1 + (octets[0] << 8 | octets[1]) / 131072)

    def _load(self):
        """Take the accounts that are stored, if there are any."""
        stored, self.on_trial = self._saving.load()
        if stored is not None:
            self.accounts = stored
            self._complete()

    def _give_up(self):
        """Come back to the accounts before those on trial."""
        self.accounts = self._before
        self.on_trial = False
        if self._saving.discard():
            self._load()

    def _complete(self):
        """Add the account of the bootstrap server, if one has overwritten it."""
        if self._factory_bootstrap and accounts.bootstrap_account(self.accounts) is None:
            self.accounts.add(self._factory_bootstrap)

    async def _serve(self):
        """Be registered with all servers; return why that has ended."""
        self.sessions = []
        for number, server in self.accounts.instances(accounts.SERVER):
            for security, same in accounts.pairs(self.accounts):
                if same is server:
                    self.sessions.append(Session(self, number, security, server))
        tasks = [self.world.spawn(one.run()) for one in self.sessions]
        while not all(one.done for one in tasks):
            await self.world.sleep(1, self._waker)
            if self.stopping or self._wants_bootstrap():
                for session in self.sessions:
                    session.wake("stop")
        for one in tasks:
            if one.error:
                raise one.error
        if self.stopping:
            return STOPPED
        return BOOTSTRAP if self._wants_bootstrap() else FAILED

    def _wants_bootstrap(self) -> bool:
        return any(one.state == BOOTSTRAP for one in self.sessions)

    def _must_not_bootstrap(self) -> bool:
        """Tell whether all servers want us to go on with them (resource 16 of object 1)."""
        servers = accounts.pairs(self.accounts)
        return bool(servers) and all(one[1].bootstrap_on_failure is False for one in servers)

    async def _bootstrap(self, rest_only: bool):
        """Bootstrap by one try, after a rest: the first as the account says, then ever longer.

        It becomes short again when a registration has lasted, see lasted().
        """
        security = accounts.bootstrap_account(self.accounts)
        pause = self._pause
        wait = pause
        if pause is None:
            wait = min(security.hold_off, _LONGEST_HOLD_OFF) if security else self._retry
        await self._rest(self.jitter(wait))
        if self.stopping:
            return
        self._pause = min(max(2 * (pause or 0), self._retry), _LONGEST_RETRY)
        if rest_only:
            return
        try:
            await self.bootstrap_once()
            self._pause = min(2 * pause if pause else 1, _LONGEST_RETRY)
        except (OSError, ValueError, MemoryError) as error:
            self.tell("bootstrap: %s" % reasons.of_error(error))

    def lasted(self):
        """Hear that a registration was no short one."""
        self._pause = None

    async def _rest(self, seconds):
        while seconds > 0 and not self.stopping:
            await self.world.sleep(min(seconds, 1), self._waker)
            seconds -= 1


def _nobody(line):
    """Tell nobody."""
