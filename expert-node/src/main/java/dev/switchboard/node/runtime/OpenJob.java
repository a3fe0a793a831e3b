package dev.switchboard.node.runtime;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.proto.codec.CodeRows;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.weights.Checksums;
import java.util.ArrayList;
import java.util.List;

/** A batch that is being computed: its rows, what is to be done with them, and its answer. */
final class OpenJob {
  /**
   * A group that is computed.
   *
   * @param row where its answer's rows begin
   * @param result index of its result
   */
  record Part(ExpertGroup group, Held held, int row, int result) {}

  private final BatchJob job;
  private final WireRows rows;
  private final ExpertResult.Builder result;
  private final List<Part> parts = new ArrayList<>(4);
  private final JobBuffers buffers;
  private final ActivationCodes codes;
  private boolean coded;
  private int width;
  private int outputRows;
  private float[] out = {};
  private float[] values = {};

  /**
   * @param buffers the job's alone until it is answered
   */
  OpenJob(BatchJob job, ExpertResult.Builder result, JobBuffers buffers) {
    this.job = job;
    this.rows = job.frame().activations();
    this.result = result;
    this.buffers = buffers;
    this.codes = buffers.codes();
  }

  BatchJob job() {
    return job;
  }

  JobBuffers buffers() {
    return buffers;
  }

  List<Part> parts() {
    return parts;
  }

  /** Answers of all parts, {@code [rows, width]}. */
  float[] out() {
    return out;
  }

  int outputRows() {
    return outputRows;
  }

  int width() {
    return width;
  }

  /** Checks rows and groups; what is refused is in the answer already. */
  void open(BatchChecks checks, HeldExperts now) {
    ExpertBatch batch = job.frame().header();
    try {
      take();
    } catch (IllegalArgumentException e) {
      refuse(GroupStatus.GROUP_STATUS_INVALID, String.valueOf(e.getMessage()));
      return;
    }
    width = now.model().width(batch.getLayer());
    for (Verdict verdict : checks.check(batch, rows, now)) {
      switch (verdict) {
        case Verdict.Refuse refuse -> result.addGroups(refuse.result());
        case Verdict.Compute(ExpertGroup group, Held held) -> {
          parts.add(new Part(group, held, outputRows, result.getGroupsCount()));
          outputRows += group.getRowsCount();
          result.addGroups(
              GroupResult.newBuilder()
                  .setExpert(group.getExpert())
                  .setStatus(GroupStatus.GROUP_STATUS_OK));
        }
      }
    }
    out = buffers.out(Math.multiplyExact(outputRows, width));
  }

  private void take() {
    if (rows.block() == 0) {
      return;
    }
    codes.resize(rows.count(), rows.width(), rows.block());
    int elements = rows.count() * rows.width();
    if (rows instanceof CodeRows from) {
      System.arraycopy(from.codes(), 0, codes.codes(), 0, elements);
      System.arraycopy(from.scales(), 0, codes.scales(), 0, elements / from.block());
    } else if (rows instanceof SharedRows shared) {
      shared.copyTo(codes.codes(), codes.scales());
    }
    codes.received();
    coded = true;
  }

  /** Rows that came as floats; those that came as codes are not to be had as such. */
  float[] floats() {
    if (rows instanceof TensorRows floats) {
      return floats.values();
    }
    if (rows instanceof SharedRows shared && rows.block() == 0) {
      if (values.length == 0) {
        values = new float[rows.count() * rows.width()];
        shared.copyTo(0, rows.count(), values, 0);
      }
      return values;
    }
    throw new IllegalStateException("rows of codes for an expert that takes floats");
  }

  /** All rows as codes. */
  ActivationCodes codes(int block, Scratch scratch) {
    if (!coded || codes.block() != block) {
      Kernels.quantise(floats(), 0, rows.count(), rows.width(), block, codes, scratch);
      coded = true;
    }
    return codes;
  }

  /** A state that was asked for. */
  void wanted(Part part, long sequence, StateStore.Snapshot state) {
    result
        .getGroupsBuilder(part.result())
        .addStates(
            RunState.newBuilder()
                .setSequenceId(sequence)
                .setVersion(state.version())
                .setState(UnsafeByteOperations.unsafeWrap(state.bytes()))
                .setCrc32C(Checksums.crc32c(state.bytes())));
  }

  /** Refuses all groups; nothing of the batch is computed. */
  void refuse(GroupStatus status, String message) {
    parts.clear();
    outputRows = 0;
    result.clearGroups();
    BatchProcessor.refuseAll(job.frame().header(), status, message, result);
  }

  void answer(long computeNanos) {
    TensorRows outputs = outputRows == 0 ? TensorRows.NONE : TensorRows.f32(outputRows, width, out);
    job.answer()
        .accept(new ExpertResultFrame(result.setComputeNanos(computeNanos).build(), outputs));
  }
}
