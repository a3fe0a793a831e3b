package dev.switchboard.model.expert;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Ffn;
import java.util.List;

/** An expert with an FFN backbone: down(silu(gate x) * (up x)). */
public record FfnExpert(Ffn network) implements Expert {
  @Override
  public int dModel() {
    return network.dModel();
  }

  @Override
  public long multiplyAddsPerRow() {
    return network.multiplyAddsPerRow();
  }

  @Override
  public boolean stateful() {
    return false;
  }

  @Override
  public ExpertState newState() {
    return ExpertState.NONE;
  }

  @Override
  public ExpertState readState(byte[] bytes) {
    if (bytes.length != 0) {
      throw new IllegalArgumentException(
          "a state of " + bytes.length + " bytes for an expert that has none");
    }
    return ExpertState.NONE;
  }

  @Override
  public long packedBytes() {
    return network.packedBytes();
  }

  @Override
  public List<PackedMatrix> matrices() {
    return network.matrices();
  }

  @Override
  public int activationBlock() {
    return network.activationBlock();
  }

  @Override
  public void forward(ActivationCodes in, float[] out, int outOffset, Scratch scratch) {
    network.forward(in, out, outOffset, scratch);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in,
      int inOffset,
      int rows,
      ExpertState state,
      float[] out,
      int outOffset,
      Scratch scratch) {
    network.forward(in, inOffset, rows, out, outOffset, scratch);
  }
}
