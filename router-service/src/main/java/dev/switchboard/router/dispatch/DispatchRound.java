package dev.switchboard.router.dispatch;

import dev.switchboard.router.dispatch.DispatchPlanner.IntList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The course of one layer's expert calls, as a state machine: sends come out, answers and failures
 * go in. A group that failed is sent again at once to a replica that has not failed in this round;
 * a link that fails is tried once, and a node that refuses once for each expert, so a round ends;
 * but for a state that its node does not have any more: that one is rebuilt, there or elsewhere,
 * once. A batch that takes long can be sent to other replicas as well; whichever answers first
 * counts, and the round does not wait for the other. What no replica is left for, or no budget, is
 * lost, with the last reason; nothing is lost in silence.
 */
final class DispatchRound {
  /** A message to send; its answer or failure names {@code id}. */
  record Send(long id, NodeBatch batch) {}

  /** A slot that nobody can compute. */
  record LostSlot(int slot, int expert, String reason) {}

  /**
   * How a node answered one group.
   *
   * @param problem null for an answer with rows
   * @param strayed whether the problem is that a state is not there
   */
  record GroupAnswer(int expert, @Nullable String problem, boolean strayed) {
    GroupAnswer(int expert, @Nullable String problem) {
      this(expert, problem, false);
    }
  }

  private final int[] experts;
  private final int topK;
  private final Replicas replicas;
  private final StateHomes homes;
  private final LongSupplier ids;
  private final BooleanSupplier mayRetry;
  private final long seed;
  private final Exclusions excluded = new Exclusions();
  private final Map<Long, NodeBatch> pending = new TreeMap<>();

  /** Batches that were sent beside others, as long as they are pending. */
  private final Set<Long> second = new HashSet<>();

  /** Copies that nobody waits for, as long as they are pending. */
  private final Set<Long> trials = new HashSet<>();

  private final IntPredicate mayWait;
  private final OpenSlots slots;
  private final Map<Integer, String> reasons = new HashMap<>();
  private final List<LostSlot> lost = new ArrayList<>(0);

  /**
   * What is to be computed.
   *
   * @param experts chosen experts, [tokens * topK]
   * @param seed of the choices between replicas
   */
  @SuppressWarnings("ArrayRecordComponent") // the caller's own array, read only
  record Demand(int[] experts, int topK, long seed) {}

  /**
   * What is allowed.
   *
   * @param mayRetry asked before something is sent again
   * @param mayWait whether an expert that nobody has now may be waited for
   */
  record Leave(BooleanSupplier mayRetry, IntPredicate mayWait) {}

  /**
   * @param ids numbers for messages, never repeated
   * @param leave to do what helps, asked each time
   */
  DispatchRound(Demand demand, Replicas replicas, StateHomes homes, LongSupplier ids, Leave leave) {
    this.mayRetry = leave.mayRetry();
    this.mayWait = leave.mayWait();
    this.slots = new OpenSlots(demand.experts().length);
    this.experts = demand.experts();
    this.topK = demand.topK();
    this.seed = demand.seed();
    this.replicas = replicas;
    this.homes = homes;
    this.ids = ids;
  }

  /**
   * @param dead tokens that need no answer, [tokens]
   */
  List<Send> begin(boolean[] dead) {
    for (int slot = 0; slot < experts.length; slot++) {
      if (!dead[slot / topK]) {
        slots.open(slot);
      }
    }
    return place(slots.all());
  }

  /**
   * A batch takes longer than usual: what of it is not under way elsewhere is sent to other
   * replicas too, where there are any. States are where they are: they are never sent twice.
   */
  List<Send> hedge(long id) {
    NodeBatch batch = pending.get(id);
    if (batch == null || homes != StateHomes.NONE) {
      return List.of();
    }
    IntList again = new IntList();
    for (ExpertRows group : batch.groups()) {
      for (int slot : group.slots()) {
        if (slots.isOpen(slot) && slots.covered(slot) == 1) {
          again.add(slot);
        }
      }
    }
    Exclusions others = excluded.and(batch.node());
    List<Send> sends = send(plan(again.sorted(), replicas, others).batches());
    sends.forEach(send -> second.add(send.id()));
    return sends;
  }

  /**
   * Shows what a node can do by a copy of some rows that others were asked for. If its answer is
   * the first it counts; if it is late or fails, that changes nothing: the round does not rely on
   * it.
   *
   * @param most rows
   * @return none if the node has none of the experts, or is asked anyway
   */
  Optional<Send> copy(int node, int most) {
    if (homes != StateHomes.NONE || pending.values().stream().anyMatch(b -> b.node() == node)) {
      return Optional.empty();
    }
    int[] some =
        Arrays.stream(slots.all())
            .filter(slot -> slots.covered(slot) > 0)
            .filter(slot -> holds(node, experts[slot]))
            .limit(most)
            .toArray();
    return plan(some, new OneNode(node), new Exclusions()).batches().stream()
        .findFirst()
        .map(batch -> {
          Send send = new Send(ids.getAsLong(), batch);
          pending.put(send.id(), batch);
          trials.add(send.id());
          return send;
        });
  }

  private boolean holds(int node, int expert) {
    return Arrays.binarySearch(replicas.nodes(expert), node) >= 0;
  }

