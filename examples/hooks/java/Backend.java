// A backend that a Tidegate gateway asks, with the JDK's server: `mvn dependency:copy-dependencies`, then
// `PORT=8080 TIDEGATE_HOOK_SECRET=whsec_… java -cp 'target/dependency/*' Backend.java`.

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.standardwebhooks.Webhook;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;

public class Backend {
  private static final Gson gson = new Gson();
  private static final int mostAnswers = 10_000;
  /** The backend's own logins; yours is a database. */
  private static final Map<String, String> sessions = Map.of("session-of-ann", "ann");

  private final Webhook webhook = new Webhook(setting("TIDEGATE_HOOK_SECRET", ""));
  private final String name = setting("HOOK_NAME", "shop");
  /** A call may come twice: the answers of the last ones, by id, the oldest first. */
  private final Map<String, JsonObject> answers = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, JsonObject> eldest) {
      return size() > mostAnswers;
    }
  };

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(setting("PORT", "8080"));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/tidegate", new Backend()::answer);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.start();
  }

  private void answer(HttpExchange call) throws IOException {
    // The signature is over the bytes as they came.
    String text = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    JsonObject asked = verified(text, call);
    // Hooks may share a secret: what is meant for another one is not for here.
    if (asked == null || !asked.get("hook").getAsString().equals(name)) {
      call.sendResponseHeaders(401, -1);
      return;
    }
    byte[] answer = gson.toJson(answerOnce(call.getRequestHeaders().getFirst("webhook-id"), asked)).getBytes(StandardCharsets.UTF_8);
    call.getResponseHeaders().set("content-type", "application/json");
    call.sendResponseHeaders(200, answer.length);
    call.getResponseBody().write(answer);
    call.close();
  }

  private JsonObject verified(String text, HttpExchange call) {
    try {
      // Names of headers are compared whatever their case is.
      webhook.verify(text, HttpHeaders.of(call.getRequestHeaders(), (header, value) -> true).map());
      return gson.fromJson(text, JsonObject.class);
    } catch (Exception notOurs) {
      return null;
    }
  }

  private synchronized JsonObject answerOnce(String id, JsonObject asked) {
    return answers.computeIfAbsent(id, first -> decide(asked));
  }

  private JsonObject decide(JsonObject asked) {
    switch (asked.get("type").getAsString()) {
      case "connect": return connect(asked.getAsJsonObject("auth"));
      case "subscribe": return subscribe(asked);
      case "publish": return publish(asked.get("data"));
      case "request": return request(asked);
      default: return refuse("not_found", "Nobody knows.");
    }
  }

  private JsonObject connect(JsonObject auth) {
    JsonElement session = auth.get("session");
    String user = session == null ? null : sessions.get(session.getAsString());
    if (user == null) return refuse("unauthorized", "No such session.");
    JsonObject answer = with("user", gson.toJsonTree(user));
    answer.add("info", with("name", gson.toJsonTree("Ann")));
    return answer;
  }

  /** `order:ann:7` is an order of Ann's. Nobody need be asked again for ten minutes. */
  private JsonObject subscribe(JsonObject asked) {
    String own = "order:" + asked.get("user").getAsString() + ":";
    JsonArray results = new JsonArray();
    for (JsonElement item : asked.getAsJsonArray("subscribe")) {
      boolean isOwn = item.getAsJsonObject().get("channel").getAsString().startsWith(own);
      results.add(isOwn ? with("grant", gson.toJsonTree(600)) : refuse("forbidden", "Not your order."));
    }
    return with("results", results);
  }

  private JsonObject publish(JsonElement data) {
    JsonElement text = data.isJsonObject() ? data.getAsJsonObject().get("text") : null;
    if (text == null || !text.isJsonPrimitive()) return refuse("bad_request", "A message has a text.");
    String said = text.getAsString();
    if (said.contains("casino")) return with("skip", gson.toJsonTree(true));
    if (!said.contains("darn")) return new JsonObject();
    data.getAsJsonObject().addProperty("text", said.replace("darn", "****"));
    return with("data", data);
  }

  private JsonObject request(JsonObject asked) {
    if (!asked.get("event").getAsString().equals("total")) return refuse("not_found", "No such event.");
    double total = 0;
    for (JsonElement price : asked.getAsJsonObject("data").getAsJsonArray("items")) total += price.getAsDouble();
    return with("data", with("total", gson.toJsonTree(total)));
  }

  private static JsonObject refuse(String code, String message) {
    JsonObject error = with("code", gson.toJsonTree(code));
    error.addProperty("message", message);
    return with("error", error);
  }

  private static JsonObject with(String member, JsonElement value) {
    JsonObject made = new JsonObject();
    made.add(member, value);
    return made;
  }

  private static String setting(String variable, String usual) {
    return System.getenv().getOrDefault(variable, usual);
  }
}
