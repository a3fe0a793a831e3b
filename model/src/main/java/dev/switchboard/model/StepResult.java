package dev.switchboard.model;

import java.util.List;
import java.util.Optional;

/**
 * What a step gave, by segment.
 *
 * @param logits {@code [wanted rows, vocabulary]} of each segment: after its last token, or after
 *     all; null where not wanted or failed
 * @param choices of each segment's tokens
 * @param failures segments without a result, in order
 */
public record StepResult(
    float[][] logits, List<RoutingTrace> choices, List<SegmentFailure> failures) {
  public StepResult {
    choices = List.copyOf(choices);
    failures = List.copyOf(failures);
  }

  /** Why a segment failed, if it did. */
  public Optional<SegmentFailure> failure(int segment) {
    return failures.stream().filter(failure -> failure.segment() == segment).findFirst();
  }
}
