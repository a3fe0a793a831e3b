package dev.switchboard.model.moe;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import java.util.ArrayList;
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
  private record StateKey(int layer, int expert) implements Comparable<StateKey> {
    @Override
    public int compareTo(StateKey other) {
      return layer != other.layer
          ? Integer.compare(layer, other.layer)
          : Integer.compare(expert, other.expert);
    }
  }

  private final Map<Integer, List<Expert>> byLayer;
  private final Crew crew;
  private final Map<Integer, AtomicLongArray> rows = new TreeMap<>();
  private final Map<Long, Map<StateKey, ExpertState>> states = new HashMap<>();
  private final SortedSlots sorted = new SortedSlots();
  private @Nullable GroupedExperts grouped;
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
    sorted.sort(call, experts.size());
    if (experts.stream().anyMatch(Expert::stateful)) {
      for (int e = 0; e < experts.size(); e++) {
        runExpert(call, e, experts.get(e), scratch);
      }
    } else {
      if (grouped == null) {
        grouped = new GroupedExperts(scratch, call, sorted);
      }
      grouped.run(call, sorted, experts);
    }
    count(call.layer(), experts.size());
    return MoeOutcome.complete();
  }

  private void count(int layer, int experts) {
    AtomicLongArray counters = rows.get(layer);
    for (int e = 0; counters != null && e < experts; e++) {
      int some = sorted.start(e + 1) - sorted.start(e);
      if (some > 0) {
        counters.addAndGet(e, some);
      }
    }
  }

  private void runExpert(MoeCall call, int index, Expert expert, Scratch scratch) {
    int from = sorted.start(index);
    int count = sorted.start(index + 1) - from;
    if (count == 0) {
      return;
    }
    int d = call.dModel();
    float[] in = scratch.floats(Slot.EXPERT_INPUT, count * d);
    float[] out = scratch.floats(Slot.EXPERT_OUTPUT, count * d);
    for (int i = 0; i < count; i++) {
      System.arraycopy(call.input(), sorted.token(from + i) * d, in, i * d, d);
    }
    runSequences(call, index, expert, count, in, out, scratch);
    for (int i = 0; i < count; i++) {
      System.arraycopy(out, i * d, call.outputs(), sorted.slot(from + i) * d, d);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void runSequences(
      MoeCall call, int index, Expert expert, int count, float[] in, float[] out, Scratch scratch) {
    int d = call.dModel();
    int from = sorted.start(index);
    int first = 0;
    while (first < count) {
      long sequence = call.sequenceOfToken()[sorted.token(from + first)];
      int end = first + 1;
      while (end < count && call.sequenceOfToken()[sorted.token(from + end)] == sequence) {
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
  public List<ExpertSnapshot> snapshot(long sequenceId) {
    List<ExpertSnapshot> snapshots = new ArrayList<>();
    new TreeMap<>(states.getOrDefault(sequenceId, Map.of()))
        .forEach((key, state) -> {
          if (state != ExpertState.NONE) {
            snapshots.add(
                new ExpertSnapshot(key.layer, key.expert, state.version(), state.toBytes()));
          }
        });
    return snapshots;
  }

  @Override
  public void restore(long sequenceId, List<ExpertSnapshot> snapshots) {
    Map<StateKey, ExpertState> restored = new HashMap<>();
    for (ExpertSnapshot snapshot : snapshots) {
      restored.put(new StateKey(snapshot.layer(), snapshot.expert()), read(snapshot));
    }
    if (restored.isEmpty()) {
      states.remove(sequenceId);
    } else {
      states.put(sequenceId, restored);
    }
  }

  private ExpertState read(ExpertSnapshot snapshot) {
    List<Expert> experts = byLayer.getOrDefault(snapshot.layer(), List.of());
    if (snapshot.expert() >= experts.size()) {
      throw new SnapshotException(Problem.OTHER_MODEL, "there is no such expert here: " + snapshot);
    }
    try {
      ExpertState state = experts.get(snapshot.expert()).readState(snapshot.bytes());
      if (state.version() == snapshot.version()) {
        return state;
      }
    } catch (IllegalArgumentException e) {
      throw new SnapshotException(Problem.OTHER_MODEL, snapshot + ": " + e.getMessage(), e);
    }
    throw new SnapshotException(Problem.DAMAGED, snapshot + " says another version");
  }

  @Override
  public void fork(long sequenceId, long newId) {
    Map<StateKey, ExpertState> held = states.get(sequenceId);
    if (held != null) {
      Map<StateKey, ExpertState> copies = new HashMap<>();
      held.forEach((key, state) -> copies.put(key, state.copy()));
      states.put(newId, copies);
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
