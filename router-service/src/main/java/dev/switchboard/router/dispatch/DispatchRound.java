package dev.switchboard.router.dispatch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The course of one layer's expert calls, as a state machine: sends come out, answers and failures
 * go in. A group that failed is sent again at once to a replica that has not failed in this round;
 * a link is tried once, so a round ends; but for a state that its node does not have any more: that
 * one is rebuilt, there or elsewhere, once. What no replica is left for is lost, with the last
 * reason; nothing is lost in silence.
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
  private final long seed;
  private final BitSet excluded = new BitSet();
  private final Map<Long, NodeBatch> pending = new TreeMap<>();
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
   * @param ids numbers for messages, never repeated
   */
  DispatchRound(Demand demand, Replicas replicas, StateHomes homes, LongSupplier ids) {
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
    int[] slots = new int[experts.length];
    int count = 0;
    for (int slot = 0; slot < experts.length; slot++) {
      if (!dead[slot / topK]) {
        slots[count++] = slot;
      }
    }
    return place(Arrays.copyOf(slots, count));
  }

  /** The batch that awaits an answer under this id, or null if it is settled. */
  @Nullable NodeBatch pending(long id) {
    return pending.get(id);
  }

  boolean done() {
    return pending.isEmpty();
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
    Map<Integer, GroupAnswer> byExpert = new HashMap<>();
    for (GroupAnswer answer : answers) {
      byExpert.put(answer.expert(), answer);
    }
    DispatchPlanner.IntList again = new DispatchPlanner.IntList();
    boolean failed = false;
    for (ExpertRows group : batch.groups()) {
      GroupAnswer answer = byExpert.get(group.expert());
      String problem = answer == null ? "the node left it out of its answer" : answer.problem();
      if (problem != null) {
        collect(group, problem, again);
        failed |= answer == null || !answer.strayed() || !rebuilt(group);
      }
    }
    return retry(batch.node(), again, failed);
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
    if (batch == null) {
      return List.of();
    }
    DispatchPlanner.IntList again = new DispatchPlanner.IntList();
    for (ExpertRows group : batch.groups()) {
      collect(group, reason, again);
    }
    return retry(batch.node(), again, true);
  }

  private void collect(ExpertRows group, String reason, DispatchPlanner.IntList again) {
    reasons.put(group.expert(), reason);
    for (int slot : group.slots()) {
      again.add(slot);
    }
  }

  private List<Send> retry(int node, DispatchPlanner.IntList slots, boolean exclude) {
    int[] again = slots.sorted();
    if (again.length == 0) {
      return List.of();
    }
    if (exclude) {
      excluded.set(node);
    }
    return place(again);
  }

  private List<Send> place(int[] slots) {
    DispatchPlan plan =
        DispatchPlanner.plan(
            new DispatchPlanner.Request(experts, topK, slots, replicas, homes, excluded, seed));
    for (int slot : plan.unplaced()) {
      int expert = experts[slot];
      lost.add(new LostSlot(slot, expert, reasonOf(expert)));
    }
    List<Send> sends = new ArrayList<>(plan.batches().size());
    for (NodeBatch batch : plan.batches()) {
      Send send = new Send(ids.getAsLong(), batch);
      pending.put(send.id(), batch);
      sends.add(send);
    }
    return sends;
  }

  private String reasonOf(int expert) {
    String reason = reasons.get(expert);
    return reason == null ? replicas.absence(expert) : reason;
  }
}
