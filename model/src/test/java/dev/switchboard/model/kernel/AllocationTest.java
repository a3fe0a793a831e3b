package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Once compiled, a kernel allocates nothing: boxed vectors would show here at once. */
class AllocationTest {
  private static final int WARM_CALLS = 1000;
  private static final int CALLS = 200;

  /** Objects of the measuring itself; one boxed vector a loop would be many times that. */
  private static final long SLACK_BYTES = 20_000;

  private final Scratch scratch = new Scratch();

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void products(Format format) {
    PackedMatrix w = TestMatrices.pack(format, 32, new Noise(1).floats(70 * 32, 1));
    float[] x = new float[17 * 32];
    float[] y = new float[17 * 70];
    assertAllocatesNothing(() -> Kernels.matmul(w, x, 0, 13, y, 0, scratch));
    assertAllocatesNothing(() -> Kernels.matmul(w, x, 0, 17, y, 0, scratch));
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_1", "Q4_K", "Q6_K"})
  void productsWithCodes(Format format) {
    byte[] bytes = TestMatrices.randomBlocks(format, 70, 256, 1f, new Noise(1));
    PackedMatrix w = TestMatrices.pack(format, 256, bytes).withCodedActivations();
    float[] x = new Noise(2).floats(27 * 256, 1);
    float[] y = new float[27 * 70];
    assertAllocatesNothing(() -> Kernels.matmul(w, x, 0, 1, y, 0, scratch));
    assertAllocatesNothing(() -> Kernels.matmul(w, x, 0, 27, y, 0, scratch));
  }

  @Test
  void rowKernels() {
    float[] x = new Noise(2).floats(400, 1);
    float[] y = new float[400];
    float[] weight = new float[200];
    float[] bias = new float[50];
    assertAllocatesNothing(() -> Kernels.rmsNorm(x, 0, 2, weight, 2, 1e-5f, y, 0, scratch));
    assertAllocatesNothing(() -> Kernels.siluTimes(x, 0, y, 0, y, 0, 400));
    assertAllocatesNothing(() -> Kernels.softplus(y, 0, 400));
    assertAllocatesNothing(() -> Kernels.exp(y, 0, 400));
    assertAllocatesNothing(() -> Kernels.firstNonFinite(x, 0, 400));
    assertAllocatesNothing(() -> Kernels.convSilu(x, 0, 50, weight, bias, 4, 1, y, 0));
  }

  @Test
  void scans() {
    ScanShape shape = new ScanShape(2, 32, 16, 1);
    float[] state = new float[shape.stateFloats()];
    float[] y = new float[3 * 64];
    float[] values = new Noise(3).floats(3 * 96, 1);
    float[] steps = new float[6];
    ScanInput in = new ScanInput(values, 0, 64, 80, 96, steps, steps, steps);
    assertAllocatesNothing(() -> Kernels.scan(shape, in, 3, state, y, 0));
  }

  @Test
  void selectiveScans() {
    SelectiveShape shape = new SelectiveShape(40, 16);
    float[] state = new float[shape.stateFloats()];
    float[] y = new float[3 * 40];
    float[] values = new Noise(3).floats(3 * 40, 1);
    SelectiveInput in = new SelectiveInput(values, 0, values, 0, values, 0, 16, 32);
    assertAllocatesNothing(() -> SelectiveScan.run(shape, in, 3, state, values, state, y, 0));
  }

  @Test
  void elements() {
    float[] x = new Noise(4).floats(400, 1);
    assertAllocatesNothing(() -> ElementKernels.gelu(x, 0, 200));
    assertAllocatesNothing(() -> ElementKernels.geluTimes(x, 0, x, 200, x, 0, 200));
    assertAllocatesNothing(() -> ElementKernels.sigmoid(x, 0, 200));
    assertAllocatesNothing(() -> ElementKernels.clampedSwiglu(x, 0, x, 200, 7f, 1.702f, x, 0, 200));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void attention(boolean latent) {
    KvShape kv = latent ? new KvShape(1, 40, 32, true) : new KvShape(2, 32, 32, false);
    AttentionShape shape = new AttentionShape(kv, 8, 0.2f, AttentionShape.NO_WINDOW);
    TestPages pages = new TestPages(kv, 96);
    float[] x = new Noise(5).floats(70 * shape.queryWidth(), 1);
    AttentionKernels.store(kv, pages, 0, 70, x, 0, x, 0, scratch);
    float[] sinks = new float[8];
    float[] y = new float[3 * shape.outputWidth()];
    assertAllocatesNothing(() -> AttentionKernels.store(kv, pages, 67, 3, x, 0, x, 0, scratch));
    assertAllocatesNothing(
        () -> AttentionKernels.attend(shape, pages, 67, 3, x, 0, sinks, y, 0, scratch));
  }

  private static void assertAllocatesNothing(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    // The compiler works in the background: give it a few rounds.
    for (int round = 0; round < 120 && least > SLACK_BYTES; round++) {
      for (int i = 0; i < WARM_CALLS; i++) {
        work.run();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        work.run();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes allocated by " + CALLS + " calls").isLessThan(SLACK_BYTES);
  }
}
