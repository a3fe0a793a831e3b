package dev.switchboard.router.dispatch;

import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.proto.weights.Checksums;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import dev.switchboard.router.dispatch.SequenceHomes.Key;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages for experts with a state. Rows go as runs, one a sequence, that say which version of the
 * state they move to which; every so often the state is asked for along with the answer.
 *
 * <p>A batch that rebuilds brings, for each of its runs, the kept copy of the state, and before the
 * run's own rows those that have moved the state since: the node computes them all, and only the
 * answers to the run's own are used. A call that only reads has no rows of its own.
 */
final class StatefulFrames implements Frames {
  /** A run of one sequence: tokens of the call. */
  private record Run(long sequence, int[] tokens) {}

  /**
   * What asking for states is bounded by.
   *
   * @param stateBytes of one state
   * @param mostBytes of states in one message; one is always asked for
   */
  record Room(long stateBytes, long mostBytes) {}

  private final BatchFrames.Head head;
  private final MoeCall call;
  private final SequenceHomes homes;
  private final Room room;
  private final boolean reads;

  /**
   * @param reads whether states are to be read out and not moved: then the call's rows stand for
   *     their sequences alone
   */
  StatefulFrames(
      BatchFrames.Head head, MoeCall call, SequenceHomes homes, Room room, boolean reads) {
    this.head = head;
    this.call = call;
    this.homes = homes;
    this.room = room;
    this.reads = reads;
  }

  @Override
  public ExpertBatchFrame frame(DispatchRound.Send send, long leftNanos) {
    NodeBatch batch = send.batch();
    ExpertBatch.Builder header = head.batch(send.id(), call.layer(), leftNanos);
    if (batch.rebuilds()) {
      return rebuilding(header, batch);
    }
    long asked = 0;
    for (ExpertRows rows : batch.groups()) {
      ExpertGroup.Builder group = head.group(rows.expert());
      for (int i = 0; !reads && i < rows.rows().length; i++) {
        group.addRows(rows.rows()[i]);
      }
      for (Run run : runs(rows, batch.tokens())) {
        SequenceRun.Builder wire = wire(run, rows.expert(), false, asked);
        asked += wire.getStateWanted() ? room.stateBytes() : 0;
        group.addRuns(wire);
        homes.sent(run.sequence(), batch.node());
      }
      header.addGroups(group);
    }
    return new ExpertBatchFrame(header.build(), reads ? TensorRows.NONE : rows(batch.tokens()));
  }

  private SequenceRun.Builder wire(Run run, int expert, boolean rebuilds, long asked) {
    HomedState state = homes.find(run.sequence(), call.layer(), expert);
    int own = reads ? 0 : run.tokens().length;
    long version = state == null ? 0 : state.version();
    boolean room = asked == 0 || asked + this.room.stateBytes() <= this.room.mostBytes();
    SequenceRun.Builder wire =
        SequenceRun.newBuilder()
            .setSequenceId(run.sequence())
            .setVersionAfter(version + own)
            .setPosition(call.positionOfToken()[run.tokens()[0]])
            .setStateWanted(reads || (room && homes.wants(state, own)))
            .setRebuildable(state == null || state.kept());
    if (rebuilds && state != null) {
      return wire.setVersionBefore(state.copyVersion())
          .setRowCount(state.rowCount() + own)
          .setStateGiven(true)
          .setState(state.copy())
          .setStateCrc32C(Checksums.crc32c(state.copy().asReadOnlyByteBuffer()));
    }
    return wire.setVersionBefore(version).setRowCount(own);
  }

