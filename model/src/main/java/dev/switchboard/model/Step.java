package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.layer.KvCacheFullException;
import dev.switchboard.model.layer.MixerState;
import dev.switchboard.model.moe.MoeOutcome.Lost;
import dev.switchboard.model.moe.Routing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The rows of one step: whose they are, and which have failed. */
final class Step {
  final List<StepSegment> segments;
  final int rows;

  /** Rows of segment i: {@code starts[i]} to {@code starts[i + 1]}. */
  final int[] starts;

  final long[] sequenceOfRow;
  final long[] positionOfRow;
  final boolean[] dead;

  private final Trunk trunk;
  private final BitSet degraded = new BitSet();
  private final int[] ahead;
  private @Nullable Step other;
  private final int[] moeIndex;
  private final int moeLayers;
  private final int topK;
  private final GateRuns gateRuns;
  private final int[] choices;
  private final float[] weights;
  private final int[] shadowChoices;
  private final SegmentFailure[] failures;

  /**
   * @throws IllegalArgumentException if a segment cannot be run
   * @throws KvCacheFullException if there is no room for its keys and values
   */
  Step(Trunk trunk, List<StepSegment> segments) {
    this(trunk, segments, new int[segments.size()]);
  }

  /**
   * @param ahead of each segment: tokens of its sequence that are in a step under way, and so not
   *     yet in its position
   */
  Step(Trunk trunk, List<StepSegment> segments, int[] ahead) {
    this.segments = List.copyOf(segments);
    this.ahead = ahead;
    this.trunk = trunk;
    this.starts = new int[segments.size() + 1];
    this.failures = new SegmentFailure[segments.size()];
    check(trunk, segments);
    for (int i = 0; i < segments.size(); i++) {
      starts[i + 1] = Math.addExact(starts[i], segments.get(i).tokens().length);
    }
    reserve();
    this.rows = starts[segments.size()];
    this.sequenceOfRow = new long[rows];
    this.positionOfRow = new long[rows];
    this.dead = new boolean[rows];
    for (int i = 0; i < segments.size(); i++) {
      SequenceState sequence = segments.get(i).sequence();
      for (int r = starts[i]; r < starts[i + 1]; r++) {
        sequenceOfRow[r] = sequence.id();
        positionOfRow[r] = sequence.position() + ahead[i] + r - starts[i];
      }
    }
    this.moeIndex = new int[trunk.layers().size()];
    List<Integer> withExperts = trunk.plan().moeLayers();
    for (int i = 0; i < withExperts.size(); i++) {
      moeIndex[withExperts.get(i)] = i;
    }
    this.moeLayers = withExperts.size();
    this.topK =
        trunk.plan().layers().stream()
            .flatMap(layer -> layer.moe().stream())
            .mapToInt(FeedPlan.Moe::topK)
            .max()
            .orElse(1);
    this.choices = new int[rows * moeLayers * topK];
    this.weights = new float[choices.length];
    Arrays.fill(choices, -1);
    this.gateRuns = GateRuns.of(this.segments, starts);
    this.shadowChoices = new int[gateRuns.shadows().isEmpty() ? 0 : choices.length];
    Arrays.fill(shadowChoices, -1);
  }

  /**
   * Whether these can be the segments of a step.
   *
   * @throws IllegalArgumentException if not
   */
  static void check(Trunk trunk, List<StepSegment> segments) {
    Set<Long> ids = new HashSet<>();
    for (int i = 0; i < segments.size(); i++) {
      StepSegment segment = segments.get(i);
      SequenceState sequence = segment.sequence();
      if (!sequence.usable() || !sequence.belongsTo(trunk) || !ids.add(sequence.id())) {
        throw new IllegalArgumentException(
            "segment "
                + i
                + ": sequence "
                + sequence.id()
                + " is closed, failed, of another model, or in this step already");
      }
      if (segment.tokens().length == 0) {
        throw new IllegalArgumentException(
            "segment " + i + " has no tokens; expected at least one");
      }
      for (int token : segment.tokens()) {
        if (token < 0 || token >= trunk.vocabulary()) {
          throw new IllegalArgumentException(
              "segment " + i + ": token " + token + "; the vocabulary has " + trunk.vocabulary());
        }
      }
    }
  }

  /** Room for all keys and values, before anything is moved. */
  private void reserve() {
    for (int i = 0; i < segments.size(); i++) {
      StepSegment segment = segments.get(i);
      segment.sequence().reserve(Math.addExact(ahead[i], segment.tokens().length));
    }
  }

  /** Positions of the mixers' states: behind the tokens that are ahead of this step, or not. */
  void lookAhead(boolean on) {
    for (int i = 0; i < ahead.length; i++) {
      if (ahead[i] > 0) {
        segments.get(i).sequence().lookAhead(on ? ahead[i] : 0);
      }
    }
  }

  /** What fails in one of the two fails in the other, where they have segments of one sequence. */
  void failsWith(Step step) {
    other = step;
  }

  MixerState[] mixerStates(int layer) {
    MixerState[] states = new MixerState[segments.size()];
    Arrays.setAll(states, i -> segments.get(i).sequence().mixer(layer));
    return states;
  }

  float[][] gateMemories(int layer) {
    float[][] memories = new float[segments.size()][];
    Arrays.setAll(memories, i -> segments.get(i).sequence().gateMemory(layer));
    return memories;
  }

  float[][] shadowMemories(int layer) {
    float[][] memories = new float[segments.size()][];
    Arrays.setAll(memories, i -> segments.get(i).sequence().shadowMemory(layer));
    return memories;
  }

