package dev.switchboard.router.dispatch;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.proto.codec.CodeRows;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages for experts without state.
 *
 * <p>Where the layer's experts take codes, the activations are quantised once, for all nodes and
 * repeats: a quarter of the bytes, and the bits that the nodes would make of the floats.
 */
final class BatchFrames implements Frames {
  /**
   * What all batches of the call say.
   *
   * @param activationBlock 0: activations travel as floats; else as codes, so many to a scale
   * @param added fingerprints of experts that were added to the model, by index
   */
  record Head(String model, long epoch, int activationBlock, Map<Integer, String> added) {
    /** A group for an expert, rows still to come. */
    ExpertGroup.Builder group(int expert) {
      ExpertGroup.Builder group = ExpertGroup.newBuilder().setExpert(expert);
      String fingerprint = added.get(expert);
      return fingerprint == null ? group : group.setExpertFingerprint(fingerprint);
    }

    ExpertBatch.Builder batch(long id, int layer, long leftNanos) {
      return ExpertBatch.newBuilder()
          .setId(id)
          .setLayer(layer)
          .setPlacementEpoch(epoch)
          .setDeadlineMicros(Math.max(1, leftNanos / 1000))
          .setModelFingerprint(model);
    }
  }

  private final Head head;
  private final MoeCall call;
  private final ActivationCodes codes;
  private boolean quantised;

  /**
   * @param codes room for the activations of this call
   */
  BatchFrames(Head head, MoeCall call, ActivationCodes codes) {
    this.head = head;
    this.call = call;
    this.codes = codes;
  }

  @Override
  public ExpertBatchFrame frame(DispatchRound.Send send, long leftNanos) {
    NodeBatch batch = send.batch();
    ExpertBatch.Builder header = head.batch(send.id(), call.layer(), leftNanos);
    for (ExpertRows rows : batch.groups()) {
      header.addGroups(group(rows));
    }
    WireRows rows = asFloats(batch) ? floats(batch.tokens()) : codes(batch.tokens());
    return new ExpertBatchFrame(header.build(), rows);
  }

  /** An added expert may be of another type than the layer's own; floats suit every one. */
  private boolean asFloats(NodeBatch batch) {
    if (head.activationBlock() == 0 || head.added().isEmpty()) {
      return head.activationBlock() == 0;
    }
    return batch.groups().stream().anyMatch(rows -> head.added().containsKey(rows.expert()));
  }

  private TensorRows floats(int[] tokens) {
    int d = call.dModel();
    if (areFirst(tokens)) {
      return TensorRows.f32(tokens.length, d, call.input());
    }
    float[] values = new float[tokens.length * d];
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(call.input(), tokens[i] * d, values, i * d, d);
    }
    return TensorRows.f32(tokens.length, d, values);
  }

  private CodeRows codes(int[] tokens) {
    int d = call.dModel();
    int block = head.activationBlock();
    if (!quantised) {
      Kernels.quantise(call.input(), 0, call.tokens(), d, block, codes);
      quantised = true;
    }
    if (areFirst(tokens)) {
      return new CodeRows(tokens.length, d, block, codes.codes(), codes.scales());
    }
    int blocks = codes.blocks();
    byte[] some = new byte[tokens.length * d];
    float[] scales = new float[tokens.length * blocks];
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(codes.codes(), tokens[i] * d, some, i * d, d);
      System.arraycopy(codes.scales(), tokens[i] * blocks, scales, i * blocks, blocks);
    }
    return new CodeRows(tokens.length, d, block, some, scales);
  }

  /** Whether these are the tokens 0, 1, ... : then they need not be copied. */
  private static boolean areFirst(int[] tokens) {
    return tokens[tokens.length - 1] == tokens.length - 1;
  }

  private ExpertGroup group(ExpertRows rows) {
    ExpertGroup.Builder group = head.group(rows.expert());
    for (int row : rows.rows()) {
      group.addRows(row);
    }
    return group.build();
  }

  @Override
  public List<GroupAnswer> scatter(NodeBatch batch, ExpertResult header, WireRows outputs) {
    Map<Integer, ExpertRows> asked = new HashMap<>();
    batch.groups().forEach(group -> asked.put(group.expert(), group));
    List<GroupAnswer> answers = new ArrayList<>(batch.groups().size());
    List<ExpertRows> answered = new ArrayList<>(batch.groups().size());
    int rows = 0;
    for (GroupResult result : header.getGroupsList()) {
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
    if (outputs.count() != rows || (rows > 0 && outputs.width() != call.dModel())) {
      throw new IllegalArgumentException(
          "an answer of shape [%d, %d], expected [%d, %d]"
              .formatted(outputs.count(), outputs.width(), rows, call.dModel()));
    }
    copy(answered, outputs);
    return answers;
  }

  private void copy(List<ExpertRows> answered, WireRows outputs) {
    int d = call.dModel();
    int row = 0;
    for (ExpertRows group : answered) {
      for (int slot : group.slots()) {
        copyRow(outputs, row++, call.outputs(), slot * d);
      }
    }
  }

  /** Copies one row of an answer's floats. */
  static void copyRow(WireRows outputs, int row, float[] to, int at) {
    switch (outputs) {
      case TensorRows floats ->
          System.arraycopy(floats.values(), row * outputs.width(), to, at, outputs.width());
      case SharedRows shared -> shared.copyTo(row, 1, to, at);
      case CodeRows codes ->
          throw new IllegalArgumentException("an answer of codes; expected floats");
    }
  }

  /** What a refusal says. */
  static String problem(GroupResult result) {
    String status = result.getStatus().name().replace("GROUP_STATUS_", "");
    return result.getMessage().isEmpty() ? status : status + ": " + result.getMessage();
  }
}
