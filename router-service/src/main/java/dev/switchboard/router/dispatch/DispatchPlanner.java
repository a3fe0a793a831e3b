package dev.switchboard.router.dispatch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Groups a layer's slots by expert and node. Pure: the same routing, view and seed give the same
 * plan. A slot is {@code token * topK + rank}. Each node gets one message, in which each token's
 * row stands once though several of its experts read it. Of an expert's replicas two are drawn and
 * the one that will be done sooner (rows outstanding, this plan's included, times what the node
 * takes for them) is taken, for the experts with most rows first; nodes that are not well are left
 * out where there are others. A state goes where it lives, and one that has lost its node to
 * another replica, to be rebuilt there.
 */
final class DispatchPlanner {
  /**
   * Fewer rows are not worth a second pass over an expert's weights: reading them takes about the
   * time of computing as many rows.
   */
  private static final int LEAST_SPLIT_ROWS = 16;

  private static final int MOST_SPLITS = 8;

  private DispatchPlanner() {}

  /**
   * @param experts chosen experts, [tokens * topK]
   * @param slots those to place, ascending
   * @param excluded whom not to use: they have failed in this layer already
   */
  record Request(
      int[] experts,
      int topK,
      int[] slots,
      Replicas replicas,
      StateHomes homes,
      Exclusions excluded,
      long seed) {}

  static DispatchPlan plan(Request request) {
    TreeMap<Integer, IntList> byExpert = new TreeMap<>();
    for (int slot : request.slots()) {
      byExpert.computeIfAbsent(request.experts()[slot], e -> new IntList()).add(slot);
    }
    TreeMap<Integer, Draft> drafts = new TreeMap<>();
    IntList unplaced = new IntList();
    TreeMap<Integer, IntList> adrift = new TreeMap<>();
    bySize(byExpert)
        .forEach(entry ->
            place(request, entry.getKey(), entry.getValue(), drafts, new Rest(adrift, unplaced)));
    if (request.homes() == StateHomes.NONE) {
      level(request, drafts);
    }
    List<NodeBatch> batches = new ArrayList<>(drafts.size());
    drafts.forEach((node, draft) -> batches.add(draft.batch(node, request.topK(), false)));
    adrift.forEach((expert, slots) -> rebuild(request, expert, slots, drafts, batches, unplaced));
    return new DispatchPlan(batches, unplaced.sorted());
  }

  /** Slots that no batch of the usual kind has. */
  private record Rest(TreeMap<Integer, IntList> adrift, IntList unplaced) {}

  /**
   * States that have to be rebuilt go to one replica, in messages of their own that are not too
   * large for it.
   */
  // size: what is placed, and where it can be put
  private static void rebuild(
      Request request,
      int expert,
      IntList slots,
      TreeMap<Integer, Draft> drafts,
      List<NodeBatch> batches,
      IntList unplaced) {
    int node = choose(request, expert, drafts);
    if (node == StateHomes.LOST) {
      for (int i = 0; i < slots.length; i++) {
        unplaced.add(slots.values[i]);
      }
      return;
    }
    int[] sorted = slots.sorted();
    Draft draft = new Draft();
    long bytes = 0;
    long sequence = 0;
    for (int slot : sorted) {
      int token = slot / request.topK();
      boolean first = draft.rows == 0;
      if (first || request.homes().sequence(token) != sequence) {
        long more = request.homes().rebuildBytes(expert, token);
        if (!first && bytes + more > request.homes().mostRebuildBytes()) {
          batches.add(draft.batch(node, request.topK(), true));
          draft = new Draft();
          bytes = 0;
        }
        bytes += more;
        sequence = request.homes().sequence(token);
      }
      draft.add(expert, slot);
    }
    batches.add(draft.batch(node, request.topK(), true));
  }

  /** Those with most rows first: what comes last then evens out what is left. */
  private static List<Map.Entry<Integer, IntList>> bySize(TreeMap<Integer, IntList> byExpert) {
    List<Map.Entry<Integer, IntList>> all = new ArrayList<>(byExpert.entrySet());
    all.sort(Comparator.comparingInt(entry -> -entry.getValue().length));
    return all;
  }

  /**
   * Where one node has far more to do than another, gives that one the last rows of an expert that
   * both hold: worth reading the expert's weights twice.
   */
  private static void level(Request request, TreeMap<Integer, Draft> drafts) {
    boolean moved = true;
    for (int round = 0; moved && round < MOST_SPLITS; round++) {
      int most = -1;
      for (Map.Entry<Integer, Draft> draft : drafts.entrySet()) {
        long load = load(request, draft.getKey(), draft.getValue());
        if (most < 0 || load > load(request, most, drafts.get(most))) {
          most = draft.getKey();
        }
      }
      moved = most >= 0 && relieve(request, most, drafts);
    }
  }

