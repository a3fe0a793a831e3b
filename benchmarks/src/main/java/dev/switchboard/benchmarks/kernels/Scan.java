package dev.switchboard.benchmarks.kernels;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.ScanInput;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.SelectiveInput;
import dev.switchboard.model.kernel.SelectiveScan;
import dev.switchboard.model.kernel.SelectiveShape;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The recurrences of Mamba (1536 channels of 16 states) and Mamba-2 (24 heads of 64, 128 states).
 */
@State(Scope.Benchmark)
public class Scan {
  /** Tokens of a call. */
  static final int TOKENS = 64;

  static final SelectiveShape MAMBA = new SelectiveShape(1536, 16);
  static final ScanShape MAMBA2 = new ScanShape(24, 64, 128, 1);

  private final float[] values = Weights.noise(TOKENS * (MAMBA2.inner() + 2 * 128));
  private final float[] state = new float[MAMBA.stateFloats()];
  private final float[] state2 = new float[MAMBA2.stateFloats()];
  private final float[] decays = new float[MAMBA.stateFloats()];
  private final float[] skip = new float[MAMBA.inner()];
  private final float[] steps = new float[TOKENS * MAMBA2.heads()];
  private final float[] y = new float[TOKENS * MAMBA2.inner()];

  /** Mamba. */
  @Benchmark
  public float[] selective() {
    SelectiveInput in = new SelectiveInput(values, 0, values, 0, values, 0, 16, 32);
    SelectiveScan.run(MAMBA, in, TOKENS, decays, skip, state, y, 0);
    return y;
  }

  /** Mamba-2. */
  @Benchmark
  public float[] heads() {
    int inner = MAMBA2.inner();
    ScanInput in = new ScanInput(values, 0, inner, inner + 128, inner + 256, steps, steps, skip);
    Kernels.scan(MAMBA2, in, TOKENS, state2, y, 0);
    return y;
  }
}
