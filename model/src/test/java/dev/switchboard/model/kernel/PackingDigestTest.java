package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * Packed matrices are kept in files: when a byte of one changes, {@link PackedShape#LAYOUT_VERSION}
 * has to change too, and these checksums with it.
 */
class PackingDigestTest {
  private static final int VERSION = 2;
  private static final List<String> EXPECTED =
      List.of(
          "F32 96e7bbc3",
          "BF16 bf71bd06",
          "F16 878e530d",
          "F8_E4M3 a04eaff3",
          "Q8_0 3cade146",
          "Q4_0 ff925522",
          "Q4_1 4d6e8568",
          "Q5_0 370c0b3d",
          "Q5_1 3ed6f205",
          "Q2_K 835613ad",
          "Q3_K 24f55b2f",
          "Q4_K 2de688d",
          "Q5_K c7f3cb47",
          "Q6_K aef77be7",
          "MXFP4 b4113239");

  private final Noise noise = new Noise(5);

  @Test
  void bytesBelongToTheLayoutVersion() {
    List<String> found = new ArrayList<>();
    for (Format format : Format.values()) {
      byte[] bytes = new byte[70 * (int) format.rowBytes(512)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) noise.nextInt();
      }
      found.add(format + " " + checksum(packed(format, bytes).data()));
    }
    assertThat(PackedShape.LAYOUT_VERSION).isEqualTo(VERSION);
    assertThat(found).isEqualTo(EXPECTED);
  }

  private PackedMatrix packed(Format format, byte[] bytes) {
    return format == Format.F8_E4M3
        ? TestMatrices.packF8(70, 512, 100, bytes, noise.floats(70 * 6, 1))
        : TestMatrices.pack(format, 512, bytes);
  }

  private static String checksum(MemorySegment data) {
    CRC32C crc = new CRC32C();
    crc.update(data.asByteBuffer());
    return Long.toHexString(crc.getValue());
  }

  @Test
  void piecesInAnyOrderGiveTheSameBytes() {
    byte[] bytes = new byte[300 * (int) Format.Q4_K.rowBytes(768)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) noise.nextInt();
    }
    PackedMatrix whole = TestMatrices.pack(Format.Q4_K, 768, bytes);
    PackedShape shape = PackedShape.of(Format.Q4_K, 300, 768);
    StackedRows rows =
        new StackedRows(Format.Q4_K.rowBytes(768), List.of(MemorySegment.ofArray(bytes)));
    BlockPacker packer = new BlockPacker(shape, rows);
    MemorySegment data = PackedMatrix.allocate(shape.bytes());
    for (int panel : new int[] {4, 0, 3, 1, 2}) {
      packer.make(panel, data, panel * shape.panelBytes());
    }
    assertThat(checksum(data)).isEqualTo(checksum(whole.data()));
  }
}
