package dev.switchboard.model.layer;

import java.util.List;

/**
 * What a new sequence's mixers are given.
 *
 * @param keysAndValues where attention keeps what it has seen
 * @param declaredTokens length of the prompt as it was declared; 0 if it was not. Rope kinds that
 *     depend on the length take their variant from it, once.
 */
public record SequenceMemory(KvTable keysAndValues, long declaredTokens) {
  /** For models without attention. */
  public SequenceMemory(long declaredTokens) {
    this(new KvCache(List.of(), 0).newTable(), declaredTokens);
  }

  public SequenceMemory {
    if (declaredTokens < 0) {
      throw new IllegalArgumentException(declaredTokens + " declared tokens");
    }
  }
}
