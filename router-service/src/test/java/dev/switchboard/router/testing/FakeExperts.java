package dev.switchboard.router.testing;

import com.google.protobuf.ByteString;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertCounter;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.proto.weights.Checksums;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a {@link FakeNode} computes with: experts, their states, and what was done. One thread. */
final class FakeExperts {
  private record Key(int layer, int expert) {}

  private final Model model;
  private final Map<Key, Expert> experts = new HashMap<>();
  private final Map<Long, Map<Key, ExpertState>> states = new HashMap<>();
  private final Map<Key, Long> rows = new TreeMap<>(Comparator.comparing(Key::toString));
  private final Scratch scratch = new Scratch();
  private int given;

  FakeExperts(Model model) {
    this.model = model;
  }

  void load(int layer, int expert) {
    experts.put(new Key(layer, expert), model.loadExpert(layer, expert));
  }

  void load(AddedExpert expert) {
    for (int layer : model.moeLayers()) {
      experts.put(new Key(layer, expert.index()), model.loadExpert(expert, layer));
    }
  }

  /** States that came along. */
  int given() {
    return given;
  }

  int sequences() {
    return states.size();
  }

  void forgetStates() {
    states.clear();
  }

  void release(long sequence) {
    states.remove(sequence);
  }

  /** Rows of each expert that was asked for any. */
  List<ExpertCounter> counters() {
    return rows.entrySet().stream()
        .map(one ->
            ExpertCounter.newBuilder()
                .setLayer(one.getKey().layer())
                .setExpert(one.getKey().expert())
                .setRows(one.getValue())
                .setMultiplyAddsPerRow(experts.get(one.getKey()).multiplyAddsPerRow())
                .build())
        .toList();
  }

  /**
   * @param mood what to make of it
   */
  ExpertResultFrame answer(ExpertBatchFrame frame, FakeNode.Mood mood) {
    ExpertBatch batch = frame.header();
    ExpertResult.Builder result = ExpertResult.newBuilder().setId(batch.getId()).setHeldEpoch(1);
    int d = frame.activations().width();
    int total = batch.getGroupsList().stream().mapToInt(ExpertGroup::getRowsCount).sum();
    float[] out = new float[total * d];
    int written = 0;
    for (ExpertGroup group : batch.getGroupsList()) {
      Key key = new Key(batch.getLayer(), group.getExpert());
      Expert expert = experts.get(key);
      GroupStatus status =
          mood == FakeNode.Mood.REFUSE
              ? GroupStatus.GROUP_STATUS_OVERLOADED
              : expert == null
                  ? GroupStatus.GROUP_STATUS_NOT_HELD
                  : strayed(key, group)
                      ? GroupStatus.GROUP_STATUS_STATE_VERSION
                      : GroupStatus.GROUP_STATUS_OK;
      boolean refused = status != GroupStatus.GROUP_STATUS_OK;
      GroupResult.Builder answer =
          result
              .addGroupsBuilder()
              .setExpert(group.getExpert())
              .setStatus(status)
              .setMessage(refused ? "told to" : "");
      if (expert != null && !refused) {
        compute(expert, key, group, frame.activations(), new Out(out, written, answer));
        written += group.getRowsCount();
      }
    }
    int sent = mood == FakeNode.Mood.SHORT ? written - 1 : written;
    return new ExpertResultFrame(
        result.build(), sent <= 0 ? TensorRows.NONE : TensorRows.f32(sent, d, out));
  }

  private boolean strayed(Key key, ExpertGroup group) {
    return group.getRunsList().stream()
        .anyMatch(run -> !run.getStateGiven() && version(key, run) != run.getVersionBefore());
  }

  private long version(Key key, SequenceRun run) {
    ExpertState state = states.getOrDefault(run.getSequenceId(), Map.of()).get(key);
    return state == null ? 0 : state.version();
  }

  /** Where an answer goes. */
  private record Out(float[] rows, int written, GroupResult.Builder result) {}

  private void compute(Expert expert, Key key, ExpertGroup group, WireRows rows, Out to) {
    TensorRows activations = (TensorRows) rows;
    int d = expert.dModel();
    int written = to.written();
    float[] out = to.rows();
    int count = group.getRowsCount();
    float[] in = new float[count * d];
    for (int i = 0; i < count; i++) {
      System.arraycopy(activations.values(), group.getRows(i) * d, in, i * d, d);
    }
    if (expert.stateful()) {
      int first = 0;
      for (SequenceRun run : group.getRunsList()) {
        Map<Key, ExpertState> mine =
            states.computeIfAbsent(run.getSequenceId(), s -> new HashMap<>());
        if (run.getStateGiven()) {
          given++;
          mine.put(
              key,
              run.getState().isEmpty()
                  ? expert.newState()
                  : expert.readState(run.getState().toByteArray()));
        }
        ExpertState state = mine.computeIfAbsent(key, k -> expert.newState());
        if (run.getRowCount() > 0) {
          expert.forward(
              in, first * d, run.getRowCount(), state, out, (written + first) * d, scratch);
        }
        first += run.getRowCount();
        if (run.getStateWanted()) {
          byte[] bytes = state.toBytes();
          to.result()
              .addStates(
                  RunState.newBuilder()
                      .setSequenceId(run.getSequenceId())
                      .setVersion(state.version())
                      .setState(ByteString.copyFrom(bytes))
                      .setCrc32C(Checksums.crc32c(bytes)));
        }
      }
    } else {
      expert.forward(in, 0, count, ExpertState.NONE, out, written * d, scratch);
    }
    this.rows.merge(key, (long) count, Long::sum);
  }
}