  /** Moves rows from a node to the least busy one that can take them; whether there were any. */
  private static boolean relieve(Request request, int most, TreeMap<Integer, Draft> drafts) {
    Draft from = drafts.get(most);
    if (from == null) {
      return false;
    }
    int least = most;
    int widest = -1;
    int widestRows = -1;
    for (Map.Entry<Integer, IntList> group : from.slots.entrySet()) {
      for (int node : usable(request, group.getKey())) {
        long load = load(request, node, drafts.get(node));
        long before = load(request, least, drafts.get(least));
        boolean wider = group.getValue().length > widestRows;
        if (load < before || (node == least && node != most && wider)) {
          least = node;
          widest = group.getKey();
          widestRows = group.getValue().length;
        }
      }
    }
    long difference = load(request, most, from) - load(request, least, drafts.get(least));
    if (widest < 0 || difference / 2 < LEAST_SPLIT_ROWS) {
      return false;
    }
    if (difference / 2 >= widestRows) {
      return false;
    }
    int rows = (int) (difference / 2);
    from.moveLast(widest, rows, drafts.computeIfAbsent(least, n -> new Draft()));
    return true;
  }

  /** Those that have not failed in this layer; of them those that are well, if any are. */
  private static int[] usable(Request request, int expert) {
    int[] all =
        Arrays.stream(request.replicas().nodes(expert))
            .filter(node -> !request.excluded().has(node, expert))
            .toArray();
    int[] well = Arrays.stream(all).filter(node -> !request.replicas().out(node)).toArray();
    return well.length == 0 ? all : well;
  }

  private static void place(
      Request request, int expert, IntList slots, TreeMap<Integer, Draft> drafts, Rest rest) {
    int chosen = StateHomes.NEW;
    for (int i = 0; i < slots.length; i++) {
      int slot = slots.values[i];
      int node = request.homes().home(expert, slot / request.topK());
      if (node == StateHomes.NEW) {
        // All new states of the expert begin on one replica, so that its rows stay one group.
        chosen = chosen == StateHomes.NEW ? choose(request, expert, drafts) : chosen;
        node = chosen;
      } else if (node >= 0 && request.excluded().has(node, expert)) {
        boolean kept = request.homes().rebuildable(expert, slot / request.topK());
        node = kept ? StateHomes.ADRIFT : StateHomes.LOST;
      }
      if (node == StateHomes.LOST) {
        rest.unplaced().add(slot);
      } else if (node == StateHomes.ADRIFT) {
        rest.adrift().computeIfAbsent(expert, e -> new IntList()).add(slot);
      } else {
        drafts.computeIfAbsent(node, n -> new Draft()).add(expert, slot);
      }
    }
  }

  /** The link to use, or {@link StateHomes#LOST} if there is none. */
  private static int choose(Request request, int expert, TreeMap<Integer, Draft> drafts) {
    int[] nodes = usable(request, expert);
    if (nodes.length <= 1) {
      return nodes.length == 0 ? StateHomes.LOST : nodes[0];
    }
    long random = mix(request.seed() + expert);
    int first = (int) Long.remainderUnsigned(random, nodes.length);
    int second = (int) Long.remainderUnsigned(mix(random), nodes.length - 1L);
    second = second >= first ? second + 1 : second;
    long firstLoad = load(request, nodes[first], drafts.get(nodes[first]));
    long secondLoad = load(request, nodes[second], drafts.get(nodes[second]));
    return secondLoad < firstLoad ? nodes[second] : nodes[first];
  }

  private static long load(Request request, int node, @Nullable Draft draft) {
    return request.replicas().load(node, draft == null ? 0 : draft.rows);
  }

  /** SplitMix64's finisher. */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A node's message in the making. */
  private static final class Draft {
    private final TreeMap<Integer, IntList> slots = new TreeMap<>();
    private int rows;

    /** Gives the last rows of an expert to another node. */
    void moveLast(int expert, int count, Draft other) {
      IntList list = slots.get(expert);
      for (int i = 0; list != null && i < count; i++) {
        other.add(expert, list.values[--list.length]);
        rows--;
      }
    }

    void add(int expert, int slot) {
      slots.computeIfAbsent(expert, e -> new IntList()).add(slot);
      rows++;
    }

    NodeBatch batch(int node, int topK, boolean rebuilds) {
      int[] tokens =
          slots.values().stream()
              .flatMapToInt(list -> Arrays.stream(list.values, 0, list.length))
              .map(slot -> slot / topK)
              .sorted()
              .distinct()
              .toArray();
      List<ExpertRows> groups = new ArrayList<>(slots.size());
      slots.forEach((expert, list) -> groups.add(group(expert, list, topK, tokens)));
      return new NodeBatch(node, tokens, groups, rebuilds);
    }

    private static ExpertRows group(int expert, IntList list, int topK, int[] tokens) {
      int[] groupSlots = list.sorted();
      int[] rows = new int[groupSlots.length];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = Arrays.binarySearch(tokens, groupSlots[i] / topK);
      }
      return new ExpertRows(expert, rows, groupSlots);
    }
  }

  /** A growing int[]. */
  static final class IntList {
    private int[] values = new int[8];
    private int length;

    void add(int value) {
      if (length == values.length) {
        values = Arrays.copyOf(values, length * 2);
      }
      values[length++] = value;
    }

    int[] sorted() {
      int[] copy = Arrays.copyOf(values, length);
      Arrays.sort(copy);
      return copy;
    }
  }
}
