package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertNodeMethods;
import java.util.concurrent.atomic.AtomicLong;

/** How often streams to nodes broke, over all links. Any thread. */
public final class LinkBreaks {
  private final AtomicLong all = new AtomicLong();
  private final AtomicLong corrupt = new AtomicLong();

  LinkBreaks() {}

  void broke(String reason) {
    all.incrementAndGet();
    if (reason.contains(ExpertNodeMethods.CORRUPT)) {
      corrupt.incrementAndGet();
    }
  }

  /** Whatever the reason. */
  public long all() {
    return all.get();
  }

  /** Of them, those for a message whose checksum did not fit, at either side. */
  public long corrupt() {
    return corrupt.get();
  }
}
