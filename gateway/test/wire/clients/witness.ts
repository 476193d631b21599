import { TestClient } from "../../support/client.ts";
import type { Gateway } from "../../support/gateway.ts";

/**
 * Lets as much time pass as a client with a reconnection delay of up to 20 ms needs to come back several
 * times over: another client is sent away again and again, and each time does come back.
 */
export async function outlastReconnections(gateway: Gateway): Promise<void> {
  const witness = new TestClient(gateway.url, { token: await gateway.token("witness") });
  try {
    for (let welcomes = 1; welcomes <= 6; welcomes += 1) {
      await witness.next("welcome", welcomes);
      await gateway.call("POST", "/v1/disconnect", { user: "witness", reconnect: true });
    }
  } finally {
    witness.close();
  }
}
