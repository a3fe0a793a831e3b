package dev.switchboard.model.expert;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import java.util.List;

/** One expert of one layer. Immutable, shared by all threads and sequences. */
public sealed interface Expert permits FfnExpert, MambaExpert, MixerExpert {
  int dModel();

  /** Multiply-adds that one row costs. */
  long multiplyAddsPerRow();

  /**
   * Columns that share a scale where activations meet this expert's first weights as codes; 0: it
   * takes floats alone.
   */
  default int activationBlock() {
    return 0;
  }

  /** Whether it remembers the tokens that a sequence has sent it. */
  boolean stateful();

  /** The state before a sequence's first token; {@link ExpertState#NONE} if stateless. */
  ExpertState newState();

  /**
   * The state that {@link ExpertState#toBytes} wrote.
   *
   * @throws IllegalArgumentException if the bytes are no such state, or one of other sizes
   */
  ExpertState readState(byte[] bytes);

  /** Native memory of the weights. */
  long packedBytes();

  /** Its matrices, as far as it may go without their memory while nobody asks it. */
  List<PackedMatrix> matrices();

  /**
   * {@code [rows, dModel] -> [rows, dModel]}, row-major. For a stateful expert the rows are the
   * consecutive routed tokens of ONE sequence, and {@code state} is moved by them. The result of a
   * row does not depend on how rows are grouped into calls.
   *
   * @throws IllegalArgumentException if a shape or the kind of state does not fit
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void forward(
      float[] in,
      int inOffset,
      int rows,
      ExpertState state,
      float[] out,
      int outOffset,
      Scratch scratch);

  /**
   * The same for activations as codes, {@code [rows, dModel]}: the bits of the floats that they
   * were made of.
   *
   * @throws IllegalArgumentException if their blocks are not those of {@link #activationBlock}
   */
  default void forward(ActivationCodes in, float[] out, int outOffset, Scratch scratch) {
    throw new IllegalArgumentException("this expert takes floats; given " + in);
  }

  /** Runs a few rows of noise, so that the first real call meets compiled code. */
  default void warm(int calls, int rows, Scratch scratch) {
    float[] in = new float[rows * dModel()];
    float[] out = new float[in.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = (i * 31 % 17 - 8) / 8f;
    }
    for (int i = 0; i < calls; i++) {
      forward(in, 0, rows, newState(), out, 0, scratch);
    }
  }
}
