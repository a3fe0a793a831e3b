package dev.switchboard.training.routes;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One token of a recorded sequence.
 *
 * @param experts by layer, best first; -1 where a layer wakes fewer
 * @param weights of the same shape
 * @param inputs by layer, {@code [dModel]}: what its experts read
 * @param read by layer, {@code [dModel]}: what its gate weighs, which for a gate that remembers is
 *     the sum of all inputs so far, each times the decay to the power of its age
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record RoutedRow(
    int sequence,
    int position,
    int[][] experts,
    float[][] weights,
    float[][] inputs,
    float[][] read)
    implements Serializable {

  /** From a record; its gates weigh what they read. */
  public static RoutedRow of(byte[] bytes, RouteFile file) {
    ByteBuffer record = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int sequence = record.getInt();
    int position = record.getInt();
    record.getInt();
    int layers = file.layers().size();
    int[][] experts = new int[layers][file.topK()];
    float[][] weights = new float[layers][file.topK()];
    float[][] inputs = new float[layers][file.dModel()];
    for (int i = 0; i < layers; i++) {
      for (int rank = 0; rank < file.topK(); rank++) {
        experts[i][rank] = record.getInt();
      }
      for (int rank = 0; rank < file.topK(); rank++) {
        weights[i][rank] = record.getFloat();
      }
      for (int d = 0; d < file.dModel(); d++) {
        inputs[i][d] = record.getFloat();
      }
    }
    return new RoutedRow(sequence, position, experts, weights, inputs, inputs);
  }

  /** Behind another token of its sequence. */
  public RoutedRow after(RoutedRow before, float[] decays) {
    float[][] sums = new float[read.length][];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = inputs[i].clone();
      for (int d = 0; d < sums[i].length; d++) {
        sums[i][d] = Math.fma(decays[i], before.read[i][d], sums[i][d]);
      }
    }
    return new RoutedRow(sequence, position, experts, weights, inputs, sums);
  }

  /** Adds the recorded choices to counts of each layer's experts, one layer behind the other. */
  public long[] addChoices(long[] sums, int[] expertsOfLayer) {
    int at = 0;
    for (int i = 0; i < expertsOfLayer.length; i++) {
      for (int expert : experts[i]) {
        if (expert >= expertsOfLayer[i]) {
          throw new IllegalArgumentException(
              "expert %s of %s in a record".formatted(expert, expertsOfLayer[i]));
        }
        if (expert >= 0) {
          sums[at + expert]++;
        }
      }
      at += expertsOfLayer[i];
    }
    return sums;
  }

  /** A number that depends on its place alone: the smallest ones make a sample. */
  public long draw(long seed) {
    long z = seed * 0x9E3779B97F4A7C15L + ((long) sequence << 32) + position;
    z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
    z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return (z ^ (z >>> 33)) >>> 1;
  }
}
