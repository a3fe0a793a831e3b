package dev.switchboard.router.dispatch;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.model.moe.ExpertRunner.Pending;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.router.dispatch.SequenceHomes.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;

/**
 * Snapshots of states that nodes have. Taking one reads out what has moved since the last copy, by
 * the way that rows go: also a state whose node was lost meanwhile is had so. Putting one back, and
 * a fork, tell no node anything: each state goes along with its first run.
 */
final class RemoteStates {
  private final RemoteSpec spec;
  private final SequenceHomes homes;
  private final Function<MoeCall, Pending> reads;
  private final IntUnaryOperator experts;

  /**
   * @param reads starts a call that reads states and moves none
   * @param experts how many a layer has now
   */
  RemoteStates(
      RemoteSpec spec,
      SequenceHomes homes,
      Function<MoeCall, Pending> reads,
      IntUnaryOperator experts) {
    this.experts = experts;
    this.spec = spec;
    this.homes = homes;
    this.reads = reads;
  }

  List<ExpertSnapshot> snapshot(long sequence) {
    readOut(sequence);
    List<ExpertSnapshot> all = new ArrayList<>();
    homes
        .states(sequence)
        .forEach((key, state) -> {
          if (!state.kept() || state.rowCount() > 0) {
            throw new SnapshotException(
                Problem.UNAVAILABLE,
                "layer %d, expert %d: there is no memory for a copy of the state"
                    .formatted(key.layer(), key.expert()));
          }
          all.add(
              new ExpertSnapshot(
                  key.layer(), key.expert(), state.version(), state.copy().toByteArray()));
        });
    return all;
  }

  /** Brings the copies up to date: all layers are asked at once. */
  private void readOut(long sequence) {
    Map<Integer, List<Integer>> moved = new TreeMap<>();
    homes
        .states(sequence)
        .forEach((key, state) -> {
          if (!state.kept() || state.rowCount() > 0) {
            moved.computeIfAbsent(key.layer(), l -> new ArrayList<>()).add(key.expert());
          }
        });
    List<Integer> layers = List.copyOf(moved.keySet());
    List<Pending> asked = new ArrayList<>();
    moved.forEach((layer, experts) -> asked.add(reads.apply(call(sequence, layer, experts))));
    List<MoeOutcome> outcomes = asked.stream().map(Pending::await).toList();
    for (int i = 0; i < outcomes.size(); i++) {
      for (MoeOutcome.Lost lost : outcomes.get(i).lost()) {
        throw new SnapshotException(
            Problem.UNAVAILABLE,
            "layer %d, expert %d: %s".formatted(layers.get(i), lost.expert(), lost.reason()));
      }
    }
  }

  private MoeCall call(long sequence, int layer, List<Integer> experts) {
    int width = spec.layer(layer).width();
    int count = experts.size();
    Routing all =
        new Routing(
            1, count, experts.stream().mapToInt(Integer::intValue).toArray(), new float[count]);
    return new MoeCall(
        layer,
        1,
        width,
        new float[width],
        all,
        new long[] {sequence},
        new long[1],
        new boolean[1],
        new float[count * width]);
  }

  void restore(long sequence, List<ExpertSnapshot> states) {
    states.forEach(this::check);
    homes.forgetStates(sequence);
    for (ExpertSnapshot state : states) {
      ByteString bytes = UnsafeByteOperations.unsafeWrap(state.bytes());
      Key key = new Key(state.layer(), state.expert());
      homes.put(sequence, key, spec.layer(state.layer()).width(), state.version(), bytes);
    }
  }

  /** What the states say inside is checked by the node that gets them. */
  private void check(ExpertSnapshot state) {
    RemoteSpec.Layer layer = spec.layers().get(state.layer());
    if (layer == null || !layer.stateful() || state.expert() >= experts.applyAsInt(state.layer())) {
      throw new SnapshotException(Problem.OTHER_MODEL, "there is no such expert: " + state);
    }
    if (state.bytes().length != layer.stateBytes()) {
      throw new SnapshotException(
          Problem.OTHER_MODEL, state + "; its layer's have " + layer.stateBytes() + " bytes");
    }
  }

  void fork(long sequence, long newSequence) {
    boolean known = homes.states(sequence).values().stream().allMatch(state -> state.kept());
    if (!known) {
      readOut(sequence);
    }
    homes.fork(sequence, newSequence);
  }
}
