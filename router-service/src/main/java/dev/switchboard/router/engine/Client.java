package dev.switchboard.router.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The requests of one client: those that wait, in their order, and how many run. */
final class Client {
  final String name;

  /** Those that have begun before and gave up their state come first, the oldest of all first. */
  private final List<Entry> waiting = new ArrayList<>();

  int running;

  /** The step in which its prompts were last served. */
  long lastStep;

  Client(String name) {
    this.name = name;
  }

  int waiting() {
    return waiting.size();
  }

  boolean isEmpty() {
    return running == 0 && waiting.isEmpty();
  }

  /** The next to begin; a request whose reader is behind lets others pass. */
  @Nullable Entry next() {
    for (Entry entry : waiting) {
      if (!entry.paused) {
        return entry;
      }
    }
    return null;
  }

  /** The one that came last and has never begun. */
  @Nullable Entry lastFresh() {
    Entry last = waiting.isEmpty() ? null : waiting.getLast();
    return last == null || last.hasBegun() ? null : last;
  }

  void queue(Entry entry) {
    if (!entry.hasBegun()) {
      waiting.add(entry);
      return;
    }
    int at = 0;
    while (at < waiting.size()
        && waiting.get(at).hasBegun()
        && waiting.get(at).begun < entry.begun) {
      at++;
    }
    waiting.add(at, entry);
  }

  void leave(Entry entry) {
    waiting.remove(entry);
  }
}