  /** Whether this batch was sent while another with the same rows was under way. */
  boolean isSecond(long id) {
    return second.contains(id);
  }

  /** Whether nobody waits for this batch. */
  boolean isTrial(long id) {
    return trials.contains(id);
  }

  /**
   * The round is over: batches that nobody waits for any more.
   *
   * @return their ids; copies are not among them: what they show is still of interest
   */
  List<Long> abandon() {
    List<Long> late = pending.keySet().stream().filter(id -> !trials.contains(id)).toList();
    pending.clear();
    trials.clear();
    return late;
  }

  /** The batch that awaits an answer under this id, or null if it is settled. */
  @Nullable NodeBatch pending(long id) {
    return pending.get(id);
  }

  boolean done() {
    return slots.none();
  }

  List<LostSlot> lost() {
    return lost;
  }

  /**
   * A node answered; groups with a problem go elsewhere. An unknown id (an answer that came too
   * late) changes nothing.
   */
  List<Send> answered(long id, List<GroupAnswer> answers) {
    NodeBatch batch = pending.remove(id);
    if (batch == null) {
      return List.of();
    }
    boolean trial = trials.remove(id);
    Map<Integer, GroupAnswer> byExpert = new HashMap<>();
    for (GroupAnswer answer : answers) {
      byExpert.put(answer.expert(), answer);
    }
    if (!trial) {
      settle(id, batch);
    }
    IntList again = new IntList();
    for (ExpertRows group : batch.groups()) {
      GroupAnswer answer = byExpert.get(group.expert());
      String problem = answer == null ? "the node left it out of its answer" : answer.problem();
      if (problem == null) {
        slots.close(group);
      } else if (!trial) {
        collect(group, problem, again);
        if (answer == null || !answer.strayed() || !rebuilt(group)) {
          excluded.refusal(batch.node(), group.expert());
        }
      }
    }
    return retry(again);
  }

  /** It is not under way any more. */
  private void settle(long id, NodeBatch batch) {
    second.remove(id);
    slots.uncover(batch);
  }

  /** Whether a state of the group will be rebuilt when it is sent again. */
  private boolean rebuilt(ExpertRows group) {
    boolean any = false;
    for (int slot : group.slots()) {
      any |= homes.strayed(group.expert(), slot / topK);
    }
    return any;
  }

  /** Nothing will come of the message: its stream broke, or its time is over. */
  List<Send> failed(long id, String reason) {
    NodeBatch batch = pending.remove(id);
    if (batch == null || trials.remove(id)) {
      return List.of();
    }
    settle(id, batch);
    IntList again = new IntList();
    for (ExpertRows group : batch.groups()) {
      collect(group, reason, again);
    }
    excluded.link(batch.node());
    return retry(again);
  }

  private void collect(ExpertRows group, String reason, IntList again) {
    reasons.put(group.expert(), reason);
    for (int slot : group.slots()) {
      if (slots.isOpen(slot) && slots.covered(slot) == 0) {
        again.add(slot);
      }
    }
  }

  private List<Send> retry(IntList failed) {
    int[] again = failed.sorted();
    if (again.length == 0) {
      return List.of();
    }
    if (!mayRetry.getAsBoolean()) {
      for (int slot : again) {
        lose(slot, reasonOf(experts[slot]) + "; the router has no budget left for repeats");
      }
      return List.of();
    }
    return place(again);
  }

  private List<Send> place(int[] some) {
    DispatchPlan plan = plan(some, replicas, excluded);
    for (int slot : plan.unplaced()) {
      if (mayWait.test(experts[slot]) && !stateLost(slot)) {
        slots.waitFor(slot);
      } else {
        lose(slot, reasonOf(experts[slot]));
      }
    }
    return send(plan.batches());
  }

  private boolean stateLost(int slot) {
    return homes.home(experts[slot], slot / topK) != StateHomes.NEW
        && !homes.rebuildable(experts[slot], slot / topK);
  }

  /** Whether something is waited for that nobody has. */
  boolean waits() {
    return slots.waits();
  }

  /**
   * Nodes may have come, or come back, since: whoever failed in this round may be asked again. What
   * still nobody has is waited for, while that is allowed.
   */
  List<Send> lookAgain() {
    int[] found = slots.takeWaiting();
    excluded.clear();
    return found.length == 0 ? List.of() : place(found);
  }

  private DispatchPlan plan(int[] some, Replicas among, Exclusions without) {
    return DispatchPlanner.plan(
        new DispatchPlanner.Request(experts, topK, some, among, homes, without, seed));
  }

  private void lose(int slot, String reason) {
    slots.close(slot);
    lost.add(new LostSlot(slot, experts[slot], reason));
  }

  private List<Send> send(List<NodeBatch> batches) {
    List<Send> sends = new ArrayList<>(batches.size());
    for (NodeBatch batch : batches) {
      Send send = new Send(ids.getAsLong(), batch);
      pending.put(send.id(), batch);
      slots.cover(batch);
      sends.add(send);
    }
    return sends;
  }

  private String reasonOf(int expert) {
    String reason = reasons.get(expert);
    return reason == null ? replicas.absence(expert) : reason;
  }
}