  private TensorRows rows(int[] tokens) {
    int d = call.dModel();
    float[] values = new float[tokens.length * d];
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(call.input(), tokens[i] * d, values, i * d, d);
    }
    return TensorRows.f32(tokens.length, d, values);
  }

  /** One group, its rows as they come: each run's kept ones, then its own. */
  private ExpertBatchFrame rebuilding(ExpertBatch.Builder header, NodeBatch batch) {
    ExpertRows rows = batch.groups().getFirst();
    ExpertGroup.Builder group = head.group(rows.expert());
    int d = call.dModel();
    int count = outputRows(batch, rows);
    float[] values = new float[count * d];
    int at = 0;
    for (Run run : runs(rows, batch.tokens())) {
      group.addRuns(wire(run, rows.expert(), true, 0));
      homes.sent(run.sequence(), batch.node());
      HomedState state = homes.find(run.sequence(), call.layer(), rows.expert());
      if (state != null) {
        System.arraycopy(state.rows(), 0, values, at * d, state.rowCount() * d);
        at += state.rowCount();
      }
      for (int i = 0; !reads && i < run.tokens().length; i++) {
        System.arraycopy(call.input(), run.tokens()[i] * d, values, at++ * d, d);
      }
    }
    for (int row = 0; row < count; row++) {
      group.addRows(row);
    }
    return new ExpertBatchFrame(
        header.addGroups(group).build(),
        count == 0 ? TensorRows.NONE : TensorRows.f32(count, d, values));
  }

  /** Rows that the group's answer has. */
  private int outputRows(NodeBatch batch, ExpertRows group) {
    int count = reads ? 0 : group.rows().length;
    if (batch.rebuilds()) {
      for (Run run : runs(group, batch.tokens())) {
        count += replayed(run, group.expert(), batch);
      }
    }
    return count;
  }

  private int replayed(Run run, int expert, NodeBatch batch) {
    HomedState state = homes.find(run.sequence(), call.layer(), expert);
    return batch.rebuilds() && state != null ? state.rowCount() : 0;
  }

  private List<Run> runs(ExpertRows rows, int[] tokens) {
    List<Run> runs = new ArrayList<>();
    int[] mine = new int[rows.rows().length];
    int first = 0;
    for (int i = 0; i < mine.length; i++) {
      mine[i] = tokens[rows.rows()[i]];
    }
    for (int i = 1; i <= mine.length; i++) {
      long sequence = call.sequenceOfToken()[mine[first]];
      if (i == mine.length || call.sequenceOfToken()[mine[i]] != sequence) {
        runs.add(new Run(sequence, Arrays.copyOfRange(mine, first, i)));
        first = i;
      }
    }
    return runs;
  }

  @Override
  public List<GroupAnswer> scatter(NodeBatch batch, ExpertResult header, WireRows outputs) {
    Map<Integer, ExpertRows> asked = new HashMap<>();
    batch.groups().forEach(group -> asked.put(group.expert(), group));
    List<GroupAnswer> answers = new ArrayList<>(batch.groups().size());
    int rows = 0;
    for (GroupResult result : header.getGroupsList()) {
      ExpertRows group = asked.remove(result.getExpert());
      if (group == null) {
        throw new IllegalArgumentException(
            "an answer for expert %d, which was not asked for".formatted(result.getExpert()));
      }
      boolean ok = result.getStatus() == GroupStatus.GROUP_STATUS_OK;
      rows += ok ? outputRows(batch, group) : 0;
      boolean strayed = result.getStatus() == GroupStatus.GROUP_STATUS_STATE_VERSION;
      answers.add(
          new GroupAnswer(group.expert(), ok ? null : BatchFrames.problem(result), strayed));
    }
    if (outputs.count() != rows || (rows > 0 && outputs.width() != call.dModel())) {
      throw new IllegalArgumentException(
          "an answer of shape [%d, %d], expected [%d, %d]"
              .formatted(outputs.count(), outputs.width(), rows, call.dModel()));
    }
    take(batch, header, outputs);
    return answers;
  }

  private void take(NodeBatch batch, ExpertResult header, WireRows outputs) {
    Map<Integer, ExpertRows> asked = new HashMap<>();
    batch.groups().forEach(group -> asked.put(group.expert(), group));
    int row = 0;
    for (GroupResult result : header.getGroupsList()) {
      ExpertRows group = asked.get(result.getExpert());
      if (group == null || result.getStatus() != GroupStatus.GROUP_STATUS_OK) {
        continue;
      }
      int slot = 0;
      for (Run run : runs(group, batch.tokens())) {
        row += replayed(run, group.expert(), batch);
        int own = reads ? 0 : run.tokens().length;
        for (int i = 0; i < own; i++) {
          BatchFrames.copyRow(
              outputs, row++, call.outputs(), group.slots()[slot++] * call.dModel());
        }
        moved(run, group.expert(), batch.node(), state(result, run.sequence()));
      }
    }
  }

  private void moved(Run run, int expert, int node, @Nullable RunState after) {
    Key key = new Key(call.layer(), expert);
    if (!reads) {
      homes.answered(run.sequence(), key, call.dModel(), node, call.input(), run.tokens(), after);
      return;
    }
    HomedState state = homes.find(run.sequence(), call.layer(), expert);
    if (state != null && after != null) {
      homes.read(state, node, after);
    }
  }

  private static @Nullable RunState state(GroupResult result, long sequence) {
    for (RunState state : result.getStatesList()) {
      if (state.getSequenceId() == sequence) {
        return state;
      }
    }
    return null;
  }
}
