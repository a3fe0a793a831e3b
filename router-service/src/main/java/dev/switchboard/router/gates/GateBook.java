package dev.switchboard.router.gates;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.router.engine.GateWatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What this router has compared, by pairs of versions. Thread-safe. */
final class GateBook implements GateWatcher {
  private static final int MOST_PAIRS = 8;

  /** Tokens of one half of what a version is judged by. */
  private static final int HALF_WINDOW = 4096;

  private final int moeLayers;
  private final int experts;
  private final Map<GatePair, Page> pages = new LinkedHashMap<>();

  private static final class Page {
    final GateComparison all;
    final GateLosses losses = new GateLosses();
    GateComparison before;
    GateComparison now;

    Page(int moeLayers, int experts) {
      all = new GateComparison(moeLayers, experts);
      before = new GateComparison(moeLayers, experts);
      now = new GateComparison(moeLayers, experts);
    }
  }

  /**
   * What was found of a pair.
   *
   * @param all since it was first compared
   * @param recent of the last some thousand tokens
   */
  record Found(
      GatePair pair, GateComparison all, GateComparison recent, GateLosses.Summary losses) {}

  GateBook(int moeLayers, int experts) {
    this.moeLayers = moeLayers;
    this.experts = experts;
  }

  @Override
  public synchronized void compared(GateUse use, RoutingTrace choices, int[] others) {
    use.shadow()
        .ifPresent(shadow -> {
          Page page = page(new GatePair(use.gates().version(), shadow.version()));
          page.all.add(choices, others);
          page.now.add(choices, others);
          if (page.now.tokens() >= HALF_WINDOW) {
            page.before = page.now;
            page.now = new GateComparison(moeLayers, experts);
          }
        });
  }

  /** A text was read with both; losses are sums in nats. */
  synchronized void judged(GatePair pair, int tokens, double loss, double otherLoss) {
    page(pair).losses.add(tokens, loss, otherLoss);
  }

  private Page page(GatePair pair) {
    Page page = pages.get(pair);
    if (page == null) {
      page = new Page(moeLayers, experts);
      pages.put(pair, page);
      if (pages.size() > MOST_PAIRS) {
        pages.remove(pages.keySet().iterator().next());
      }
    }
    return page;
  }

  synchronized Found of(GatePair pair) {
    return found(pair, pages.containsKey(pair) ? page(pair) : new Page(moeLayers, experts));
  }

  /** All pairs, the newest last. */
  synchronized List<Found> all() {
    return pages.entrySet().stream().map(page -> found(page.getKey(), page.getValue())).toList();
  }

  private static Found found(GatePair pair, Page page) {
    GateComparison recent = page.before.copy();
    recent.add(page.now);
    return new Found(pair, page.all.copy(), recent, page.losses.summary());
  }

  /** Forgets what was found of a version: it is tried anew. */
  synchronized void forget(String version) {
    pages.keySet().removeIf(p -> p.version().equals(version) || p.other().equals(version));
  }
}
