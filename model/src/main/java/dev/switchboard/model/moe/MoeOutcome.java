package dev.switchboard.model.moe;

import java.util.List;

/** Who did not answer: a missing expert is data. */
public record MoeOutcome(List<Lost> lost) {
  private static final MoeOutcome COMPLETE = new MoeOutcome(List.of());

  /** One token's answer of one expert that never came. */
  public record Lost(int token, int expert, String reason) {}

  public MoeOutcome {
    lost = List.copyOf(lost);
  }

  /** All answered. */
  public static MoeOutcome complete() {
    return COMPLETE;
  }
}
