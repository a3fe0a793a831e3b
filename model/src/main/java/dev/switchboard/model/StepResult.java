package dev.switchboard.model;

import java.util.List;
import java.util.Optional;

/**
 * What a step gave, by segment.
 *
 * @param logits {@code [wanted rows, vocabulary]} of each segment: after its last token, or after
 *     all; null where not wanted or failed
 * @param choices of each segment's tokens
 * @param shadows of each segment's tokens: whom the gates that it is compared with would have
 *     chosen, {@code [tokens, moeLayers, topK]} as in its trace, -1 where they were not asked;
 *     empty where there are none
 * @param failures segments without a result, in order
 */
public record StepResult(
    float[][] logits,
    List<RoutingTrace> choices,
    List<int[]> shadows,
    List<SegmentFailure> failures) {
  static final int[] NO_SHADOW = {};

  public StepResult {
    choices = List.copyOf(choices);
    shadows = List.copyOf(shadows);
    failures = List.copyOf(failures);
  }

  /** Why a segment failed, if it did. */
  public Optional<SegmentFailure> failure(int segment) {
    return failures.stream().filter(failure -> failure.segment() == segment).findFirst();
  }
}
