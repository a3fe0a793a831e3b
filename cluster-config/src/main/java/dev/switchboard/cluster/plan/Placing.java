package dev.switchboard.cluster.plan;

/** Finds places for single copies: a node with room, else room that is made. */
final class Placing {
  private final Row row;
  private final int least;

  /**
   * @param least copies of an item that nobody takes away to make room
   */
  Placing(Row row, int least) {
    this.row = row;
    this.least = least;
  }

  /** Adds a copy of an item where it serves best; false if there is nowhere to put one. */
  boolean place(int item, Why why) {
    return onFreeSlot(item, why) || exchange(item, why);
  }

  /** The same, and in the place of a copy that can be spared if need be. */
  boolean placeAtAnyCost(int item, Why why) {
    return place(item, why)
        || inPlaceOf(item, least, why)
        || (row.copies[item] == 0 && inPlaceOf(item, 1, why));
  }

  private boolean onFreeSlot(int item, Why why) {
    int[] thing = {item};
    return Packing.pack(thing, packs(true, why))[0] != Packing.NONE
        || Packing.pack(thing, packs(false, why))[0] != Packing.NONE;
  }

  private Packing.Packs packs(boolean apart, Why why) {
    return new Packing.Packs() {
      @Override
      public int count() {
        return row.load.length;
      }

      @Override
      public boolean takes(int site, int item) {
        return row.room(site) && !row.holds(site, item) && (!apart || row.apart(item, -1, site));
      }

      @Override
      public double weight(int site) {
        return row.relative(site);
      }

      @Override
      public void put(int site, int item) {
        row.add(item, site, why);
      }
    };
  }

  /** All nodes with room hold the item already: another item makes way to one of them. */
  private boolean exchange(int item, Why why) {
    for (int free = 0; free < row.load.length; free++) {
      if (!row.room(free)) {
        continue;
      }
      int best = Packing.NONE;
      int bestOther = Packing.NONE;
      for (int site = 0; site < row.load.length; site++) {
        if (!row.sites.open[site] || row.holds(site, item)) {
          continue;
        }
        for (int i = 0; i < row.used[site]; i++) {
          int other = row.items(site)[i];
          boolean lighter = best == Packing.NONE || row.relative(site) < row.relative(best);
          if (lighter && !row.holds(free, other) && row.apart(other, site, free)) {
            best = site;
            bestOther = other;
          }
        }
      }
      if (best != Packing.NONE) {
        row.drop(bestOther, best, Why.NO_ROOM);
        row.add(bestOther, free, Why.NO_ROOM);
        row.add(item, best, why);
        return true;
      }
    }
    return false;
  }

  /** Takes the place of the copy that is missed least, of an item with more copies than so many. */
  private boolean inPlaceOf(int item, int spared, Why why) {
    int best = Packing.NONE;
    int bestSite = Packing.NONE;
    for (int site = 0; site < row.load.length; site++) {
      if (!row.sites.open[site] || row.holds(site, item)) {
        continue;
      }
      for (int i = 0; i < row.used[site]; i++) {
        int other = row.items(site)[i];
        if (row.copies[other] > spared
            && (best == Packing.NONE || shareWithout(other) < shareWithout(best))) {
          best = other;
          bestSite = site;
        }
      }
    }
    if (best == Packing.NONE) {
      return false;
    }
    row.drop(best, bestSite, Why.NO_ROOM);
    row.add(item, bestSite, why);
    return true;
  }

  private double shareWithout(int item) {
    return row.weight[item] / (row.copies[item] - 1);
  }

  /** Drops the copies of a row that are missed least until there are no more than so many. */
  void dropTo(int total) {
    while (row.total() > total) {
      int spare = leastMissed();
      if (spare == Packing.NONE) {
        return;
      }
      int busiest = row.holders(spare)[0];
      for (int i = 1; i < row.copies[spare]; i++) {
        int site = row.holders(spare)[i];
        if (row.relative(site) > row.relative(busiest)) {
          busiest = site;
        }
      }
      row.drop(spare, busiest, Why.NO_ROOM);
    }
  }

  private int leastMissed() {
    int spare = Packing.NONE;
    for (int item = 0; item < row.items; item++) {
      if (row.copies[item] > least
          && (spare == Packing.NONE || shareWithout(item) < shareWithout(spare))) {
        spare = item;
      }
    }
    return spare;
  }

  /** Drops what a node has more than slots: first what has most copies elsewhere. */
  void dropOverflow(int site) {
    while (row.used[site] > row.sites.slots[site]) {
      int spare = row.items(site)[0];
      for (int i = 1; i < row.used[site]; i++) {
        int item = row.items(site)[i];
        if (row.copies[item] > row.copies[spare]
            || (row.copies[item] == row.copies[spare] && row.share(item) < row.share(spare))) {
          spare = item;
        }
      }
      row.drop(spare, site, Why.NO_ROOM);
    }
  }
}
