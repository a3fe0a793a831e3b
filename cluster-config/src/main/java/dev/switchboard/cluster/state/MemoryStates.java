package dev.switchboard.cluster.state;

import dev.switchboard.cluster.state.StateException.Kind;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The values of one process that has no others: in its own memory, with the same bounds. Also what
 * tests take for a grid.
 */
public final class MemoryStates implements StateMap {
  private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private final long mostBytes;
  private final long ttlNanos;
  private final LongSupplier clock;
  private long bytes;

  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Entry(byte[] value, long endsNanos) {}

  /**
   * @param mostBytes of all values together; the longest unused give way
   * @param clock nanoseconds
   */
  public MemoryStates(long mostBytes, Duration timeToLive, LongSupplier clock) {
    this.mostBytes = mostBytes;
    this.ttlNanos = timeToLive.toNanos();
    this.clock = clock;
  }

  @Override
  public synchronized List<Optional<byte[]>> get(List<String> names) {
    return names.stream().map(this::find).toList();
  }

  @Override
  public synchronized void put(Map<String, byte[]> values) {
    values.forEach(this::write);
  }

  @Override
  public synchronized boolean swap(String name, Optional<byte[]> expected, byte[] next) {
    Optional<byte[]> present = find(name);
    boolean same =
        expected.isPresent()
            ? present.isPresent() && Arrays.equals(present.get(), expected.get())
            : present.isEmpty();
    if (same) {
      write(name, next);
    }
    return same;
  }

  @Override
  public synchronized void keep(Collection<String> names) {
    names.forEach(name -> find(name).ifPresent(value -> write(name, value)));
  }

  @Override
  public synchronized void remove(Collection<String> names) {
    names.forEach(this::drop);
  }

  /** Values now. */
  public synchronized int size() {
    return entries.size();
  }

  /** Bytes of all values now. */
  public synchronized long bytes() {
    return bytes;
  }

  private Optional<byte[]> find(String name) {
    Entry entry = entries.get(name);
    if (entry != null && entry.endsNanos() - clock.getAsLong() <= 0) {
      drop(name);
      return Optional.empty();
    }
    return entry == null
        ? Optional.empty()
        : Optional.of(Arrays.copyOf(entry.value(), entry.value().length));
  }

  private void write(String name, byte[] value) {
    if (value.length > MOST_BYTES) {
      throw new StateException(
          Kind.TOO_LARGE,
          "a value of %d bytes is to be kept, at most %d are".formatted(value.length, MOST_BYTES));
    }
    drop(name);
    entries.put(name, new Entry(Arrays.copyOf(value, value.length), clock.getAsLong() + ttlNanos));
    bytes += value.length;
    Iterator<Map.Entry<String, Entry>> oldest = entries.entrySet().iterator();
    while (bytes > mostBytes) {
      bytes -= oldest.next().getValue().value().length;
      oldest.remove();
    }
  }

  private void drop(String name) {
    Entry entry = entries.remove(name);
    if (entry != null) {
      bytes -= entry.value().length;
    }
  }
}
