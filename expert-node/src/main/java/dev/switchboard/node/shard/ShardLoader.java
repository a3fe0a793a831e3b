package dev.switchboard.node.shard;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.ExpertUnits.Member;
import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.memory.Pace;
import dev.switchboard.node.runtime.ExpertCounters;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.runtime.Slumber;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Loads experts and warms their kernels. */
public final class ShardLoader {
  /** Rows of the calls that warm: mostly single tokens, now and then a few at once. */
  private static final int[] WARM_ROWS = {1, 1, 1, 1, 1, 1, 1, 8};

  private final ExpertSource source;
  private final NodeCounters counters;
  private final LongSupplier nanoTime;
  private final SleepRules sleep;
  private final AtomicLong toRead = new AtomicLong();

  /** Experts that never sleep. */
  public ShardLoader(ExpertSource source, NodeCounters counters, LongSupplier nanoTime) {
    this(source, counters, nanoTime, SleepRules.NONE);
  }

  /**
   * @param sleep says how many may be awake
   */
  public ShardLoader(
      ExpertSource source, NodeCounters counters, LongSupplier nanoTime, SleepRules sleep) {
    this.sleep = sleep;
    this.source = source;
    this.counters = counters;
    this.nanoTime = nanoTime;
  }

  /**
   * The experts of these units.
   *
   * @throws RuntimeException with a message for the user, if one cannot be loaded
   */
  public Map<Integer, List<Held>> load(List<Integer> units) {
    return load(units, AddedUnits.NONE);
  }

  /**
   * The experts of these units.
   *
   * @param added those that are not the model's own
   * @throws RuntimeException with a message for the user, if one cannot be loaded
   */
  public Map<Integer, List<Held>> load(List<Integer> units, AddedUnits added) {
    Map<Integer, List<Held>> loaded = new TreeMap<>();
    Pace pace = Pace.current();
    for (int unit : units) {
      List<Member> members = units(added).members(unit);
      Optional<ExpertBook.Added> expert = added.expert(unit);
      // Packing takes longer than reading: all processors do it, unless others are to have them.
      List<Held> held =
          expert.isPresent()
              ? load(expert.get(), members)
              : (pace.alone() ? members.stream() : members.parallelStream())
                  .map(member -> pace.during(() -> load(member)))
                  .toList();
      loaded.put(unit, held);
      restBeyondMemory(held, loaded.size());
    }
    return loaded;
  }

  /** All units of the model, these among them. */
  public ExpertUnits units(AddedUnits added) {
    return added.in(source.model().units());
  }

  /** These units are to be loaded. What added ones take is not known before they are there. */
  public void expect(List<Integer> units, AddedUnits added) {
    for (int unit : units.stream().filter(unit -> added.expert(unit).isEmpty()).toList()) {
      for (Member member : source.model().units().members(unit)) {
        toRead.addAndGet(source.bytes(member.layer(), member.index()));
      }
    }
  }

  /** What the weights take now. */
  public NodeMemory memory(HeldExperts held, long residentBytes) {
    long asleep = held.asleep();
    return new NodeMemory(
        residentBytes,
        held.packedBytes(),
        source.bytesRead(),
        toRead.get(),
        held.experts() - asleep,
        asleep,
        held.asleepBytes(),
        counters.wakes().count());
  }

  /** Bytes of weights that were read since the start. */
  public long bytesRead() {
    return source.bytesRead();
  }

  /** What would not fit into memory beside those before it need not stay there. */
  private void restBeyondMemory(List<Held> last, int units) {
    if (sleep.mostAwake() > 0 && units > sleep.mostAwake()) {
      last.forEach(held -> held.slumber().sleep(nanoTime.getAsLong() + 1));
    }
  }

  private List<Held> load(ExpertBook.Added added, List<Member> members) {
    List<Expert> experts = source.load(added, members.stream().map(Member::layer).toList());
    List<Held> loaded = new ArrayList<>();
    for (int i = 0; i < experts.size(); i++) {
      Expert expert = experts.get(i);
      int layer = members.get(i).layer();
      var counter = counters.of(layer, added.index(), expert.multiplyAddsPerRow());
      loaded.add(held(members.get(i), expert, counter, added.fingerprint()));
    }
    return loaded;
  }

  private Held load(Member member) {
    Expert expert = source.load(member.layer(), member.index());
    var counter = counters.of(member.layer(), member.index(), expert.multiplyAddsPerRow());
    return held(member, expert, counter, "");
  }

  private Held held(Member member, Expert expert, ExpertCounters counter, String fingerprint) {
    Slumber slumber = Slumber.of(expert, nanoTime.getAsLong());
    return new Held(member.layer(), member.index(), expert, counter, fingerprint, slumber);
  }

  /**
   * Computes noise with a few of the experts until the time is over; they share their code, so more
   * of them would not warm more.
   *
   * @param budgetNanos wall time, 0 for none
   */
  public void warm(Collection<Held> experts, long budgetNanos) {
    long end = nanoTime.getAsLong() + budgetNanos;
    List<Held> awake = experts.stream().filter(held -> !held.slumber().asleep()).toList();
    if (awake.isEmpty() || budgetNanos == 0) {
      return;
    }
    Scratch scratch = new Scratch();
    while (true) {
      for (Held held : awake) {
        for (int rows : WARM_ROWS) {
          // One call at a time: the first ones run in the interpreter and are slow.
          held.expert().warm(1, rows, scratch);
          Pace.current().worked(0);
          if (nanoTime.getAsLong() - end >= 0) {
            return;
          }
        }
      }
    }
  }
}
