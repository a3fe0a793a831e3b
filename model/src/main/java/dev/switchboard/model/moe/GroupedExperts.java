package dev.switchboard.model.moe;

import dev.switchboard.model.crew.Work;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.layer.FfnGroup;
import java.util.List;

/**
 * Stateless experts of one call together: rows gathered in the order of the experts, computed as
 * groups, and written to their slots. Belongs to one thread; used again for each call.
 */
final class GroupedExperts {
  /** Floats that are worth sharing out when they are only copied. */
  private static final int COPY_FLOATS = 64 << 10;

  private static final int PIECES_A_THREAD = 4;

  private final Scratch scratch;
  private final FfnGroup group = new FfnGroup();
  private final ActivationCodes all = new ActivationCodes();
  private final ActivationCodes gathered = new ActivationCodes();
  private final Work copyIn = this::copyIn;
  private final Work copyOut = this::copyOut;
  private int quantisedBlock;

  private MoeCall call;
  private SortedSlots sorted;
  private float[] in = {};
  private float[] out = {};
  private int first;
  private int count;
  private int rowsOfPiece;

  GroupedExperts(Scratch scratch, MoeCall call, SortedSlots sorted) {
    this.scratch = scratch;
    this.call = call;
    this.sorted = sorted;
  }

  /** Runs all experts that have slots; all are {@link FfnExpert}s. */
  void run(MoeCall next, SortedSlots slots, List<Expert> experts) {
    call = next;
    sorted = slots;
    quantisedBlock = 0;
    group.begin();
    first = 0;
    for (int e = 0; e < experts.size(); e++) {
      int rows = sorted.start(e + 1) - sorted.start(e);
      if (rows == 0) {
        continue;
      }
      var network = ((FfnExpert) experts.get(e)).network();
      if (!group.takes(network)) {
        compute(sorted.start(e));
      }
      group.add(network, rows);
    }
    compute(sorted.start(experts.size()));
  }

  /** Computes what was added: the slots from {@code first} up to {@code end}. */
  private void compute(int end) {
    count = end - first;
    if (count > 0) {
      int d = call.dModel();
      out = scratch.floats(Slot.EXPERT_OUTPUT, count * d);
      int block = group.activationBlock();
      if (block > 0) {
        if (quantisedBlock != block) {
          Kernels.quantise(call.input(), 0, call.tokens(), d, block, all, scratch);
          quantisedBlock = block;
        }
        gathered.gather(all, sorted.tokens(), first, count);
        group.forward(gathered, out, scratch);
      } else {
        in = scratch.floats(Slot.EXPERT_INPUT, count * d);
        copy(copyIn);
        group.forward(in, out, scratch);
      }
      copy(copyOut);
    }
    first = end;
    group.begin();
  }

  private void copy(Work work) {
    int threads = scratch.crew().threads();
    boolean alone = threads == 1 || (long) count * call.dModel() < COPY_FLOATS;
    rowsOfPiece = alone ? count : Math.ceilDiv(count, threads * PIECES_A_THREAD);
    scratch.crew().run(work, Math.ceilDiv(count, rowsOfPiece));
  }

  private void copyIn(int piece, int worker) {
    int d = call.dModel();
    for (int i = piece * rowsOfPiece; i < Math.min(count, (piece + 1) * rowsOfPiece); i++) {
      System.arraycopy(call.input(), sorted.token(first + i) * d, in, i * d, d);
    }
  }

  private void copyOut(int piece, int worker) {
    int d = call.dModel();
    for (int i = piece * rowsOfPiece; i < Math.min(count, (piece + 1) * rowsOfPiece); i++) {
      System.arraycopy(out, i * d, call.outputs(), sorted.slot(first + i) * d, d);
    }
  }
}
