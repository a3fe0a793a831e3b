package dev.switchboard.cluster.plan;

/**
 * Evens the loads of a row's nodes, a step at a time. A step takes load off the busiest node: a
 * copy moves, two copies change places, or an item gets a copy more in the place of another's. The
 * step after which the busiest node has least to do is taken; among equals the one with fewest
 * copies to load.
 */
final class Leveler {
  private static final double LEAST_GAIN = 1e-9;

  /** Of nodes that are not the busiest, what a step must take off at the least. */
  private static final double WORTH_A_MOVE = 0.1;

  private final Row row;
  private final int least;
  private final boolean[] stuck;
  private double gain = LEAST_GAIN;
  private int top;
  private double most;
  private double second;

  private double bestMost;
  private double bestOwn;
  private int bestLoads;
  private int bestItem;
  private int bestSite;
  private int bestOther;
  private Kind bestKind = Kind.NONE;
  private int loadsLeft;

  private enum Kind {
    NONE,
    MOVE,
    SWAP,
    REPLACE
  }

  /**
   * @param least copies that an item keeps
   */
  Leveler(Row row, int least) {
    this.row = row;
    this.least = least;
    this.stuck = new boolean[row.load.length];
  }

  /**
   * Goes on until the balance is there, no step helps, or there are so many moves.
   *
   * @param moves copies of the row that may be elsewhere than at the beginning
   */
  void level(double balance, int moves) {
    int steps = 4 * (row.total() + row.items);
    while (steps-- > 0 && row.balance() < balance) {
      loadsLeft = moves - row.moved();
      if (loadsLeft <= 0) {
        break;
      }
      findTop();
      if (!step()) {
        break;
      }
    }
    row.settle();
  }

  /** Evens the nodes that are left when the busiest cannot be relieved. */
  void levelRest(int moves) {
    gain = WORTH_A_MOVE;
    int steps = 4 * (row.total() + row.items) + stuck.length;
    while (steps-- > 0) {
      loadsLeft = moves - row.moved();
      findTop();
      if (loadsLeft <= 0 || top < 0) {
        break;
      }
      stuck[top] = !step();
    }
    row.settle();
  }

  private boolean step() {
    bestKind = Kind.NONE;
    bestMost = most * (1 - gain);
    bestOwn = bestMost;
    bestLoads = Integer.MAX_VALUE;
    for (int i = 0; i < row.used[top]; i++) {
      relieve(row.items(top)[i]);
    }
    return take();
  }

  private void findTop() {
    top = -1;
    second = 0;
    most = -1;
    for (int site = 0; site < row.load.length; site++) {
      if (stuck[site]) {
        continue;
      }
      double load = row.relative(site);
      if (load > most) {
        second = Math.max(second, most);
        most = load;
        top = site;
      } else if (load > second) {
        second = load;
      }
    }
  }

  /** Looks at every way to take an item, or a part of its load, off the busiest node. */
  private void relieve(int item) {
    double share = row.share(item);
    if (share <= 0) {
      return;
    }
    double more = row.weight[item] / (row.copies[item] + 1);
    boolean gives = row.sites.open[top];
    for (int site = 0; site < row.load.length; site++) {
      if (site == top || !row.sites.open[site] || row.holds(site, item)) {
        continue;
      }
      if (row.room(site)) {
        consider(Kind.MOVE, item, site, -1, after(share, site));
      }
      int[] others = row.items(site);
      for (int i = 0; i < row.used[site]; i++) {
        int other = others[i];
        double less = row.share(other);
        if (less < share && gives && !row.holds(top, other)) {
          consider(Kind.SWAP, item, site, other, after(share - less, site));
        }
        if (row.copies[other] > least) {
          consider(Kind.REPLACE, item, site, other, replaced(share - more, more, site, other));
        }
      }
    }
  }

  /** The larger load of both when so much goes from the busiest node to another. */
  private double after(double share, int site) {
    return Math.max(
        row.relative(top, row.load[top] - share), row.relative(site, row.load[site] + share));
  }

  /**
   * The largest load concerned when a node takes a copy of one item in the place of another's.
   *
   * @param fall by which the item's copies get lighter
   * @param more what its new copy weighs
   */
  private double replaced(double fall, double more, int site, int other) {
    double rise = row.rise[other];
    double largest =
        Math.max(
            row.relative(top, row.load[top] - fall + (row.holds(top, other) ? rise : 0)),
            row.relative(site, row.load[site] - row.share(other) + more));
    int[] holders = row.holders(other);
    for (int i = 0; i < row.copies[other] && !worse(largest); i++) {
      int holder = holders[i];
      if (holder != site && holder != top) {
        largest = Math.max(largest, row.relative(holder, row.load[holder] + rise));
      }
    }
    return largest;
  }

  private boolean worse(double own) {
    return own >= most * (1 - gain) || (bestKind != Kind.NONE && own > bestMost);
  }

  private void consider(Kind kind, int item, int site, int other, double own) {
    if (worse(own)) {
      return;
    }
    double after = Math.max(own, second);
    int loads = row.held(site, item) ? 0 : 1;
    if (kind == Kind.SWAP && !row.held(top, other)) {
      loads++;
    }
    boolean better =
        bestKind == Kind.NONE
            || after < bestMost
            || (after == bestMost && loads < bestLoads)
            || (after == bestMost && loads == bestLoads && own < bestOwn);
    if (!better || loads > loadsLeft || !allowed(kind, item, site, other)) {
      return;
    }
    bestKind = kind;
    bestItem = item;
    bestSite = site;
    bestOther = other;
    bestMost = after;
    bestOwn = own;
    bestLoads = loads;
  }

  /** Copies that were in two domains stay so. */
  private boolean allowed(Kind kind, int item, int site, int other) {
    return switch (kind) {
      case MOVE -> row.apart(item, top, site);
      case SWAP -> row.apart(item, top, site) && row.apart(other, site, top);
      case REPLACE -> row.apart(other, site, -1);
      case NONE -> false;
    };
  }

  private boolean take() {
    switch (bestKind) {
      case NONE -> {
        return false;
      }
      case MOVE -> {
        row.drop(bestItem, top, Why.LOAD);
        row.add(bestItem, bestSite, Why.LOAD);
      }
      case SWAP -> {
        row.drop(bestItem, top, Why.LOAD);
        row.drop(bestOther, bestSite, Why.LOAD);
        row.add(bestItem, bestSite, Why.LOAD);
        row.add(bestOther, top, Why.LOAD);
      }
      case REPLACE -> {
        row.drop(bestOther, bestSite, Why.LOAD);
        row.add(bestItem, bestSite, Why.LOAD);
      }
    }
    return true;
  }
}
