package dev.switchboard.cluster.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Plans one row. */
final class RowPlanner {
  private final PlanRequest request;
  private final Sites sites;
  private final int rowNumber;
  private final double[] weight;
  private final int least;

  RowPlanner(PlanRequest request, Sites sites, int rowNumber) {
    this.request = request;
    this.sites = sites;
    this.rowNumber = rowNumber;
    this.weight = new double[request.loads().items()];
    for (int item = 0; item < weight.length; item++) {
      weight[item] = request.loads().get(rowNumber, item);
    }
    // Cordoned nodes hold copies too; where no other node has room, placing refuses by itself.
    this.least = Math.min(request.limits().copies(), Math.max(1, sites.count()));
  }

  /**
   * @param most load of the busiest node, before and after
   * @param mean load of a node
   */
  record Result(
      List<List<String>> holders,
      List<Plan.Change> changes,
      double before,
      double after,
      double mean) {}

  Result plan() {
    Row row = new Row(sites, weight);
    Optional<Spread> current = request.current();
    current.ifPresent(spread -> row.begin(spread, rowNumber));
    double before = row.most();
    if (current.isEmpty()) {
      fill(row);
      new Leveler(row, least).level(1, Integer.MAX_VALUE);
    } else {
      repair(row);
      improve(row);
    }
    row.settle();
    return new Result(row.result(), changes(row), before, row.most(), row.mean());
  }

  /** Of nothing: copies by load, the heaviest placed first. */
  private void fill(Row row) {
    int[] counts = Replication.counts(weight, wanted(row), least, sites.openCount);
    double[] shares = new double[weight.length];
    for (int item = 0; item < shares.length; item++) {
      shares[item] = weight[item] / Math.max(1, counts[item]);
    }
    Placing placing = new Placing(row, least);
    int[] heaviestFirst = Packing.heaviestFirst(shares);
    // Every item once before any has its second copy, where slots are short.
    boolean enough = wanted(row) >= sum(counts);
    if (!enough) {
      for (int item : heaviestFirst) {
        placing.place(item, Why.FIRST);
      }
    }
    for (int item : heaviestFirst) {
      while (row.copies[item] < counts[item] && placing.place(item, Why.FIRST)) {
        // as many as there is room for
      }
    }
    separate(row, Integer.MAX_VALUE);
  }

  private static int sum(int[] counts) {
    int sum = 0;
    for (int count : counts) {
      sum += count;
    }
    return sum;
  }

  /** Copies of all items that there should be: what fits, and what is asked for. */
  private int wanted(Row row) {
    long slots = sites.openSlots();
    for (int site = 0; site < sites.count(); site++) {
      slots += sites.open[site] ? 0 : row.used[site];
    }
    int total = request.limits().total();
    long most = (long) weight.length * sites.count();
    return (int) Math.min(Math.min(slots, most), total == 0 ? Integer.MAX_VALUE : total);
  }

  /** What must be done whatever it moves: room, and copies of what has too few. */
  private void repair(Row row) {
    Placing placing = new Placing(row, least);
    for (int site = 0; site < sites.count(); site++) {
      placing.dropOverflow(site);
    }
    for (int copies = 1; copies <= least; copies++) {
      for (int item : Packing.heaviestFirst(weight)) {
        if (row.copies[item] < copies) {
          placing.placeAtAnyCost(item, whyMissing(item));
        }
      }
    }
    placing.dropTo(Math.max(wanted(row), least * weight.length));
  }

  private Why whyMissing(int item) {
    Why why = Why.TOO_FEW;
    for (String id :
        request.current().map(spread -> spread.holders(rowNumber, item)).orElseThrow()) {
      if (sites.find(id) < 0) {
        why = sites.whyGone(id);
      }
    }
    return why;
  }

  /** What may be done within the budget. */
  private void improve(Row row) {
    int moves = (int) Math.min(Integer.MAX_VALUE, (long) row.moved() + request.limits().moves());
    separate(row, moves);
    addCopies(row, moves);
    double tolerance = request.limits().tolerance();
    Leveler leveler = new Leveler(row, least);
    if (row.balance() < 1 - tolerance) {
      Row fresh = row.fresh();
      fill(fresh);
      double within = fresh.balance();
      if (row.balance() < (1 - tolerance) * within) {
        leveler.level((1 - tolerance / 2) * within, moves);
      }
    }
    if (request.limits().thorough()) {
      leveler.levelRest(moves);
    }
  }

  /** Free slots get copies of what has most load a copy. */
  private void addCopies(Row row, int moves) {
    Placing placing = new Placing(row, least);
    boolean[] full = new boolean[weight.length];
    int wanted = wanted(row);
    while (row.total() < wanted && row.moved() < moves) {
      int busiest = Packing.NONE;
      for (int item = 0; item < weight.length; item++) {
        boolean more = !full[item] && row.copies[item] < sites.count();
        if (more && (busiest == Packing.NONE || row.share(item) > row.share(busiest))) {
          busiest = item;
        }
      }
      if (busiest == Packing.NONE) {
        return;
      }
      full[busiest] = !placing.place(busiest, Why.LOAD);
    }
  }

  /** Copies that would fail together: one of them goes to another domain. */
  private void separate(Row row, int moves) {
    for (int item = 0; item < weight.length && row.moved() < moves; item++) {
      if (!row.apart(item)) {
        putApart(row, item);
      }
    }
  }

  private void putApart(Row row, int item) {
    int from = row.holders(item)[0];
    int to = Packing.NONE;
    int swapped = Packing.NONE;
    double least = Double.MAX_VALUE;
    for (int site = 0; site < sites.count(); site++) {
      if (!sites.open[site] || row.holds(site, item) || !row.apart(item, from, site)) {
        continue;
      }
      if (row.room(site) && row.relative(site) < least) {
        least = row.relative(site);
        to = site;
        swapped = Packing.NONE;
      }
      for (int i = 0; i < row.used[site] && sites.open[from]; i++) {
        int other = row.items(site)[i];
        double after = row.relative(site, row.load[site] + row.share(item) - row.share(other));
        if (after < least && !row.holds(from, other) && row.apart(other, site, from)) {
          least = after;
          to = site;
          swapped = other;
        }
      }
    }
    if (to == Packing.NONE) {
      return;
    }
    row.drop(item, from, Why.TOGETHER);
    if (swapped != Packing.NONE) {
      row.drop(swapped, to, Why.TOGETHER);
      row.add(swapped, from, Why.TOGETHER);
    }
    row.add(item, to, Why.TOGETHER);
  }

  private List<Plan.Change> changes(Row row) {
    List<Plan.Change> changes = new ArrayList<>();
    for (int item = 0; item < weight.length; item++) {
      for (int i = 0; i < row.copies[item]; i++) {
        int site = row.holders(item)[i];
        if (!row.held(site, item)) {
          changes.add(change(item, sites.ids[site], true, row.why(item, site)));
        }
      }
      if (request.current().isPresent()) {
        for (String id : request.current().get().holders(rowNumber, item)) {
          int site = sites.find(id);
          if (site < 0) {
            changes.add(change(item, id, false, sites.whyGone(id)));
          } else if (!row.holds(site, item)) {
            changes.add(change(item, id, false, row.why(item, site)));
          }
        }
      }
    }
    return changes;
  }

  private Plan.Change change(int item, String node, boolean comes, Why why) {
    return new Plan.Change(rowNumber, item, node, comes, why);
  }
}
