package dev.switchboard.benchmarks;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.layer.KvCacheFullException;
import dev.switchboard.model.moe.LocalExperts;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One long text in this process, by the forward pass alone. What the sequence was before the last
 * tokens of each length is kept; when the whole text is read, those last tokens are read again and
 * again, the lengths by turns: a machine whose speed changes with the minutes then slows all
 * lengths alike, and the medians can be compared.
 */
final class ContextRun {
  /** Rows of a step, but for those of the timed window. */
  private static final int CHUNK = 512;

  private static final int WINDOW_CHUNK = ContextLengths.WINDOW / 2;

  /** Rounds go on for so long, if that is more than was asked for: small models are quick. */
  private static final long ROUNDS_NANOS = 4_000_000_000L;

  private static final int MOST_ROUNDS = 31;
  private static final int GARBAGE_BYTES = 1 << 20;

  /**
   * @param lengths ascending, of a window at least
   * @param runs of each timed window
   * @param generate tokens one by one behind each length; 0 for none
   * @param ids taken round and round
   */
  @SuppressWarnings("ArrayRecordComponent") // read only, never compared
  record Plan(List<Long> lengths, int runs, int generate, long warmNanos, int[] ids) {}

  private final Plan plan;
  private final Listener listener;
  private final Trunk trunk;
  private final LocalExperts experts;
  private final ForwardPass pass;

  private long sequences;
  private byte[] garbage = {};

  // size: what a run is made of
  private ContextRun(Model model, LocalExperts experts, Crew crew, Plan plan, Listener listener) {
    this.listener = listener;
    this.plan = plan;
    this.trunk = model.trunk();
    this.experts = experts;
    this.pass = new ForwardPass(trunk, experts, ForwardProbe.NONE, crew);
  }

  /** Is told how far it is, and what came of it. */
  interface Listener {
    /** That many tokens are read, in so many nanoseconds. */
    void read(long tokens, long nanos);

    /** A length has been timed. */
    void timed(ContextPoint point);
  }

  /**
   * All lengths, and the first one again in a fresh sequence that begins right after the longest.
   */
  static List<ContextPoint> measure(Model model, int threads, Plan plan, Listener listener) {
    try (Crew crew = Crew.of("bench", threads);
        LocalExperts experts = model.localExperts(crew)) {
      return new ContextRun(model, experts, crew, plan, listener).measure();
    }
  }

  private List<ContextPoint> measure() {
    warm();
    List<Stop> stops = new ArrayList<>();
    try {
      read(stops);
      long first = plan.lengths().getFirst();
      SequenceState fresh = trunk.newSequence(sequences++, first);
      try {
        long nanos = readTo(fresh, first - ContextLengths.WINDOW, CHUNK);
        stops.add(new Stop(first, keep(fresh)));
        long window = readTo(fresh, first, WINDOW_CHUNK);
        stops.getLast().reached(nanos + window, window, fresh.bytes());
      } finally {
        end(fresh);
      }
      long enough = System.nanoTime() + ROUNDS_NANOS;
      for (int round = 0;
          round < plan.runs() || round < MOST_ROUNDS && System.nanoTime() < enough;
          round++) {
        stops.forEach(Stop::round);
      }
      List<ContextPoint> points = stops.stream().map(Stop::point).toList();
      points.forEach(listener::timed);
      return points;
    } catch (KvCacheFullException e) {
      throw new BenchException(
          "no room for the keys and values of %d tokens: %s"
              .formatted(plan.lengths().getLast(), e.getMessage()));
    } finally {
      stops.forEach(stop -> stop.before.close());
    }
  }

  /** Reads the longest text once, and keeps what the sequence was before each window. */
  private void read(List<Stop> stops) {
    SequenceState sequence = trunk.newSequence(sequences++, plan.lengths().getLast());
    try {
      long nanos = 0;
      for (long length : plan.lengths()) {
        nanos += readTo(sequence, length - ContextLengths.WINDOW, CHUNK);
        stops.add(new Stop(length, keep(sequence)));
        long window = readTo(sequence, length, WINDOW_CHUNK);
        nanos += window;
        stops.getLast().reached(nanos, window, sequence.bytes());
        listener.read(length, nanos);
      }
    } finally {
      end(sequence);
    }
  }

  private Kept keep(SequenceState sequence) {
    int[] read = ids(0, Math.toIntExact(sequence.position()));
    return Kept.of(trunk, experts, sequence, read, sequences++);
  }

  /** A length, with the sequence as it was before the length's last tokens. */
  private final class Stop {
    final long length;
    final Kept before;
    private long stateBytes;
    private long readNanos;
    private long residentBytes;
    private double firstNanosPerToken;
    private final List<Double> readTimes = new ArrayList<>();
    private final List<Double> generateTimes = new ArrayList<>();

    Stop(long length, Kept before) {
      this.length = length;
      this.before = before;
    }

    void reached(long nanos, long windowNanos, long bytes) {
      readNanos = nanos;
      stateBytes = bytes;
      residentBytes = Memory.ofThisProcess();
      firstNanosPerToken = (double) windowNanos / ContextLengths.WINDOW;
    }

    void round() {
      SequenceState fork = before.again(sequences++);
      readTimes.add((double) readTo(fork, length, WINDOW_CHUNK) / ContextLengths.WINDOW);
      if (plan.generate() > 0) {
        long begun = System.nanoTime();
        for (int i = 0; i < plan.generate(); i++) {
          step(fork, 1, true);
        }
        generateTimes.add((double) (System.nanoTime() - begun) / plan.generate());
      }
      end(fork);
    }

    ContextPoint point() {
      return new ContextPoint(
          length,
          Spread.of(readTimes),
          generateTimes.isEmpty() ? Optional.empty() : Optional.of(Spread.of(generateTimes)),
          new ContextPoint.Reached(firstNanosPerToken, readNanos, residentBytes, stateBytes));
    }
  }

  private long readTo(SequenceState sequence, long position, int chunk) {
    long begun = System.nanoTime();
    while (sequence.position() < position) {
      step(sequence, (int) Math.min(chunk, position - sequence.position()), false);
    }
    return System.nanoTime() - begun;
  }

  private void step(SequenceState sequence, int tokens, boolean logits) {
    int[] ids = ids(sequence.position(), tokens);
    StepResult result = pass.run(List.of(new StepSegment(sequence, ids, logits)));
    result
        .failure(0)
        .ifPresent(failure -> {
          throw new BenchException("the forward pass failed: " + failure.reason());
        });
  }

  private int[] ids(long from, int count) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = plan.ids()[(int) ((from + i) % plan.ids().length)];
    }
    return ids;
  }

  private void end(SequenceState sequence) {
    sequence.close();
    experts.release(sequence.id());
  }

  /** Until the time is over; then the heap is filled, that its pages are counted from the start. */
  private void warm() {
    long until = System.nanoTime() + plan.warmNanos();
    do {
      SequenceState sequence = trunk.newSequence(sequences++);
      readTo(sequence, ContextLengths.WINDOW, WINDOW_CHUNK);
      readTo(sequence, sequence.position() + CHUNK, CHUNK);
      for (int i = 0; i < plan.generate(); i++) {
        step(sequence, 1, true);
      }
      end(sequence);
    } while (System.nanoTime() < until);
    long before = collections();
    long most = Runtime.getRuntime().maxMemory() / GARBAGE_BYTES;
    for (long i = 0; i < most && collections() < before + 2; i++) {
      garbage = new byte[GARBAGE_BYTES];
    }
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }
}
