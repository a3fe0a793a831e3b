package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.kernel.PackedShape;
import dev.switchboard.model.kernel.Packing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** A matrix of noise that counts how often its rows are looked at. */
final class TestPacking {
  static final int ROWS = 130;
  static final int COLUMNS = 96;
  static final String ORIGIN = "model.safetensors:w+0";

  final AtomicInteger opened = new AtomicInteger();

  Packing of(long seed) {
    byte[] bytes = new byte[ROWS * (int) Format.Q8_0.rowBytes(COLUMNS)];
    new Random(seed).nextBytes(bytes);
    MemorySegment all = MemorySegment.ofArray(bytes);
    long rowBytes = Format.Q8_0.rowBytes(COLUMNS);
    return Packing.of(
        PackedShape.of(Format.Q8_0, ROWS, COLUMNS),
        () -> {
          opened.incrementAndGet();
          return row -> all.asSlice(row * rowBytes, rowBytes);
        });
  }

  static byte[] bytes(Packing packing) {
    return PackedMemory.pack(packing).toArray(ValueLayout.JAVA_BYTE);
  }
}
