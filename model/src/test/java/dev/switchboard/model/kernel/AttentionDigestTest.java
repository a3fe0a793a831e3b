package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** One digest over attention and the element-wise functions; see {@link KernelDigestTest}. */
class AttentionDigestTest {
  private static final String EXPECTED =
      "6966482bbc166ee789bc516e4c6859e8ebef13eaf6cf36522b2423c3bb15643f";

  @Test
  void bitsAreTheSameEverywhere() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    KvShape grouped = new KvShape(2, 20, 36, false);
    KvShape latent = new KvShape(1, 24, 16, true);
    for (AttentionShape shape :
        new AttentionShape[] {
          new AttentionShape(grouped, 6, 0.3f, AttentionShape.NO_WINDOW),
          new AttentionShape(grouped, 2, 0.3f, 50),
          new AttentionShape(latent, 5, 0.2f, AttentionShape.NO_WINDOW)
        }) {
      AttentionCase given = new AttentionCase(shape, 560, shape.heads() == 6, 1);
      add(digest, given.compute(AttentionKernels.set(), 40));
    }
    float[] x = new Noise(2).floats(3000, 40);
    ElementKernels.gelu(x, 0, 700);
    ElementKernels.silu(x, 700, 300);
    ElementKernels.clampedSwiglu(x, 1000, x, 1500, 7f, 1.702f, x, 1000, 500);
    ElementKernels.sigmoid(x, 2000, 500);
    ElementKernels.turnHalves(x, 0, x, 2600, 200);
    ElementKernels.turnNeighbours(x, 700, x, 2600, 200);
    add(digest, x);
    assertThat(HexFormat.of().formatHex(digest.digest()))
        .as("digest of " + Kernels.describe() + " kernels")
        .isEqualTo(EXPECTED);
  }

  private static void add(MessageDigest digest, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(Float.isNaN(value) ? Float.NaN : value);
    }
    digest.update(bytes.array());
  }
}
