package dev.switchboard.node.shard;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.ExpertUnits.Member;
import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.NodeCounters;
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
  private final AtomicLong toRead = new AtomicLong();

  public ShardLoader(ExpertSource source, NodeCounters counters, LongSupplier nanoTime) {
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
    for (int unit : units) {
      List<Member> members = units(added).members(unit);
      Optional<ExpertBook.Added> expert = added.expert(unit);
      // Packing takes longer than reading: all processors do it.
      loaded.put(
          unit,
          expert.isPresent()
              ? load(expert.get(), members)
              : members.parallelStream().map(this::load).toList());
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
    return new NodeMemory(residentBytes, held.packedBytes(), source.bytesRead(), toRead.get());
  }

  /** Bytes of weights that were read since the start. */
  public long bytesRead() {
    return source.bytesRead();
  }

  private List<Held> load(ExpertBook.Added added, List<Member> members) {
    List<Expert> experts = source.load(added, members.stream().map(Member::layer).toList());
    List<Held> loaded = new ArrayList<>();
    for (int i = 0; i < experts.size(); i++) {
      Expert expert = experts.get(i);
      int layer = members.get(i).layer();
      var counter = counters.of(layer, added.index(), expert.multiplyAddsPerRow());
      loaded.add(new Held(layer, added.index(), expert, counter, added.fingerprint()));
    }
    return loaded;
  }

  private Held load(Member member) {
    Expert expert = source.load(member.layer(), member.index());
    var counter = counters.of(member.layer(), member.index(), expert.multiplyAddsPerRow());
    return new Held(member.layer(), member.index(), expert, counter);
  }

  /**
   * Computes noise with a few of the experts until the time is over; they share their code, so more
   * of them would not warm more.
   *
   * @param budgetNanos wall time, 0 for none
   */
  public void warm(Collection<Held> experts, long budgetNanos) {
    long end = nanoTime.getAsLong() + budgetNanos;
    if (experts.isEmpty() || budgetNanos == 0) {
      return;
    }
    Scratch scratch = new Scratch();
    while (true) {
      for (Held held : experts) {
        for (int rows : WARM_ROWS) {
          // One call at a time: the first ones run in the interpreter and are slow.
          held.expert().warm(1, rows, scratch);
          if (nanoTime.getAsLong() - end >= 0) {
            return;
          }
        }
      }
    }
  }
}
