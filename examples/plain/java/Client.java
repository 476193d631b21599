import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/** Java has no JSON of its own; a real client has a library for it. */
public class Client implements WebSocket.Listener {
    static final Pattern message = Pattern.compile("\"data\":\"([^\"]*)\"[^}]*\"position\":\"([^\"]*)\"");
    static String position, last = "";
    final CompletableFuture<Void> gone = new CompletableFuture<>();
    String text = "";

    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean whole) {
        text += part;
        if (whole && (text.startsWith("[1,") || text.startsWith("[\"message\","))) {
            for (var found = message.matcher(text); found.find(); System.out.println(last)) {
                last = found.group(1);
                position = found.group(2);
            }
        }
        if (whole) text = "";
        if (last.equals("bye")) gone.complete(null);
        return WebSocket.Listener.super.onText(socket, part, whole);
    }

    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        gone.complete(null);
        return null;
    }

    public void onError(WebSocket socket, Throwable error) {
        gone.complete(null);
    }

    public static void main(String[] args) throws Exception {
        var builder = HttpClient.newHttpClient().newWebSocketBuilder().header("Authorization", "Bearer " + args[1]);
        for (; !last.equals("bye"); Thread.sleep(200)) {
            var client = new Client();
            try {
                var socket = builder.buildAsync(URI.create(args[0]), client).join();
                var since = position == null ? "" : ",\"since\":\"" + position + "\"";
                socket.sendText("[\"connect\",{}]", true).join();
                socket.sendText("[\"subscribe\",{\"channel\":\"" + args[2] + "\"" + since + "},1]", true).join();
                var hello = "[\"publish\",{\"channel\":\"" + args[2] + "\",\"data\":\"hello\"}]";
                if (position == null) socket.sendText(hello, true).join();
                client.gone.join();
            } catch (RuntimeException notReached) {
                // It is tried again.
            }
        }
        System.exit(0);
    }
}
