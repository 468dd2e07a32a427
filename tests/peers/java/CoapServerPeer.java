// A CoAP server on Californium, with the resources of the ETSI CoAP plugtests (TD_COAP_*).
//
// usage: CoapServerPeer COAP_PORT COAPS_PORT IDENTITY KEY_HEX

import static org.eclipse.californium.core.coap.CoAP.ResponseCode.*;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Timer;
import java.util.TimerTask;
import java.util.function.Consumer;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.server.resources.CoapExchange;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedSinglePskStore;

public class CoapServerPeer {
    static final String LARGE = "0123456789abcdef".repeat(80);

    public static void main(String[] words) throws Exception {
        CoapConfig.register();
        UdpConfig.register();
        DtlsConfig.register();
        Configuration config = Configuration.createStandardWithoutFile();
        config.set(CoapConfig.PREFERRED_BLOCK_SIZE, 64);
        config.set(CoapConfig.MAX_MESSAGE_SIZE, 64);
        config.set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1);
        config.set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.SERVER_ONLY);
        config.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
        config.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
        InetAddress host = InetAddress.getByName("127.0.0.1");
        CoapServer server = new CoapServer(config);
        server.addEndpoint(
            new CoapEndpoint.Builder()
                .setConfiguration(config)
                .setInetSocketAddress(new InetSocketAddress(host, Integer.parseInt(words[0])))
                .build());
        DtlsConnectorConfig.Builder dtls = DtlsConnectorConfig.builder(config);
        dtls.setAddress(new InetSocketAddress(host, Integer.parseInt(words[1])));
        byte[] key = HexFormat.of().parseHex(words[3]);
        dtls.setAdvancedPskStore(new AdvancedSinglePskStore(words[2], key));
        server.addEndpoint(
            new CoapEndpoint.Builder()
                .setConfiguration(config)
                .setConnector(new DTLSConnector(dtls.build()))
                .build());
        addPlain(server);
        addLarge(server);
        addObserved(server);
        server.start();
        System.out.println("listening");
        Thread.sleep(Long.MAX_VALUE);
    }

    static String told(CoapExchange e) {
        return e.advanced().getRequest().getType() + " " + e.advanced().getRequest().getMID();
    }

    static void addPlain(CoapServer server) {
        server.add(
            new Thing("test")
                .get(e -> e.respond(CONTENT, told(e), MediaTypeRegistry.TEXT_PLAIN))
                .post(e -> {
                    e.setLocationPath("/location1/location2/location3");
                    e.respond(CREATED);
                })
                .put(e -> e.respond(CHANGED))
                .delete(e -> e.respond(DELETED)),
            new Thing("separate").get(e -> {
                e.accept();
                later(300, () -> e.respond(CONTENT, told(e), MediaTypeRegistry.TEXT_PLAIN));
            }),
            new Thing("seg1").with(
                new Thing("seg2").with(new Thing("seg3").get(e -> e.respond(CONTENT, "found")))),
            new Thing("query").get(e -> e.respond(CONTENT, e.getRequestOptions().getUriQueryString())),
            new Thing("location-query").post(e -> {
                e.setLocationQuery("first=1&second=2");
                e.respond(CREATED);
            }),
            new Thing("multi-format").get(e -> {
                int accept = e.getRequestOptions().getAccept();
                if (accept == MediaTypeRegistry.APPLICATION_XML) {
                    e.respond(CONTENT, "<a/>", MediaTypeRegistry.APPLICATION_XML);
                } else if (accept == MediaTypeRegistry.TEXT_PLAIN || accept < 0) {
                    e.respond(CONTENT, "a", MediaTypeRegistry.TEXT_PLAIN);
                } else {
                    e.respond(NOT_ACCEPTABLE);
                }
            }),
            new Validated(),
            new Created(),
            new Thing("link1", "Type1 Type2", "If1"),
            new Thing("link2", "Type2 Type3", "If2"));
    }

    static void addLarge(CoapServer server) {
        byte[][] stored = {LARGE.getBytes(StandardCharsets.UTF_8)};
        server.add(
            new Thing("large").get(e -> e.respond(CONTENT, LARGE)),
            new Thing("large-separate").get(e -> {
                e.accept();
                later(300, () -> e.respond(CONTENT, LARGE));
            }),
            new Thing("large-update")
                .get(e -> e.respond(CONTENT, stored[0], 0))
                .put(e -> {
                    stored[0] = e.getRequestPayload();
                    e.respond(CHANGED);
                }),
            new Thing("large-create").post(e -> {
                e.setLocationPath("/large-create/" + e.getRequestPayload().length);
                e.respond(CREATED);
            }),
            new Thing("large-post").post(e -> {
                byte[] body = e.getRequestPayload();
                for (int i = 0; i < body.length; i++) {
                    body[i] = (byte) Character.toUpperCase(body[i]);
                }
                e.respond(CHANGED, body, 0);
            }));
    }

    static void addObserved(CoapServer server) {
        server.add(
            new Ticking("obs", CoAP.Type.CON, ""),
            new Ticking("obs-non", CoAP.Type.NON, ""),
            new Ticking("obs-large", CoAP.Type.CON, LARGE));
    }

    static void later(long ms, Runnable task) {
        new Timer(true).schedule(wrap(task), ms);
    }

    static TimerTask wrap(Runnable task) {
        return new TimerTask() {
            @Override
            public void run() {
                task.run();
            }
        };
    }

    /** A resource made of handlers. */
    static class Thing extends CoapResource {
        Consumer<CoapExchange> get, post, put, delete;

        Thing(String name) {
            super(name);
        }

        Thing(String name, String types, String descriptions) {
            super(name);
            Arrays.stream(types.split(" ")).forEach(getAttributes()::addResourceType);
            getAttributes().addInterfaceDescription(descriptions);
            get = e -> e.respond(CONTENT, name);
        }

        Thing get(Consumer<CoapExchange> handler) {
            get = handler;
            return this;
        }

        Thing post(Consumer<CoapExchange> handler) {
            post = handler;
            return this;
        }

        Thing put(Consumer<CoapExchange> handler) {
            put = handler;
            return this;
        }

        Thing delete(Consumer<CoapExchange> handler) {
            delete = handler;
            return this;
        }

        Thing with(CoapResource child) {
            add(child);
            return this;
        }

        static void call(Consumer<CoapExchange> handler, CoapExchange e) {
            if (handler == null) {
                e.respond(METHOD_NOT_ALLOWED);
            } else {
                handler.accept(e);
            }
        }

        @Override
        public void handleGET(CoapExchange e) {
            call(get, e);
        }

        @Override
        public void handlePOST(CoapExchange e) {
            call(post, e);
        }

        @Override
        public void handlePUT(CoapExchange e) {
            call(put, e);
        }

        @Override
        public void handleDELETE(CoapExchange e) {
            call(delete, e);
        }
    }

    /** Has an ETag, heeds it and If-Match. */
    static class Validated extends Thing {
        byte[] body = "one".getBytes(StandardCharsets.UTF_8);

        Validated() {
            super("validate");
        }

        byte[] tag() {
            return HexFormat.of().parseHex(String.format("%08x", Arrays.hashCode(body)));
        }

        @Override
        public void handleGET(CoapExchange e) {
            boolean known = e.getRequestOptions().containsETag(tag());
            e.setETag(tag());
            if (known) {
                e.respond(VALID);
            } else {
                e.respond(CONTENT, body, 0);
            }
        }

        @Override
        public void handlePUT(CoapExchange e) {
            if (!e.getRequestOptions().isIfMatch(tag())) {
                e.respond(PRECONDITION_FAILED);
                return;
            }
            body = e.getRequestPayload();
            e.setETag(tag());
            e.respond(CHANGED);
        }
    }

    /** Heeds If-None-Match. */
    static class Created extends Thing {
        boolean there = false;

        Created() {
            super("create1");
        }

        @Override
        public void handlePUT(CoapExchange e) {
            if (there && e.getRequestOptions().hasIfNoneMatch()) {
                e.respond(PRECONDITION_FAILED);
                return;
            }
            e.respond(there ? CHANGED : CREATED);
            there = true;
        }

        @Override
        public void handleDELETE(CoapExchange e) {
            there = false;
            e.respond(DELETED);
        }
    }

    /** Changes every 200 ms; PUT changes it too, POST with a body ends it (4.04), DELETE resets it. */
    static class Ticking extends CoapResource {
        int count = 0;
        final String tail;

        Ticking(String name, CoAP.Type type, String tail) {
            super(name);
            this.tail = tail;
            setObservable(true);
            setObserveType(type);
            getAttributes().setObservable();
            new Timer(true).schedule(wrap(() -> {
                count++;
                changed();
            }), 200, 200);
        }

        @Override
        public void handleGET(CoapExchange e) {
            e.setMaxAge(5);
            e.respond(CONTENT, count + " " + tail);
        }

        @Override
        public void handleDELETE(CoapExchange e) {
            clearAndNotifyObserveRelations(NOT_FOUND);
            e.respond(DELETED);
        }
    }
}
