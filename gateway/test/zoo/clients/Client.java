import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.json.JSONObject;

/** The official client for Java. Arguments: the gateway, a token. Commands come as lines, events go as lines. */
public final class Client {
  public static void main(String[] arguments) throws Exception {
    IO.Options options = new IO.Options();
    options.transports = new String[] {"websocket"};
    Map<String, String> auth = new HashMap<>(Collections.singletonMap("token", arguments[1]));
    options.auth = auth;
    Socket socket = IO.socket(arguments[0], options);
    socket.on(Socket.EVENT_CONNECT_ERROR, (values) -> {
      Object refusal = values[0] instanceof JSONObject ? ((JSONObject) values[0]).opt("data") : String.valueOf(values[0]);
      say("connect_error", refusal);
    });
    socket.on(Socket.EVENT_DISCONNECT, (values) -> say("disconnect", String.valueOf(values[0])));
    socket.onAnyIncoming((values) -> say(String.valueOf(values[0]), values.length > 1 ? values[1] : null));
    socket.connect();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JSONObject command = new JSONObject(line);
      JSONObject payload = command.getJSONObject("payload");
      if (command.has("bytes")) payload.put("data", bytes(command.getString("bytes")));
      Object id = payload.opt("id");
      Ack answered = (values) -> print(new JSONObject(Map.of("ack", id == null ? JSONObject.NULL : id, "reply", values[0])));
      socket.emit(command.getString("emit"), payload, answered);
    }
    System.exit(0);
  }

  private static void say(String event, Object payload) {
    try {
      if (payload instanceof JSONObject && ((JSONObject) payload).opt("data") instanceof byte[]) {
        byte[] data = (byte[]) ((JSONObject) payload).get("data");
        ((JSONObject) payload).put("data", new JSONObject(Collections.singletonMap("bytes", hex(data))));
      }
    } catch (org.json.JSONException error) {
      throw new IllegalStateException(error);
    }
    Map<String, Object> line = new HashMap<>();
    line.put("on", event);
    line.put("payload", payload == null ? JSONObject.NULL : payload);
    print(new JSONObject(line));
  }

  private static synchronized void print(JSONObject line) {
    System.out.println(line);
    System.out.flush();
  }

  private static byte[] bytes(String hex) {
    byte[] all = new byte[hex.length() / 2];
    for (int at = 0; at < all.length; at += 1) all[at] = (byte) Integer.parseInt(hex.substring(2 * at, 2 * at + 2), 16);
    return all;
  }

  private static String hex(byte[] all) {
    StringBuilder text = new StringBuilder();
    for (byte one : all) text.append(String.format("%02x", one));
    return text.toString();
  }
}
