import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.request.BootstrapReadRequest;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.response.BootstrapReadResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.bootstrap.BootstrapConfigStoreTaskProvider;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapSessionListener;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coaps.CoapsBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.server.californium.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.server.californium.endpoint.coaps.CoapsServerProtocolProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.security.BootstrapSecurityStoreAdapter;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

/**
 * A bootstrap server and a LwM2M server of Leshan, on coaps of 127.0.0.1, driven by lines of JSON.
 *
 * <p>Arguments: the ports of the bootstrap server, of the server, and of the server without
 * security. The first line on standard input has the identity of both: {"private": PKCS #8,
 * "chain": [certificate ...], "trusted": [certificate ...]}, in hex. Then each line is a command
 * {"id": n, "op": ...}, see run(), whose answer is {"id": n, ...}. Events come as {"event": ...}.
 */
public class LeshanPeer {
    static final ObjectMapper JSON = new ObjectMapper();
    static final InMemorySecurityStore bootstrapKeys = new InMemorySecurityStore();
    static final InMemorySecurityStore keys = new InMemorySecurityStore();
    static final InMemoryBootstrapConfigStore configs = new InMemoryBootstrapConfigStore();
    static final Map<String, List<String>> reads = new ConcurrentHashMap<>();
    static LeshanBootstrapServer bootstrap;
    static LeshanServer server;

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        JsonNode own = JSON.readTree(in.readLine());
        KeyFactory ec = KeyFactory.getInstance("EC");
        PrivateKey key = ec.generatePrivate(new PKCS8EncodedKeySpec(hex(own.get("private"))));
        startBootstrap(Integer.parseInt(args[0]), key, own);
        startServer(Integer.parseInt(args[1]), Integer.parseInt(args[2]), key, own);
        System.out.println("listening");
        ExecutorService pool = Executors.newCachedThreadPool();
        for (String line; (line = in.readLine()) != null; ) {
            JsonNode command = JSON.readTree(line);
            pool.execute(() -> answer(command));
        }
        System.exit(0);
    }

    static void startBootstrap(int port, PrivateKey key, JsonNode own) throws Exception {
        LeshanBootstrapServerBuilder builder = new LeshanBootstrapServerBuilder();
        builder.setSecurityStore(new BootstrapSecurityStoreAdapter(bootstrapKeys));
        builder.setTaskProvider(new ReadingTasks());
        builder.setPrivateKey(key).setCertificateChain(certificates(own.get("chain")));
        builder.setTrustedCertificates(certificates(own.get("trusted")));
        CaliforniumBootstrapServerEndpointsProvider.Builder endpoints =
                new CaliforniumBootstrapServerEndpointsProvider.Builder(
                        new CoapsBootstrapServerProtocolProvider());
        endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", port), Protocol.COAPS);
        builder.setEndpointsProviders(endpoints.build());
        bootstrap = builder.build();
        bootstrap.addListener(new BootstrapEvents());
        bootstrap.start();
    }

    static void startServer(int port, int plain, PrivateKey key, JsonNode own) throws Exception {
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setSecurityStore(keys);
        builder.setPrivateKey(key).setCertificateChain(certificates(own.get("chain")));
        builder.setTrustedCertificates(certificates(own.get("trusted")));
        CaliforniumServerEndpointsProvider.Builder endpoints =
                new CaliforniumServerEndpointsProvider.Builder(
                        new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
        endpoints.setConfiguration((Configuration to) ->
                to.set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.SERVER_ONLY));
        endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", port), Protocol.COAPS);
        endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", plain), Protocol.COAP);
        builder.setEndpointsProviders(endpoints.build());
        server = builder.build();
        server.getRegistrationService().addListener(new RegistrationEvents());
        server.getObservationService().addListener(new ObservationEvents());
        server.start();
    }

    static void answer(JsonNode command) {
        ObjectNode answer = JSON.createObjectNode().put("id", command.get("id").asInt());
        try {
            run(command, answer);
        } catch (Exception error) {
            answer.put("error", error.toString());
        }
        say(answer);
    }

    static void run(JsonNode command, ObjectNode answer) throws Exception {
        String endpoint = command.path("endpoint").asText();
        switch (command.get("op").asText()) {
            case "bootstrap_key": // mode psk, identity, key | rpk, key | x509
                bootstrapKeys.remove(endpoint, true);
                bootstrapKeys.add(security(endpoint, command));
                return;
            case "key":
                keys.remove(endpoint, true);
                keys.add(security(endpoint, command));
                return;
            case "forget_key":
                keys.remove(endpoint, true);
                return;
            case "forget": // the registration
                server.getRegistrationStore().removeRegistration(
                        server.getRegistrationService().getByEndpoint(endpoint).getId());
                return;
            case "forget_observation": // without a word to the device
                Registration of = server.getRegistrationService().getByEndpoint(endpoint);
                server.getObservationService().cancelObservation(
                        Requests.observation(server, of, command.get("path").asText()));
                return;
            case "config":
                configs.remove(endpoint);
                configs.add(endpoint, Configs.of(command));
                return;
            case "bootstrap_read": // paths, after everything was written
                for (JsonNode path : command.get("paths")) {
                    reads.computeIfAbsent(endpoint, one -> new ArrayList<>()).add(path.asText());
                }
                return;
            default:
                request(command, endpoint, answer);
        }
    }

    static void request(JsonNode command, String endpoint, ObjectNode answer) throws Exception {
        Registration registration = server.getRegistrationService().getByEndpoint(endpoint);
        if (registration == null) throw new IllegalStateException("not registered");
        LwM2mResponse response = server.send(registration, Requests.of(command, server, registration), 90000);
        if (response == null) throw new IllegalStateException("no answer");
        int code = response.getCode().getCode();
        answer.put("code", String.format("%d.%02d", code / 100, code % 100));
        answer.set("content", Requests.content(response));
    }

    static SecurityInfo security(String endpoint, JsonNode command) throws Exception {
        switch (command.get("mode").asText()) {
            case "psk":
                String identity = command.get("identity").asText();
                return SecurityInfo.newPreSharedKeyInfo(endpoint, identity, hex(command.get("key")));
            case "rpk":
                PublicKey key = KeyFactory.getInstance("EC")
                        .generatePublic(new X509EncodedKeySpec(hex(command.get("key"))));
                return SecurityInfo.newRawPublicKeyInfo(endpoint, key);
            default:
                return SecurityInfo.newX509CertInfo(endpoint);
        }
    }

    static byte[] hex(JsonNode text) {
        return HexFormat.of().parseHex(text.asText());
    }

    static X509Certificate[] certificates(JsonNode list) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate[] found = new X509Certificate[list.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = (X509Certificate)
                    factory.generateCertificate(new ByteArrayInputStream(hex(list.get(i))));
        }
        return found;
    }

    static synchronized void say(ObjectNode line) {
        System.out.println(line);
        System.out.flush();
    }

    static ObjectNode event(String name, String endpoint) {
        return JSON.createObjectNode().put("event", name).put("endpoint", endpoint);
    }

    static class RegistrationEvents implements RegistrationListener {
        public void registered(
                Registration registration, Registration before, Collection<Observation> observations) {
            ObjectNode event = event("registered", registration.getEndpoint());
            event.put("lifetime", registration.getLifeTimeInSec());
            event.put("version", registration.getLwM2mVersion().toString());
            event.put("queue", registration.usesQueueMode());
            event.put("instances", registration.getAvailableInstances().toString());
            say(event);
        }

        public void updated(RegistrationUpdate update, Registration now, Registration before) {
            ObjectNode event = event("updated", now.getEndpoint());
            event.put("lifetime", now.getLifeTimeInSec());
            event.put("instances", now.getAvailableInstances().toString());
            say(event);
        }

        public void unregistered(
                Registration registration,
                Collection<Observation> observations,
                boolean expired,
                Registration again) {
            if (again == null) say(event("unregistered", registration.getEndpoint()).put("expired", expired));
        }
    }

    static class ObservationEvents implements ObservationListener {
        public void newObservation(Observation observation, Registration registration) {}

        public void cancelled(Observation observation) {}

        public void onResponse(
                SingleObservation observation, Registration registration, ObserveResponse response) {
            say(event("notified", registration.getEndpoint())
                    .put("path", observation.getPath().toString())
                    .set("content", Requests.content(response)));
        }

        public void onResponse(
                CompositeObservation observation,
                Registration registration,
                ObserveCompositeResponse response) {
            say(event("notified", registration.getEndpoint())
                    .put("path", "composite")
                    .put("content", String.valueOf(response.getContent())));
        }

        public void onError(Observation observation, Registration registration, Exception error) {
            say(event("notify_error", registration.getEndpoint()).put("error", error.toString()));
        }
    }

    /** What a configuration asks for, and reads at its end. */
    static class ReadingTasks extends BootstrapConfigStoreTaskProvider {
        ReadingTasks() {
            super(configs);
        }

        @Override
        public Tasks getTasks(BootstrapSession session, List<LwM2mResponse> previous) {
            Tasks tasks = super.getTasks(session, previous);
            if (tasks != null && tasks.last) {
                for (String path : reads.getOrDefault(session.getEndpoint(), List.of())) {
                    tasks.requestsToSend.add(new BootstrapReadRequest(path));
                }
            }
            return tasks;
        }
    }

    static class BootstrapEvents implements BootstrapSessionListener {
        public void sessionInitiated(BootstrapRequest request, LwM2mPeer peer) {
            say(event("bootstrap_asked", request.getEndpointName()));
        }

        public void unAuthorized(BootstrapRequest request, LwM2mPeer peer) {
            say(event("bootstrap_unauthorized", request.getEndpointName()));
        }

        public void authorized(BootstrapSession session) {}

        public void noConfig(BootstrapSession session) {
            say(event("bootstrap_no_config", session.getEndpoint()));
        }

        public void sendRequest(
                BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request) {}

        public void onResponseSuccess(
                BootstrapSession session,
                BootstrapDownlinkRequest<? extends LwM2mResponse> request,
                LwM2mResponse response) {
            String content = "";
            if (response instanceof BootstrapReadResponse) {
                content = " " + ((BootstrapReadResponse) response).getContent();
            }
            said(session, request, response.getCode() + content);
        }

        public void onResponseError(
                BootstrapSession session,
                BootstrapDownlinkRequest<? extends LwM2mResponse> request,
                LwM2mResponse response) {
            said(session, request, response.getCode() + " " + response.getErrorMessage());
        }

        public void onRequestFailure(
                BootstrapSession session,
                BootstrapDownlinkRequest<? extends LwM2mResponse> request,
                Throwable cause) {
            said(session, request, cause.toString());
        }

        static void said(
                BootstrapSession session, BootstrapDownlinkRequest<?> request, String answer) {
            say(event("bootstrap_answer", session.getEndpoint())
                    .put("request", request.getClass().getSimpleName())
                    .put("path", String.valueOf(request.getPath()))
                    .put("answer", answer));
        }

        public void end(BootstrapSession session) {
            say(event("bootstrapped", session.getEndpoint()));
        }

        public void failed(BootstrapSession session, BootstrapFailureCause cause) {
            say(event("bootstrap_failed", session.getEndpoint()).put("cause", cause.toString()));
        }
    }
}