  GateRuns gateRuns() {
    return gateRuns;
  }

  int segmentOf(int row) {
    int at = Arrays.binarySearch(starts, row);
    return at >= 0 ? at : -at - 2;
  }

  /** Rows at a segment's end whose logits are wanted. */
  int wantedRows(int segment) {
    return switch (segments.get(segment).logits()) {
      case NONE -> 0;
      case LAST -> 1;
      case ALL -> starts[segment + 1] - starts[segment];
    };
  }

  boolean failed(int segment) {
    return failures[segment] != null;
  }

  /** Remembers who was chosen, and with what weight. */
  void record(int layer, Routing routing) {
    int k = routing.topK();
    for (int r = 0; r < rows; r++) {
      int at = (r * moeLayers + moeIndex[layer]) * topK;
      System.arraycopy(routing.experts(), r * k, choices, at, k);
      System.arraycopy(routing.weights(), r * k, weights, at, k);
    }
  }

  /** Keeps what the gate of a layer read, of the sequences where it is wanted. */
  void keepGateInputs(int layer, float[] in) {
    for (int i = 0; i < segments.size(); i++) {
      GateInputs inputs = segments.get(i).sequence().gateInputs();
      if (inputs != null) {
        inputs.add(layer, in, starts[i], starts[i + 1]);
      }
    }
  }

  /** Remembers whom shadows would have chosen, where they know enough to be asked. */
  void recordShadow(int layer, Routing routing) {
    int k = routing.topK();
    for (GateRuns.GateRun run : gateRuns.shadows()) {
      int from = run.rows().firstRow();
      for (int r = from; r < from + run.rows().rows(); r++) {
        if (positionOfRow[r] >= segments.get(segmentOf(r)).sequence().shadowFrom()) {
          int at = (r * moeLayers + moeIndex[layer]) * topK;
          System.arraycopy(routing.experts(), r * k, shadowChoices, at, k);
        }
      }
    }
  }

  /**
   * Some experts did not answer: sequences that bear it go on without them, where others of the
   * token or a shared network are there; the other segments end.
   *
   * @return what sequences do without
   */
  List<Lost> lose(int layer, Routing routing, List<Lost> lost) {
    List<Lost> borne = new ArrayList<>(0);
    for (Lost one : lost) {
      int segment = segmentOf(one.token());
      if (segments.get(segment).sequence().bearsLoss() && dispensable(layer, routing, one, lost)) {
        borne.add(one);
      } else if (!failed(segment)) {
        end(segment, layer, one.reason(), lost);
      }
    }
    borne.removeIf(one -> dead[one.token()]);
    for (Lost one : borne) {
      degraded.set(one.token());
      segments.get(segmentOf(one.token())).sequence().degrade();
    }
    return borne;
  }

  /** A state that misses a token is not the sequence's any more. */
  private boolean dispensable(int layer, Routing routing, Lost one, List<Lost> lost) {
    FeedPlan.Moe moe = trunk.plan().layers().get(layer).moe().orElseThrow();
    return !(moe.expert() instanceof ExpertPlan.Mamba)
        && (moe.shared().isPresent()
            || lost.stream().filter(other -> other.token() == one.token()).count()
                < routing.topK());
  }

  private void end(int segment, int layer, String reason, List<Lost> lost) {
    Set<Integer> experts = new TreeSet<>();
    lost.stream()
        .filter(other -> segmentOf(other.token()) == segment)
        .forEach(other -> experts.add(other.expert()));
    fail(segment, layer, List.copyOf(experts), reason);
  }

  /** Ends a segment, unless it has failed before. */
  void fail(int segment, int layer, List<Integer> lostExperts, String reason) {
    if (failures[segment] == null) {
      failures[segment] = new SegmentFailure(segment, layer, lostExperts, reason);
      SequenceState sequence = segments.get(segment).sequence();
      sequence.spoil();
      Arrays.fill(dead, starts[segment], starts[segment + 1], true);
      if (other != null) {
        other.failSequence(sequence, failures[segment]);
      }
    }
  }

  private void failSequence(SequenceState sequence, SegmentFailure failure) {
    for (int i = 0; i < segments.size(); i++) {
      if (segments.get(i).sequence() == sequence) {
        fail(i, failure.layer(), failure.lostExperts(), failure.reason());
      }
    }
  }

  /** Moves the sequences that got through, and gathers what is known. */
  StepResult finish(float[][] logits) {
    List<RoutingTrace> traces = new ArrayList<>();
    List<int[]> shadows = new ArrayList<>();
    for (int i = 0; i < segments.size(); i++) {
      int width = moeLayers * topK;
      int tokens = starts[i + 1] - starts[i];
      traces.add(
          new RoutingTrace(
              tokens,
              moeLayers,
              topK,
              Arrays.copyOfRange(choices, starts[i] * width, starts[i + 1] * width),
              Arrays.copyOfRange(weights, starts[i] * width, starts[i + 1] * width),
              degraded.get(starts[i], starts[i + 1])));
      boolean compared = segments.get(i).sequence().gates().shadow().isPresent();
      shadows.add(
          compared
              ? Arrays.copyOfRange(shadowChoices, starts[i] * width, starts[i + 1] * width)
              : StepResult.NO_SHADOW);
      if (!failed(i)) {
        segments.get(i).sequence().advance(segments.get(i).tokens());
      }
    }
    List<SegmentFailure> failed =
        Arrays.stream(failures).filter(failure -> failure != null).toList();
    return new StepResult(logits, traces, shadows, failed);
  }
}
