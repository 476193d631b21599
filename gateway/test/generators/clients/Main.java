import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ChannelsApi;
import org.openapitools.client.api.ConnectionsApi;
import org.openapitools.client.api.MessagesApi;
import org.openapitools.client.api.TokensApi;
import org.openapitools.client.model.*;

/** Calls the server API through the generated client, and prints what came of it. */
public class Main {
  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient().setBasePath(args[0]);
    client.setBearerToken(args[1]);
    MessagesApi messages = new MessagesApi(client);

    PublishResult one =
        messages.publish(new PublicationInput().channel("chat:42").data(Map.of("text", "hello"))).getResults().get(0);
    System.out.println("one " + one.getChannel() + " " + (one.getPosition() != null) + " " + (one.getError() == null));

    List<PublishResult> many =
        messages.publish(new PublicationInput().channels(List.of("chat:42", "nowhere")).data(2)).getResults();
    System.out.println("many " + (many.get(0).getError() == null) + " " + many.get(1).getError().getCode());

    try {
      messages.publish(new PublicationInput().channel("nowhere").data(3));
    } catch (ApiException thrown) {
      System.out.println("refused " + thrown.getCode() + " " + thrown.getResponseBody().contains("unknown_channel"));
    }

    BatchInput operations =
        new BatchInput()
            .addOperationsItem(new OperationInput().publish(new PublicationInput().channel("chat:42").data(4)))
            .addOperationsItem(new OperationInput().publish(new PublicationInput().channel("nowhere").data(5)))
            .addOperationsItem(
                new OperationInput().publish(new PublicationInput().channels(List.of("chat:42", "nowhere")).data(6)));
    List<OperationResult> batch = messages.batch(operations).getResults();
    System.out.println(
        "batch " + (batch.get(0).getError() == null) + " " + batch.get(1).getError().getCode() + " "
            + batch.get(2).getResults().get(1).getError().getCode());

    HistoryPage page = new ChannelsApi(client).readHistory("chat:42", null, 1, null);
    Message first = page.getMessages().get(0);
    Object text = ((Map<?, ?>) first.getData()).get("text");
    System.out.println("history " + text + " " + (first.getTime() > 1_500_000_000_000L) + " " + page.getMore());

    TokensApi tokens = new TokensApi(client);
    Token session = tokens.issueToken(new TokenRequestInput().user("ann").info(Map.of("name", "Ann")));
    Token channel = tokens.issueToken(new TokenRequestInput().user("ann").channel("doc:7").ttl(600L));
    System.out.println(
        "tokens " + (session.getExpiresAt() > channel.getExpiresAt()) + " " + channel.getToken().startsWith("ey"));

    Reach reach = new ConnectionsApi(client).disconnect(new DisconnectionInput().user("ann"));
    System.out.println("reach " + reach.getConnections());
    System.exit(0);
  }
}
