package dev.switchboard.simulation;

import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.moe.Routing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a router is asked: sequences that come, are read a few tokens at a time, all that run in one
 * step, and end. It stands for the engine, which decides nothing about nodes.
 */
final class Requests {
  private static final int MOST_RUNNING = 5;
  private static final int TOP_K = 2;
  private static final long REQUEST_NANOS = 15 * World.SECOND;

  /** A layer's call may take its deadline, wait for a replica, and begin anew with that. */
  private static final long CALL_NANOS =
      2 * (RouterProcess.DEADLINE.toNanos() + RouterProcess.REPLICA_WAIT.toNanos());

  private static final class Sequence {
    private final long id;
    private final int length;
    private final int prompt;
    private final long deadline;
    private int position;
    private boolean failed;

    Sequence(long id, int length, int prompt, long deadline) {
      this.id = id;
      this.length = length;
      this.prompt = prompt;
      this.deadline = deadline;
    }

    int chunk() {
      return position == 0 ? Math.min(prompt, length) : 1;
    }
  }

  private final World world;
  private final Cluster cluster;
  private final RouterProcess router;
  private final List<Sequence> running = new ArrayList<>();
  private boolean stopped;
  private boolean stepping;
  private long tokens;
  private long completed;
  private long failed;

  Requests(Cluster cluster, RouterProcess router) {
    this.world = cluster.world();
    this.cluster = cluster;
    this.router = router;
  }

  /** Requests come from now on, once every expert has been there. */
  void begin() {
    router.process().after(world.between(0, 2 * cluster.pause()), this::arrive);
  }

  private void arrive() {
    if (stopped) {
      return;
    }
    boolean ready = router.grid().view().complete();
    if (ready && running.size() < MOST_RUNNING) {
      running.add(
          new Sequence(
              cluster.nextSequence(),
              1 + world.random().nextInt(12),
              1 + world.random().nextInt(4),
              world.now() + REQUEST_NANOS));
      stepSoon();
    }
    router.process().after(world.between(1, 4 * cluster.pause()), this::arrive);
  }

  private void stepSoon() {
    if (!stepping && !running.isEmpty()) {
      stepping = true;
      router.process().after(world.between(1, cluster.pause()), () -> step(0, batch()));
    }
  }

  /** The tokens of a step: those of a sequence lie together. */
  private record Batch(List<Sequence> sequences, long[] ids, long[] positions, boolean[] dead) {}

  private Batch batch() {
    List<Sequence> taken = new ArrayList<>();
    for (Sequence sequence : running) {
      for (int i = 0; i < sequence.chunk(); i++) {
        taken.add(sequence);
      }
    }
    long[] ids = taken.stream().mapToLong(sequence -> sequence.id).toArray();
    long[] positions = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      positions[i] = i > 0 && ids[i] == ids[i - 1] ? positions[i - 1] + 1 : taken.get(i).position;
    }
    return new Batch(taken, ids, positions, new boolean[ids.length]);
  }

  private void step(int layer, Batch batch) {
    int count = batch.ids().length;
    float[] input = new float[count * SimModel.WIDTH];
    int[] experts = new int[count * TOP_K];
    for (int token = 0; token < count; token++) {
      long what = Chance.mix(batch.ids()[token], batch.positions()[token], layer);
      for (int i = 0; i < SimModel.WIDTH; i++) {
        input[token * SimModel.WIDTH + i] = Chance.unit(what + i);
      }
      choose(batch.ids()[token], what, experts, token * TOP_K);
    }
    float[] weights = new float[experts.length];
    Arrays.fill(weights, 0.5f);
    float[] outputs = new float[experts.length * SimModel.WIDTH];
    Arrays.fill(outputs, Float.NaN);
    MoeCall call =
        new MoeCall(
            layer,
            count,
            SimModel.WIDTH,
            input,
            new Routing(count, TOP_K, experts, weights),
            batch.ids(),
            batch.positions(),
            batch.dead(),
            outputs);
    long begun = world.now();
    cluster.tampering().begins(router);
    router.dispatch().start(call, outcome -> done(call, outcome, batch, begun));
  }

  /** Most tokens go to the expert of their sequence, as those of a domain do. */
  private void choose(long sequence, long what, int[] experts, int at) {
    int count = cluster.model().experts();
    int home = (int) Long.remainderUnsigned(Chance.mix(sequence, 0, 7), count);
    int drawn = (int) Long.remainderUnsigned(Chance.mix(what, 1, 1), count);
    experts[at] = Long.remainderUnsigned(what, 3) == 0 ? drawn : home;
    int other = (int) Long.remainderUnsigned(Chance.mix(what, 2, 2), count - 1);
    experts[at + 1] = other >= experts[at] ? other + 1 : other;
  }

  private void done(MoeCall call, MoeOutcome outcome, Batch batch, long begun) {
    cluster.oracle().check(call, outcome, router.process().name());
    cluster.sums().check(call, outcome, router);
    checkTime(begun);
    for (MoeOutcome.Lost lost : outcome.lost()) {
      Sequence sequence = batch.sequences().get(lost.token());
      sequence.failed = true;
      cluster.lost(router, lost, begun);
    }
    for (int token = 0; token < call.tokens(); token++) {
      if (!call.dead()[token]) {
        for (int rank = 0; rank < TOP_K; rank++) {
          router.count(call.layer(), call.routing().expert(token, rank));
        }
      }
      batch.dead()[token] |= batch.sequences().get(token).failed;
    }
    if (call.layer() + 1 < SimModel.LAYERS) {
      step(call.layer() + 1, batch);
    } else {
      advance(batch);
    }
  }

  private void checkTime(long begun) {
    if (world.now() - begun > CALL_NANOS && router.wellSince(begun)) {
      world.violated(() ->
          "a layer's call of %s took %d ms"
              .formatted(router.process(), (world.now() - begun) / World.MILLI));
    }
  }

  private void advance(Batch batch) {
    tokens += batch.ids().length;
    for (Sequence sequence : List.copyOf(running)) {
      boolean took = batch.sequences().contains(sequence);
      sequence.position += took ? sequence.chunk() : 0;
      boolean late = world.now() >= sequence.deadline;
      if (sequence.failed || late || sequence.position >= sequence.length) {
        end(sequence, late);
      }
    }
    stepping = false;
    stepSoon();
  }

  private void end(Sequence sequence, boolean late) {
    running.remove(sequence);
    router.dispatch().release(sequence.id);
    cluster.oracle().forget(sequence.id);
    boolean whole = sequence.position >= sequence.length && !sequence.failed;
    completed += whole ? 1 : 0;
    failed += whole ? 0 : 1;
    world.note(() ->
        "%s: sequence %d ended at %d of %d%s"
            .formatted(
                router.process(),
                sequence.id,
                sequence.position,
                sequence.length,
                sequence.failed ? ", with an expert lost" : late ? ", late" : ""));
    long over = world.now() - sequence.deadline;
    if (over > SimModel.LAYERS * CALL_NANOS && router.wellSince(sequence.deadline)) {
      world.violated(() ->
          "sequence %d ended %d ms after its deadline".formatted(sequence.id, over / World.MILLI));
    }
  }

  /** Nothing new comes. */
  void stop() {
    stopped = true;
  }

  int running() {
    return running.size();
  }

  /** Tokens that have passed all layers, or tried to. */
  long tokens() {
    return tokens;
  }

  long completed() {
    return completed;
  }

  long failed() {
    return failed;
  }
}
