package dev.switchboard.router.engine;

import dev.switchboard.model.GateUse;
import dev.switchboard.model.RoutingTrace;

/** Hears what gates chose beside others. On the engine's thread; must not block. */
public interface GateWatcher {
  /** Hears nothing. */
  GateWatcher NONE = (use, choices, others) -> {};

  /**
   * Some tokens of a sequence were routed.
   *
   * @param others whom its shadow would have chosen, {@code [tokens, moeLayers, topK]} as in the
   *     choices; -1 where it was not asked
   */
  void compared(GateUse use, RoutingTrace choices, int[] others);
}
