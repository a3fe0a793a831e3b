package dev.switchboard.model.moe;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Runs all experts in this process, and counts the rows of each. One thread runs and releases; any
 * thread may read the counters.
 */
public final class LocalExperts implements ExpertRunner, AutoCloseable {
  private record StateKey(int layer, int expert) {}

  private final Map<Integer, List<Expert>> byLayer;
  private final Crew crew;
  private final Map<Integer, AtomicLongArray> rows = new TreeMap<>();
  private final Map<Long, Map<StateKey, ExpertState>> states = new HashMap<>();
  private int[] slots = new int[0];
  private @Nullable Scratch scratch;

  /**
   * @param byLayer all experts of each MoE layer, in order
   */
  public LocalExperts(Map<Integer, List<Expert>> byLayer) {
    this(byLayer, Crew.ALONE);
  }

  /**
   * @param byLayer all experts of each MoE layer, in order
   * @param crew shares the work; led by the thread that runs
   */
  public LocalExperts(Map<Integer, List<Expert>> byLayer, Crew crew) {
    this.crew = crew;
    this.byLayer = Map.copyOf(byLayer);
    byLayer.forEach((layer, experts) -> rows.put(layer, new AtomicLongArray(experts.size())));
  }

  @Override
  public MoeOutcome run(MoeCall call) {
    List<Expert> experts = byLayer.get(call.layer());
    if (experts == null) {
      throw new IllegalArgumentException(
          "layer " + call.layer() + " has no experts here; layers that have: " + rows.keySet());
    }
    if (scratch == null) {
      scratch = new Scratch(crew);
    }
    int all = call.tokens() * call.routing().topK();
    if (slots.length < all) {
      slots = new int[all];
    }
    for (int e = 0; e < experts.size(); e++) {
      int count = gatherSlots(call, e);
      if (count > 0) {
        runExpert(call, e, experts.get(e), count, scratch);
      }
    }
    return MoeOutcome.complete();
  }

  /** Finds the (token, rank) slots of one expert, in order of tokens. */
  private int gatherSlots(MoeCall call, int expert) {
    int[] chosen = call.routing().experts();
    int k = call.routing().topK();
    int count = 0;
    for (int slot = 0; slot < call.tokens() * k; slot++) {
      if (chosen[slot] == expert && !call.dead()[slot / k]) {
        slots[count++] = slot;
      }
    }
    return count;
  }

  private void runExpert(MoeCall call, int index, Expert expert, int count, Scratch scratch) {
    int d = call.dModel();
    int k = call.routing().topK();
    float[] in = scratch.floats(Slot.EXPERT_INPUT, count * d);
    float[] out = scratch.floats(Slot.EXPERT_OUTPUT, count * d);
    for (int i = 0; i < count; i++) {
      System.arraycopy(call.input(), slots[i] / k * d, in, i * d, d);
    }
    if (expert.stateful()) {
      runSequences(call, index, expert, count, in, out, scratch);
    } else {
      expert.forward(in, 0, count, ExpertState.NONE, out, 0, scratch);
    }
    for (int i = 0; i < count; i++) {
      System.arraycopy(out, i * d, call.outputs(), slots[i] * d, d);
    }
    AtomicLongArray counters = rows.get(call.layer());
    if (counters != null) {
      counters.addAndGet(index, count);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void runSequences(
      MoeCall call, int index, Expert expert, int count, float[] in, float[] out, Scratch scratch) {
    int d = call.dModel();
    int k = call.routing().topK();
    int first = 0;
    while (first < count) {
      long sequence = call.sequenceOfToken()[slots[first] / k];
      int end = first + 1;
      while (end < count && call.sequenceOfToken()[slots[end] / k] == sequence) {
        end++;
      }
      ExpertState state =
          states
              .computeIfAbsent(sequence, id -> new HashMap<>())
              .computeIfAbsent(new StateKey(call.layer(), index), key -> expert.newState());
      expert.forward(in, first * d, end - first, state, out, first * d, scratch);
      first = end;
    }
  }

  @Override
  public void release(long sequenceId) {
    states.remove(sequenceId);
  }

  /** Sequences whose states are held. */
  public int sequences() {
    return states.size();
  }

  /** Rows that an expert has computed since the start. */
  public long rows(int layer, int expert) {
    AtomicLongArray counters = rows.get(layer);
    return counters == null ? 0 : counters.get(expert);
  }

  /** Multiply-adds of all experts since the start. */
  public long multiplyAdds() {
    long sum = 0;
    for (Map.Entry<Integer, List<Expert>> layer : byLayer.entrySet()) {
      for (int e = 0; e < layer.getValue().size(); e++) {
        sum += rows(layer.getKey(), e) * layer.getValue().get(e).multiplyAddsPerRow();
      }
    }
    return sum;
  }

  @Override
  public void close() {
    states.clear();
  }
}
