import com.fasterxml.jackson.databind.JsonNode;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.Map;
import org.eclipse.leshan.core.CertificateUsage;
import org.eclipse.leshan.core.SecurityMode;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;

/** What a bootstrap server writes, from JSON. */
class Configs {
    static BootstrapConfig of(JsonNode command) {
        BootstrapConfig config = new BootstrapConfig();
        for (JsonNode path : command.path("delete")) config.toDelete.add(path.asText());
        if (command.has("format")) {
            config.contentFormat = ContentFormat.fromCode(command.get("format").asInt());
        }
        config.autoIdForSecurityObject = command.path("auto").asBoolean();
        fields(command.path("security"), (id, node) -> config.security.put(id, security(node)));
        fields(command.path("servers"), (id, node) -> config.servers.put(id, server(node)));
        return config;
    }

    interface Taker {
        void take(int id, JsonNode node);
    }

    static void fields(JsonNode parent, Taker taker) {
        for (Iterator<Map.Entry<String, JsonNode>> all = parent.fields(); all.hasNext(); ) {
            Map.Entry<String, JsonNode> one = all.next();
            taker.take(Integer.parseInt(one.getKey()), one.getValue());
        }
    }

    static BootstrapConfig.ServerSecurity security(JsonNode node) {
        BootstrapConfig.ServerSecurity made = new BootstrapConfig.ServerSecurity();
        made.uri = node.get("uri").asText();
        made.bootstrapServer = node.path("bootstrap").asBoolean();
        made.securityMode = SecurityMode.valueOf(node.path("mode").asText("PSK"));
        made.publicKeyOrId = octets(node, "identity");
        made.secretKey = octets(node, "key");
        made.serverPublicKey = octets(node, "server_key");
        made.serverId = node.path("ssid").asInt();
        if (node.has("usage")) made.certificateUsage = CertificateUsage.fromCode(node.get("usage").asInt());
        if (node.has("sni")) made.sni = node.get("sni").asText();
        return made;
    }

    static byte[] octets(JsonNode node, String name) {
        return node.has(name) ? LeshanPeer.hex(node.get(name)) : new byte[0];
    }

    static BootstrapConfig.ServerConfig server(JsonNode node) {
        BootstrapConfig.ServerConfig made = new BootstrapConfig.ServerConfig();
        made.shortId = node.get("ssid").asInt();
        made.lifetime = node.path("lifetime").asInt(300);
        made.binding = EnumSet.of(BindingMode.U);
        return made;
    }
}
