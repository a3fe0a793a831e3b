package dev.switchboard.router.dispatch;

import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One layer's batches as messages, and their answers as rows of the call's outputs.
 *
 * @param homes versions of the states; null for a layer of stateless experts
 */
record BatchFrames(String model, MoeCall call, long epoch, @Nullable SequenceHomes homes) {

  ExpertBatchFrame frame(DispatchRound.Send send, long leftNanos) {
    NodeBatch batch = send.batch();
    ExpertBatch.Builder header =
        ExpertBatch.newBuilder()
            .setId(send.id())
            .setLayer(call.layer())
            .setPlacementEpoch(epoch)
            .setDeadlineMicros(Math.max(1, leftNanos / 1000))
            .setModelFingerprint(model);
    for (ExpertRows rows : batch.groups()) {
      header.addGroups(group(rows, batch));
    }
    return new ExpertBatchFrame(header.build(), rows(batch.tokens()));
  }

  private TensorRows rows(int[] tokens) {
    int d = call.dModel();
    boolean all = tokens[tokens.length - 1] == tokens.length - 1;
    if (all) {
      return TensorRows.f32(tokens.length, d, call.input());
    }
    float[] values = new float[tokens.length * d];
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(call.input(), tokens[i] * d, values, i * d, d);
    }
    return TensorRows.f32(tokens.length, d, values);
  }

  private ExpertGroup group(ExpertRows rows, NodeBatch batch) {
    ExpertGroup.Builder group = ExpertGroup.newBuilder().setExpert(rows.expert());
    for (int row : rows.rows()) {
      group.addRows(row);
    }
    SequenceHomes states = homes;
    if (states != null) {
      for (Run run : runs(rows, batch.tokens())) {
        long before = states.version(run.sequence(), call.layer(), rows.expert());
        group.addRuns(
            SequenceRun.newBuilder()
                .setSequenceId(run.sequence())
                .setRowCount(run.rows())
                .setVersionBefore(before)
                .setVersionAfter(before + run.rows())
                .setPosition(run.position()));
        states.sent(run.sequence(), batch.node());
      }
    }
    return group.build();
  }

  private record Run(long sequence, int rows, long position) {}

  private List<Run> runs(ExpertRows rows, int[] tokens) {
    List<Run> runs = new ArrayList<>();
    int first = 0;
    for (int i = 1; i <= rows.rows().length; i++) {
      int token = tokens[rows.rows()[first]];
      long sequence = call.sequenceOfToken()[token];
      if (i == rows.rows().length || call.sequenceOfToken()[tokens[rows.rows()[i]]] != sequence) {
        runs.add(new Run(sequence, i - first, call.positionOfToken()[token]));
        first = i;
      }
    }
    return runs;
  }

  /**
   * Writes the rows of all OK groups to their slots.
   *
   * @return what became of each group
   * @throws IllegalArgumentException if the answer does not fit the batch; nothing is written then
   */
  List<GroupAnswer> scatter(NodeBatch batch, ExpertResultFrame frame) {
    Map<Integer, ExpertRows> asked = new HashMap<>();
    batch.groups().forEach(group -> asked.put(group.expert(), group));
    List<GroupAnswer> answers = new ArrayList<>(batch.groups().size());
    List<ExpertRows> answered = new ArrayList<>(batch.groups().size());
    int rows = 0;
    for (GroupResult result : frame.header().getGroupsList()) {
      ExpertRows group = asked.remove(result.getExpert());
      if (group == null) {
        throw new IllegalArgumentException(
            "an answer for expert %d, which was not asked for".formatted(result.getExpert()));
      }
      boolean ok = result.getStatus() == GroupStatus.GROUP_STATUS_OK;
      answers.add(new GroupAnswer(group.expert(), ok ? null : problem(result)));
      if (ok) {
        answered.add(group);
        rows += group.rows().length;
      }
    }
    TensorRows outputs = frame.outputs();
    if (outputs.count() != rows || (rows > 0 && outputs.width() != call.dModel())) {
      throw new IllegalArgumentException(
          "an answer of shape [%d, %d], expected [%d, %d]"
              .formatted(outputs.count(), outputs.width(), rows, call.dModel()));
    }
    copy(answered, outputs, batch);
    return answers;
  }

  private void copy(List<ExpertRows> answered, TensorRows outputs, NodeBatch batch) {
    int d = call.dModel();
    int row = 0;
    for (ExpertRows group : answered) {
      for (int slot : group.slots()) {
        System.arraycopy(outputs.values(), row++ * d, call.outputs(), slot * d, d);
      }
      SequenceHomes states = homes;
      if (states != null) {
        for (Run run : runs(group, batch.tokens())) {
          states.answered(run.sequence(), call.layer(), group.expert(), batch.node(), run.rows());
        }
      }
    }
  }

  private static String problem(GroupResult result) {
    String status = result.getStatus().name().replace("GROUP_STATUS_", "");
    return result.getMessage().isEmpty() ? status : status + ": " + result.getMessage();
  }
}
