package dev.switchboard.model.packcache;

import dev.switchboard.model.memory.HugePages;
import dev.switchboard.model.memory.Pace;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/** How a file's packed bytes come into memory. */
public enum PackMemory {
  /** The file's own pages, which all processes of a host share. */
  MAPPED {
    @Override
    MemorySegment load(FileChannel channel, long position, long bytes) throws IOException {
      // From the file's start: huge pages are mapped whole or not at all.
      MemorySegment file = channel.map(MapMode.READ_ONLY, 0, position + bytes, Arena.ofAuto());
      HugePages.advise(file);
      return file.asSlice(position, bytes);
    }
  },
  /** A copy of this process's own. */
  COPIED {
    @Override
    MemorySegment load(FileChannel channel, long position, long bytes) throws IOException {
      MemorySegment data = HugePages.allocate(bytes);
      for (long at = 0; at < bytes; at += STEP_BYTES) {
        ByteBuffer step = data.asSlice(at, Math.min(STEP_BYTES, bytes - at)).asByteBuffer();
        while (step.hasRemaining()) {
          if (channel.read(step, position + at + step.position()) < 0) {
            throw new EOFException("the file ends early");
          }
        }
        Pace.current().worked(0);
      }
      return data;
    }
  };

  private static final long STEP_BYTES = 1 << 20;

  /** Freed when it is no longer reachable. */
  abstract MemorySegment load(FileChannel channel, long position, long bytes) throws IOException;
}
