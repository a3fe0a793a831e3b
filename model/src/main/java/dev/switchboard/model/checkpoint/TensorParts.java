package dev.switchboard.model.checkpoint;

import dev.switchboard.model.checkpoint.CheckpointFiles.Located;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Parts of tensors: slices of what is mapped, memory of their own for what is fetched. */
final class TensorParts {
  /** For checkpoints whose tensors are all here. */
  static final TensorSource NOWHERE =
      (tensor, offset, into) -> {
        throw new CheckpointException("tensor " + tensor + " is nowhere");
      };

  private static final long ALIGNMENT_BYTES = 64;

  private final TensorSource source;
  private final AtomicLong bytesRead = new AtomicLong();
  private final Map<Long, Arena> fetched = new ConcurrentHashMap<>();

  TensorParts(TensorSource source) {
    this.source = source;
  }

  /** Elements from {@code first} on; whole blocks. */
  Tensor read(Located located, long first, long elements) {
    Tensor whole = located.tensor();
    if (first < 0 || elements < 0 || first > whole.elements() - elements) {
      throw CheckpointException.in(
          located.file(),
          "tensor %s is %s; expected elements %s to %s in it",
          whole.name(),
          whole.describe(),
          first,
          first + elements);
    }
    long offset = whole.byteOffset(first);
    long bytes = whole.dtype().bytes(elements);
    MemorySegment data =
        whole.isElsewhere()
            ? fetch(whole.name(), offset, bytes)
            : whole.data().asSlice(offset, bytes);
    MappedPages.load(data);
    bytesRead.addAndGet(bytes);
    return new Tensor(whole.name(), whole.dtype(), List.of(elements), data);
  }

  private MemorySegment fetch(String name, long offset, long bytes) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment data = arena.allocate(Math.max(1, bytes), ALIGNMENT_BYTES).asSlice(0, bytes);
      source.read(name, offset, data);
      fetched.put(data.address(), arena);
      return data;
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  void release(Tensor part) {
    MemorySegment data = part.data();
    Arena arena = data.isNative() ? fetched.remove(data.address()) : null;
    if (arena != null) {
      arena.close();
    } else {
      part.release(0, part.elements());
    }
  }

  long bytesRead() {
    return bytesRead.get();
  }
}
