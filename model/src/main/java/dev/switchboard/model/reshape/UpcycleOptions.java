package dev.switchboard.model.reshape;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.ShardWriter;
import java.util.Optional;

/**
 * How a dense model becomes one with experts.
 *
 * @param experts copies of each layer's network
 * @param topK copies that are awake a token
 * @param granularity pieces that each copy is cut into: the model then has {@code experts *
 *     granularity} experts of which {@code topK * granularity} are awake
 * @param noise standard deviation of what is added to each weight of an expert, by that of its
 *     matrix's weights; 0: nothing
 * @param drop part of each expert's units that begin anew (Nakamura et al., "Drop-Upcycling"),
 *     drawn with the mean and deviation of the weights that they replace; 0: none
 * @param seed of the gates, of the noise, and of which units begin anew
 * @param dtype F32 or BF16; empty: BF16 if the dense weights are, else F32
 * @param shardBytes weights in one file at the most
 */
public record UpcycleOptions(
    int experts,
    int topK,
    int granularity,
    double noise,
    double drop,
    long seed,
    Optional<DType> dtype,
    long shardBytes) {
  private static final int MOST = 4096;

  public UpcycleOptions {
    check(experts >= 2 && experts <= MOST, "experts", experts, "2 to " + MOST);
    check(topK >= 1 && topK <= experts, "top-k", topK, "1 to the number of experts, " + experts);
    check(granularity >= 1 && granularity <= MOST, "granularity", granularity, "1 to " + MOST);
    check(
        (long) experts * granularity <= MOST, "experts x granularity", experts, "at most " + MOST);
    check(noise >= 0 && noise <= 10, "noise", noise, "0 to 10");
    check(drop >= 0 && drop <= 1, "drop", drop, "0 to 1");
    check(shardBytes >= 1, "shard-bytes", shardBytes, "at least 1");
    check(
        dtype.isEmpty() || dtype.get() == DType.F32 || dtype.get() == DType.BF16,
        "dtype",
        dtype,
        "f32 or bf16");
  }

  /** Exact copies. */
  public static UpcycleOptions copies(int experts, int topK) {
    return new UpcycleOptions(
        experts, topK, 1, 0, 0, 1, Optional.empty(), ShardWriter.DEFAULT_BYTES);
  }

  /** Whether the result gives the dense model's answers. */
  public boolean exact() {
    return noise == 0 && drop == 0;
  }

  /** Experts of a layer of the result. */
  public int allExperts() {
    return experts * granularity;
  }

  private static void check(boolean right, String name, Object value, String expected) {
    if (!right) {
      throw new IllegalArgumentException("%s is %s; expected %s".formatted(name, value, expected));
    }
  }
}
