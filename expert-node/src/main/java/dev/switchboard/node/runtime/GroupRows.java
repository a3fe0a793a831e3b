package dev.switchboard.node.runtime;

import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.proto.codec.CodeRows;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertGroup;

/**
 * The rows of the batch that is being computed, and how a group's own come together: those that lie
 * side by side are read where they are, others are gathered. Belongs to the computing thread.
 */
final class GroupRows {
  /** Rows side by side, from {@code offset} on. */
  record Floats(float[] values, int offset) {}

  private final ActivationCodes codes = new ActivationCodes();
  private final ActivationCodes some = new ActivationCodes();
  private WireRows rows = TensorRows.NONE;
  private float[] gathered = new float[0];
  private int[] order = new int[0];

  /**
   * Takes the rows of the next batch.
   *
   * @throws IllegalArgumentException naming a code or scale that cannot be one
   */
  void take(WireRows next) {
    rows = next;
    if (next instanceof CodeRows from) {
      codes.resize(from.count(), from.width(), from.block());
      int elements = from.count() * from.width();
      System.arraycopy(from.codes(), 0, codes.codes(), 0, elements);
      System.arraycopy(from.scales(), 0, codes.scales(), 0, elements / from.block());
      codes.received();
    }
  }

  /** Runs a stateless expert on a group that has rows. */
  void forward(Expert expert, ExpertGroup group, float[] out, int outOffset, Scratch scratch) {
    switch (rows) {
      case TensorRows floats -> {
        Floats in = floats(group);
        expert.forward(
            in.values, in.offset, group.getRowsCount(), ExpertState.NONE, out, outOffset, scratch);
      }
      case CodeRows all -> expert.forward(codes(group), out, outOffset, scratch);
    }
  }

  /** A group's rows as floats, {@code [rows, width]}. */
  Floats floats(ExpertGroup group) {
    if (!(rows instanceof TensorRows in)) {
      throw new IllegalStateException("rows of codes for an expert that takes floats");
    }
    int count = group.getRowsCount();
    int width = in.width();
    if (adjacent(group)) {
      return new Floats(in.values(), group.getRows(0) * width);
    }
    if (gathered.length < count * width) {
      gathered = new float[count * width];
    }
    for (int i = 0; i < count; i++) {
      System.arraycopy(in.values(), group.getRows(i) * width, gathered, i * width, width);
    }
    return new Floats(gathered, 0);
  }

  private ActivationCodes codes(ExpertGroup group) {
    int count = group.getRowsCount();
    if (count == codes.rows()) {
      return codes;
    }
    if (order.length < count) {
      order = new int[count];
    }
    for (int i = 0; i < count; i++) {
      order[i] = group.getRows(i);
    }
    some.gather(codes, order, 0, count);
    return some;
  }

  private static boolean adjacent(ExpertGroup group) {
    int last = group.getRowsCount() - 1;
    return group.getRows(last) - group.getRows(0) == last;
  }
}
