package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;

import jdk.incubator.vector.FloatVector;

/** The recurrence with channels as lanes: one head's decay is a scalar, its states stay in L1. */
final class VectorScan {
  private VectorScan() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void scan(
      ScanShape shape,
      ScanInput in,
      int tokens,
      int firstHead,
      int heads,
      float[] state,
      float[] y,
      int yOffset) {
    int perGroup = shape.heads() / shape.groups();
    for (int head = firstHead; head < firstHead + heads; head++) {
      int group = head / perGroup * shape.stateSize();
      for (int tile = 0; tile < shape.tiles(); tile++) {
        int channel = tile * ScanShape.TILE;
        if (channel + ScanShape.TILE > shape.headDim()) {
          ScalarKernels.scanTile(shape, in, tokens, state, y, yOffset, head, tile);
          continue;
        }
        int x = head * shape.headDim() + channel;
        for (int lane = 0; lane < ScanShape.TILE; lane += VectorShape.LANES) {
          lanes(
              in,
              in.xOffset() + x + lane,
              in.bOffset() + group,
              in.cOffset() + group,
              head,
              shape.heads(),
              tokens,
              state,
              shape.tileOffset(head, tile) + lane,
              shape.stateSize(),
              y,
              yOffset + x + lane,
              shape.inner());
        }
      }
    }
  }

  /**
   * All tokens of one vector of channels. The many parameters keep the loop free of field loads.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void lanes(
      ScanInput in,
      int xOffset,
      int bOffset,
      int cOffset,
      int head,
      int heads,
      int tokens,
      float[] state,
      int stateOffset,
      int stateSize,
      float[] y,
      int yOffset,
      int yStride) {
    float[] values = in.values();
    float[] stepSizes = in.stepSizes();
    float[] decays = in.decays();
    float skip = in.skip()[head];
    int stride = in.stride();
    for (int t = 0; t < tokens; t++) {
      FloatVector decay = FloatVector.broadcast(FLOATS, decays[t * heads + head]);
      FloatVector x = FloatVector.fromArray(FLOATS, values, t * stride + xOffset);
      FloatVector step = x.mul(stepSizes[t * heads + head]);
      int b = t * stride + bOffset;
      int c = t * stride + cOffset;
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int n = 0; n < stateSize; n++) {
        int at = stateOffset + n * ScanShape.TILE;
        FloatVector h =
            decay.fma(
                FloatVector.fromArray(FLOATS, state, at),
                step.mul(FloatVector.broadcast(FLOATS, values[b + n])));
        h.intoArray(state, at);
        sum = h.fma(FloatVector.broadcast(FLOATS, values[c + n]), sum);
      }
      FloatVector.broadcast(FLOATS, skip).fma(x, sum).intoArray(y, yOffset + t * yStride);
    }
  }
}
