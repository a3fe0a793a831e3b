package dev.switchboard.model.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HugePagesTest {
  @ParameterizedTest
  @ValueSource(longs = {64, 4096, (2 << 20) - 64, 2 << 20, (5 << 20) + 192})
  void isZeroAlignedAndWritableToTheEnd(long bytes) {
    MemorySegment data = HugePages.allocate(bytes);
    assertThat(data.byteSize()).isEqualTo(bytes);
    assertThat(data.address() % 64).isZero();
    assertThat(data.get(ValueLayout.JAVA_BYTE, bytes - 1)).isZero();
    data.fill((byte) 7);
    assertThat(data.get(ValueLayout.JAVA_BYTE, bytes - 1)).isEqualTo((byte) 7);
  }
}
