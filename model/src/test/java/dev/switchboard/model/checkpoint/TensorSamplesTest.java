package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorSamplesTest {
  @Test
  void everyByteOfASmallTensorCounts() {
    byte[] bytes = new byte[1 << 20];
    int before = checksum(bytes);
    for (int at : new int[] {0, 70_001, (1 << 20) - 1}) {
      bytes[at]++;
      assertThat(checksum(bytes)).isNotEqualTo(before);
      bytes[at]--;
    }
  }

  @Test
  void ofALargeTensorFirstAndLastAndWhatLiesEvenlyBetweenCounts() {
    byte[] bytes = new byte[(1 << 20) + 123];
    int before = checksum(bytes);
    long last = bytes.length - TensorSamples.PIECE_BYTES;
    for (int piece = 0; piece < TensorSamples.PIECES; piece++) {
      int at = (int) (last * piece / 15);
      for (int within : new int[] {0, TensorSamples.PIECE_BYTES - 1}) {
        bytes[at + within]++;
        assertThat(checksum(bytes)).as("byte %d", at + within).isNotEqualTo(before);
        bytes[at + within]--;
      }
    }
    bytes[30_000]++;
    assertThat(checksum(bytes)).as("between two pieces").isEqualTo(before);
  }

  private static int checksum(byte[] bytes) {
    return TensorSamples.crc32c(
        new Tensor("t", DType.U8, List.of((long) bytes.length), MemorySegment.ofArray(bytes)));
  }
}
