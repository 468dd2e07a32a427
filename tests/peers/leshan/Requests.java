import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/** Requests of a server, from JSON, and their answers. */
class Requests {
    static DownlinkRequest<? extends LwM2mResponse> of(
            JsonNode command, LeshanServer server, Registration registration) throws Exception {
        String path = command.path("path").asText();
        ContentFormat format =
                command.has("format") ? ContentFormat.fromCode(command.get("format").asInt()) : null;
        switch (command.get("op").asText()) {
            case "read":
                return new ReadRequest(format, path);
            case "discover":
                return new DiscoverRequest(path);
            case "observe":
                return new ObserveRequest(format, path);
            case "cancel":
                return new CancelObservationRequest(observation(server, registration, path));
            case "execute":
                return new ExecuteRequest(path, command.path("value").asText());
            case "delete":
                return new DeleteRequest(path);
            case "attributes":
                return new WriteAttributesRequest(path, new LwM2mAttributeSet(
                        new DefaultLwM2mAttributeParser().parseUriQuery(command.get("value").asText())));
            case "write": // a resource, or an instance of one
                return new WriteRequest(WriteRequest.Mode.REPLACE, format, path,
                        written(new LwM2mPath(path), command.get("value")));
            case "update": // an instance: {"resource": value}
            case "replace":
                LwM2mPath instance = new LwM2mPath(path);
                boolean update = command.get("op").asText().equals("update");
                return new WriteRequest(update ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE, format,
                        instance.getObjectId(), instance.getObjectInstanceId(), resources(command.get("value")));
            case "create": // of a number, or one that the device chooses
                if (command.has("instance")) {
                    return new CreateRequest(format, path, new LwM2mObjectInstance(
                            command.get("instance").asInt(), resources(command.get("value"))));
                }
                return new CreateRequest(format, path, resources(command.get("value")));
            case "read_composite":
                return new ReadCompositeRequest(format, format, paths(command));
            case "observe_composite":
                return new ObserveCompositeRequest(format, format, paths(command).toArray(new String[0]));
            case "write_composite":
                Map<String, Object> values = new HashMap<>();
                command.get("value").fields().forEachRemaining(
                        one -> values.put(one.getKey(), value(one.getValue())));
                return new WriteCompositeRequest(format, values);
            default:
                throw new IllegalArgumentException("unknown op");
        }
    }

    /** {"0": value, "1": value} makes a resource of several instances. */
    static LwM2mNode written(LwM2mPath path, JsonNode value) {
        if (path.isResourceInstance()) {
            return LwM2mResourceInstance.newInstance(path.getResourceInstanceId(), value(value), type(value));
        }
        if (value.isObject() && !value.has("hex")) {
            Map<Integer, Object> all = new HashMap<>();
            value.fields().forEachRemaining(one -> all.put(Integer.parseInt(one.getKey()), value(one.getValue())));
            return LwM2mMultipleResource.newResource(path.getResourceId(), all, type(value.elements().next()));
        }
        return LwM2mSingleResource.newResource(path.getResourceId(), value(value), type(value));
    }

    static SingleObservation observation(LeshanServer server, Registration registration, String path) {
        for (Observation one : server.getObservationService().getObservations(registration)) {
            if (one instanceof SingleObservation
                    && ((SingleObservation) one).getPath().toString().equals(path)) {
                return (SingleObservation) one;
            }
        }
        throw new IllegalStateException("no observation of " + path);
    }

    static List<String> paths(JsonNode command) {
        List<String> found = new ArrayList<>();
        for (JsonNode one : command.get("paths")) found.add(one.asText());
        return found;
    }

    static List<LwM2mResource> resources(JsonNode values) {
        List<LwM2mResource> found = new ArrayList<>();
        values.fields().forEachRemaining(one -> found.add(LwM2mSingleResource.newResource(
                Integer.parseInt(one.getKey()), value(one.getValue()), type(one.getValue()))));
        return found;
    }

    /** {"hex": "00ff"} is opaque; the others are what JSON says. */
    static Object value(JsonNode node) {
        if (node.isBoolean()) return node.asBoolean();
        if (node.isIntegralNumber()) return node.asLong();
        if (node.isNumber()) return node.asDouble();
        return node.isObject() ? LeshanPeer.hex(node.get("hex")) : node.asText();
    }

    static ResourceModel.Type type(JsonNode node) {
        if (node.isBoolean()) return ResourceModel.Type.BOOLEAN;
        if (node.isIntegralNumber()) return ResourceModel.Type.INTEGER;
        if (node.isNumber()) return ResourceModel.Type.FLOAT;
        return node.isObject() ? ResourceModel.Type.OPAQUE : ResourceModel.Type.STRING;
    }

    static JsonNode content(LwM2mResponse response) {
        if (response instanceof ReadResponse && ((ReadResponse) response).getContent() != null) {
            return node(((ReadResponse) response).getContent());
        }
        if (response instanceof DiscoverResponse && response.isSuccess()) {
            StringBuilder text = new StringBuilder();
            for (Object link : ((DiscoverResponse) response).getObjectLinks()) {
                text.append(text.length() > 0 ? "," : "").append(link);
            }
            return TextNode.valueOf(text.toString());
        }
        if (response instanceof CreateResponse) {
            return TextNode.valueOf(String.valueOf(((CreateResponse) response).getLocation()));
        }
        if (response instanceof ReadCompositeResponse && response.isSuccess()) {
            ObjectNode all = LeshanPeer.JSON.createObjectNode();
            ((ReadCompositeResponse) response).getContent().forEach((path, one) ->
                    all.set(path.toString(), one == null ? null : node(one)));
            return all;
        }
        return TextNode.valueOf(String.valueOf(response.getErrorMessage()));
    }

    static JsonNode node(LwM2mNode node) {
        ObjectNode all = LeshanPeer.JSON.createObjectNode();
        if (node instanceof LwM2mObject) {
            ((LwM2mObject) node).getInstances().forEach((id, one) -> all.set("" + id, node(one)));
            return all;
        }
        if (node instanceof LwM2mObjectInstance) {
            ((LwM2mObjectInstance) node).getResources().forEach((id, one) -> all.set("" + id, node(one)));
            return all;
        }
        if (node instanceof LwM2mResource && ((LwM2mResource) node).isMultiInstances()) {
            ((LwM2mResource) node).getInstances().forEach((id, one) -> all.set("" + id, node(one)));
            return all;
        }
        Object value = node instanceof LwM2mResource
                ? ((LwM2mResource) node).getValue()
                : ((LwM2mResourceInstance) node).getValue();
        if (value instanceof byte[]) return TextNode.valueOf(HexFormat.of().formatHex((byte[]) value));
        return TextNode.valueOf(String.valueOf(value));
    }
}
