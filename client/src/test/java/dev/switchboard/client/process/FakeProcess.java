package dev.switchboard.client.process;

import dev.switchboard.client.FakeRouter;
import java.io.IOException;
import java.util.List;

/**
 * What stands in for a router's or node's main class: announces itself as they do and ends with its
 * parent.
 */
public final class FakeProcess {
  private FakeProcess() {}

  public static void main(String[] args) throws IOException {
    System.err.println("started with " + List.of(args));
    if (args[0].equals("router")) {
      FakeRouter router = new FakeRouter(FakeRouter.Manner.STEADY);
      System.out.println("{\"listening\":\"router\",\"grid\":\"127.0.0.1:9\"}");
      System.out.println("{\"ready\":\"router\",\"address\":\"" + router.address() + "\"}");
    } else {
      System.out.println("{\"ready\":\"node\",\"id\":\"n\"}");
    }
    while (System.in.read() >= 0) {}
    System.exit(0);
  }
}
