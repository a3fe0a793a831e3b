package dev.switchboard.client.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs in another process, as an agent: keeps all memory that it can get. Alone: nothing else of
 * ours is there.
 */
public final class MemoryEater {
  private static final int BITE_BYTES = 1 << 20;

  /** Whoever has sent it hears that it has begun before there is no room for saying so. */
  private static final long FIRST_NANOS = 100_000_000;

  private MemoryEater() {}

  /** Begins, on a thread of its own. */
  public static void agentmain(String arguments) {
    Thread eater = new Thread(MemoryEater::eat, "memory eater");
    eater.setDaemon(true);
    eater.start();
  }

  private static void eat() {
    LockSupport.parkNanos(FIRST_NANOS);
    List<byte[]> eaten = new ArrayList<>();
    while (!Thread.currentThread().isInterrupted()) {
      eaten.add(new byte[BITE_BYTES]);
    }
  }
}
