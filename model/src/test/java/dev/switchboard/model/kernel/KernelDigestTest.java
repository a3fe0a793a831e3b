package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One digest over every kernel's results. The build runs this test under several vector widths and
 * without the vector module: all give these bits, as must every other machine.
 */
class KernelDigestTest {
  private static final String EXPECTED =
      "583d3f154d2d4a2380e26f971250a9f6d7eb25b5f6d35ddcd900eb54e893f6f9";

  private static final String EXPECTED_QUANTISED =
      "8859fe36490fd3195a2945028a5023e4ca39d5884a382aaeef75cc2cf0430f1b";

  private final Noise noise = new Noise(99);
  private final Scratch scratch = new Scratch();

  @Test
  void bitsAreTheSameEverywhere() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Format format : List.of(Format.F32, Format.BF16)) {
      for (int rows : new int[] {1, 4, 11}) {
        PackedMatrix w = TestMatrices.pack(format, 1100, noise.floats(150 * 1100, 1));
        float[] y = new float[rows * 150];
        Kernels.matmul(w, noise.floats(rows * 1100, 1), 0, rows, y, 0, scratch);
        add(digest, y);
      }
    }
    float[] row = noise.floats(3 * 390, 80);
    float[] normed = new float[row.length];
    Kernels.rmsNorm(row, 0, 3, noise.floats(390, 2), 3, 1e-5f, normed, 0, scratch);
    add(digest, normed);
    Kernels.siluTimes(row, 0, normed, 0, normed, 0, row.length);
    add(digest, normed);
    Kernels.softplus(row, 0, row.length);
    add(digest, row);
    float[] powers = noise.floats(5000, 90);
    Kernels.exp(powers, 0, powers.length);
    add(digest, powers);
    Kernels.softmax(normed, 0, normed.length, scratch);
    add(digest, normed);
    float[] convolved = new float[5 * 70];
    Kernels.convSilu(
        noise.floats(8 * 70, 1),
        0,
        70,
        noise.floats(4 * 70, 1),
        noise.floats(70, 1),
        4,
        5,
        convolved,
        0);
    add(digest, convolved);
    addScan(digest);
    assertThat(HexFormat.of().formatHex(digest.digest()))
        .as("digest of " + Kernels.describe() + " kernels")
        .isEqualTo(EXPECTED);
  }

  @Test
  void bitsOfQuantisedProductsAreTheSameEverywhere() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Format format : TestMatrices.BLOCK_TYPES) {
      byte[] bytes = TestMatrices.randomBlocks(format, 70, 768, 1f, noise);
      PackedMatrix w = TestMatrices.pack(format, 768, bytes);
      for (int rows : new int[] {1, 27}) {
        float[] x = noise.floats(rows * 768, 1);
        float[] y = new float[rows * 70];
        Kernels.matmul(w.withCodedActivations(), x, 0, rows, y, 0, scratch);
        add(digest, y);
        Kernels.matmul(w.withFloatActivations(), x, 0, rows, y, 0, scratch);
        add(digest, y);
      }
    }
    assertThat(HexFormat.of().formatHex(digest.digest()))
        .as("digest of " + Kernels.describe() + " kernels")
        .isEqualTo(EXPECTED_QUANTISED);
  }

  private void addScan(MessageDigest digest) {
    ScanShape shape = new ScanShape(4, 40, 24, 2);
    int width = shape.inner() + 2 * shape.groupWidth();
    ScanInput in =
        new ScanInput(
            noise.floats(6 * width, 1),
            0,
            shape.inner(),
            shape.inner() + shape.groupWidth(),
            width,
            noise.floats(24, 1),
            noise.floats(24, 1),
            noise.floats(4, 1));
    float[] state = new float[shape.stateFloats()];
    float[] y = new float[6 * shape.inner()];
    Kernels.scan(shape, in, 6, state, y, 0);
    add(digest, y);
    add(digest, state);
  }

  private static void add(MessageDigest digest, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(Float.isNaN(value) ? Float.NaN : value);
    }
    digest.update(bytes.array());
  }

  /** The build says what it switched on or off; see the executions in the module's pom. */
  @Test
  void computesWithWhatTheBuildAskedFor() {
    String expected = System.getProperty("switchboard.test.kernels", "");
    if (expected.isEmpty()) {
      assertThat(Kernels.describe()).containsPattern("^(native .*, )?vector");
    } else {
      assertThat(Kernels.describe()).startsWith(expected);
    }
  }
}
