package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.Packing;
import dev.switchboard.model.memory.HugePages;
import java.lang.foreign.MemorySegment;

/** Packs into memory of this process's own; freed when it is no longer reachable. */
final class PackedMemory {
  private PackedMemory() {}

  static MemorySegment pack(Packing packing) {
    MemorySegment data = HugePages.allocate(packing.shape().bytes());
    long panelBytes = packing.shape().panelBytes();
    packing.pack((first, panels, maker) -> {
      for (int panel = first; panel < first + panels; panel++) {
        maker.make(panel, data, panel * panelBytes);
      }
    });
    return data;
  }
}
