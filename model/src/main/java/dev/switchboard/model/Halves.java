package dev.switchboard.model;

import dev.switchboard.model.StepSegment.Logits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a step as two steps of about as many rows each: the first tokens, and the rest.
 * One segment at most is in both.
 *
 * @param ahead tokens of the first step that precede each segment of the second
 * @param firstSegments how many segments begin in the first step
 * @param cut whether the last of them goes on in the second
 */
record Halves(
    List<StepSegment> first,
    List<StepSegment> second,
    int[] ahead,
    int firstSegments,
    boolean cut) {
  /** Cuts; there are two rows at least. */
  static Halves of(List<StepSegment> segments) {
    int half = segments.stream().mapToInt(segment -> segment.tokens().length).sum() / 2;
    List<StepSegment> first = new ArrayList<>();
    List<StepSegment> second = new ArrayList<>();
    int row = 0;
    int aheadOfSecond = 0;
    for (StepSegment segment : segments) {
      int rows = segment.tokens().length;
      int before = Math.clamp(half - row, 0, rows);
      if (before == rows) {
        first.add(segment);
      } else if (before == 0) {
        second.add(segment);
      } else {
        Logits logits = segment.logits();
        int[] tokens = segment.tokens();
        first.add(
            new StepSegment(
                segment.sequence(),
                Arrays.copyOf(tokens, before),
                logits == Logits.ALL ? Logits.ALL : Logits.NONE));
        second.add(
            new StepSegment(segment.sequence(), Arrays.copyOfRange(tokens, before, rows), logits));
        aheadOfSecond = before;
      }
      row += rows;
    }
    int[] ahead = new int[second.size()];
    ahead[0] = aheadOfSecond;
    return new Halves(first, second, ahead, first.size(), aheadOfSecond > 0);
  }

  /** The result of the whole step. */
  StepResult join(StepResult one, StepResult two) {
    int segments = firstSegments + second.size() - (cut ? 1 : 0);
    float[][] logits = new float[segments][];
    List<RoutingTrace> choices = new ArrayList<>();
    List<int[]> shadows = new ArrayList<>();
    List<SegmentFailure> failures = new ArrayList<>(one.failures());
    for (int i = 0; i < segments; i++) {
      int other = i - firstSegments + (cut ? 1 : 0);
      if (i < firstSegments && other < 0) {
        logits[i] = one.logits()[i];
        choices.add(one.choices().get(i));
        shadows.add(one.shadows().get(i));
      } else if (i < firstSegments) {
        logits[i] = joined(one.logits()[i], two.logits()[other]);
        choices.add(joined(one.choices().get(i), two.choices().get(other)));
        shadows.add(joined(one.shadows().get(i), two.shadows().get(other)));
      } else {
        logits[i] = two.logits()[other];
        choices.add(two.choices().get(other));
        shadows.add(two.shadows().get(other));
      }
      int segment = i;
      if (other >= 0 && one.failure(i).isEmpty()) {
        two.failure(other)
            .ifPresent(failure ->
                failures.add(
                    new SegmentFailure(
                        segment, failure.layer(), failure.lostExperts(), failure.reason())));
      }
      if (failures.stream().anyMatch(failure -> failure.segment() == segment)) {
        logits[i] = null;
      }
    }
    return new StepResult(logits, choices, shadows, failures);
  }

  private static float @Nullable [] joined(float @Nullable [] one, float @Nullable [] two) {
    if (one == null || two == null) {
      return two;
    }
    float[] both = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, both, one.length, two.length);
    return both;
  }

  private static int[] joined(int[] one, int[] two) {
    int[] both = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, both, one.length, two.length);
    return both;
  }

  private static RoutingTrace joined(RoutingTrace one, RoutingTrace two) {
    int[] experts = joined(one.experts(), two.experts());
    float[] weights = Arrays.copyOf(one.weights(), experts.length);
    System.arraycopy(two.weights(), 0, weights, one.weights().length, two.weights().length);
    BitSet degraded = (BitSet) one.degraded().clone();
    two.degraded().stream().forEach(token -> degraded.set(one.tokens() + token));
    return new RoutingTrace(
        one.tokens() + two.tokens(), one.moeLayers(), one.topK(), experts, weights, degraded);
  }
}
