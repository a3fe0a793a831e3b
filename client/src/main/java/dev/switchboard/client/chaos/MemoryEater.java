package dev.switchboard.client.chaos;

import java.util.ArrayList;
import java.util.List;

/**
 * Runs in another process, as an agent: keeps all memory that it can get. Alone: nothing else of
 * ours is there.
 */
public final class MemoryEater {
  private static final int BITE_BYTES = 1 << 20;

  private MemoryEater() {}

  /** Begins, on a thread of its own. */
  public static void agentmain(String arguments) {
    Thread eater = new Thread(MemoryEater::eat, "memory eater");
    eater.setDaemon(true);
    eater.start();
  }

  private static void eat() {
    List<byte[]> eaten = new ArrayList<>();
    while (!Thread.currentThread().isInterrupted()) {
      eaten.add(new byte[BITE_BYTES]);
    }
  }
}
