package dev.switchboard.cluster.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One row's spread in the making: copies come and go, the loads of nodes follow. The copies of an
 * item share its load evenly, as the routers' choice of a replica does.
 */
final class Row {
  final Sites sites;
  final int items;

  /** Load of an item, [items]. */
  final double[] weight;

  /** Copies of an item, [items]. */
  final int[] copies;

  /** Load of one copy of an item, [items]. */
  final double[] share;

  /** By how much that grows with one copy less, [items]. */
  final double[] rise;

  /** Load of a node, [sites]. */
  final double[] load;

  /** Copies on a node, [sites]. */
  final int[] used;

  private final int[][] holders;
  private final int[][] held;
  private final boolean[] on;
  private final boolean[] before;
  private final Map<Integer, Why> reasons = new HashMap<>();
  private final double mean;
  private int total;
  private int moved;

  Row(Sites sites, double[] weight) {
    this.sites = sites;
    this.items = weight.length;
    this.weight = weight;
    this.copies = new int[items];
    this.share = new double[items];
    this.rise = new double[items];
    this.load = new double[sites.count()];
    this.used = new int[sites.count()];
    this.holders = new int[items][4];
    this.held = new int[sites.count()][8];
    this.on = new boolean[Math.multiplyExact(items, sites.count())];
    this.before = new boolean[on.length];
    this.mean = sites.speedSum == 0 ? 0 : Arrays.stream(weight).sum() / sites.speedSum;
  }

  /** An empty one of the same nodes and loads. */
  Row fresh() {
    return new Row(sites, weight);
  }

  /** Takes over what is in force; copies on nodes that are not there are left out. */
  void begin(Spread current, int row) {
    for (int item = 0; item < items; item++) {
      for (String id : current.holders(row, item)) {
        int site = sites.find(id);
        if (site >= 0 && !holds(site, item)) {
          add(item, site, Why.FIRST);
          before[item * sites.count() + site] = true;
        }
      }
    }
    moved = 0;
    reasons.clear();
  }

  boolean holds(int site, int item) {
    return on[item * sites.count() + site];
  }

  /** Whether the copy was there at the beginning: putting it there is no move. */
  boolean held(int site, int item) {
    return before[item * sites.count() + site];
  }

  /** Whether a node can take one more copy. */
  boolean room(int site) {
    return sites.open[site] && used[site] < sites.slots[site];
  }

  /** Numbers of the nodes that hold an item, the first {@link #copies} of them. */
  int[] holders(int item) {
    return holders[item];
  }

  /** Items on a node, the first {@link #used} of them. */
  int[] items(int site) {
    return held[site];
  }

  /** Load of one copy. */
  double share(int item) {
    return share[item];
  }

  /** Load of a node with another load, by what it can compute. */
  double relative(int site, double loadThere) {
    return loadThere * sites.slowness[site];
  }

  double relative(int site) {
    return load[site] * sites.slowness[site];
  }

  /** Copies of all items. */
  int total() {
    return total;
  }

  /** Copies that were not there at the beginning. */
  int moved() {
    return moved;
  }

  void add(int item, int site, Why why) {
    changeShare(item, copies[item] + 1);
    load[site] += share(item);
    holders[item] = with(holders[item], copies[item] - 1, site);
    held[site] = with(held[site], used[site]++, item);
    int key = item * sites.count() + site;
    on[key] = true;
    total++;
    moved += before[key] ? 0 : 1;
    reasons.put(key, why);
  }

  void drop(int item, int site, Why why) {
    load[site] -= share(item);
    without(holders[item], copies[item], site);
    without(held[site], used[site]--, item);
    changeShare(item, copies[item] - 1);
    if (copies[item] == 0) {
      load[site] = Math.max(0, load[site]);
    }
    int key = item * sites.count() + site;
    on[key] = false;
    total--;
    moved -= before[key] ? 0 : 1;
    reasons.put(key, why);
  }

  /** The load of the copies there are follows their number; the holders are those there are now. */
  private void changeShare(int item, int next) {
    int known = Math.min(copies[item], next);
    double shareThen = next == 0 ? 0 : weight[item] / next;
    double change = shareThen - share[item];
    for (int i = 0; i < known; i++) {
      load[holders[item][i]] += change;
    }
    copies[item] = next;
    share[item] = shareThen;
    rise[item] = next < 2 ? weight[item] : weight[item] / (next - 1) - shareThen;
  }

  private static int[] with(int[] values, int count, int value) {
    int[] room = count < values.length ? values : Arrays.copyOf(values, count * 2);
    room[count] = value;
    return room;
  }

  private static void without(int[] values, int count, int value) {
    for (int i = 0; i < count; i++) {
      if (values[i] == value) {
        values[i] = values[count - 1];
        return;
      }
    }
    throw new IllegalStateException("no " + value + " among " + Arrays.toString(values));
  }

  /** Whether the copies of an item, one of them elsewhere, are in two domains where they can be. */
  boolean apart(int item, int from, int to) {
    if (sites.domains < 2) {
      return true;
    }
    int first = to < 0 ? -1 : sites.domain[to];
    int others = 0;
    for (int i = 0; i < copies[item]; i++) {
      int site = holders[item][i];
      if (site != from) {
        others++;
        if (first >= 0 && sites.domain[site] != first) {
          return true;
        }
        first = sites.domain[site];
      }
    }
    return others + (to < 0 ? 0 : 1) < 2;
  }

  /** Whether its copies are in two domains at least, or it has one copy alone. */
  boolean apart(int item) {
    return apart(item, -1, -1);
  }

  /** Mean load of a node over the largest; 1 without any load. */
  double balance() {
    double most = most();
    return most <= 0 ? 1 : mean() / most;
  }

  /** Mean load of a node. */
  double mean() {
    return mean;
  }

  /** Load of the busiest node, by what it can compute; never less than what a copy weighs. */
  double most() {
    double most = 0;
    for (int site = 0; site < load.length; site++) {
      most = Math.max(most, relative(site));
    }
    return most;
  }

  /** Adds loads up anew: many small changes leave small errors. */
  void settle() {
    Arrays.fill(load, 0);
    for (int item = 0; item < items; item++) {
      for (int i = 0; i < copies[item]; i++) {
        load[holders[item][i]] += share(item);
      }
    }
  }

  /** Ids of the holders of each item, ascending. */
  List<List<String>> result() {
    List<List<String>> result = new ArrayList<>(items);
    for (int item = 0; item < items; item++) {
      String[] ids = new String[copies[item]];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = sites.ids[holders[item][i]];
      }
      Arrays.sort(ids);
      result.add(List.of(ids));
    }
    return result;
  }

  /** Why the copy came or went. */
  Why why(int item, int site) {
    return reasons.getOrDefault(item * sites.count() + site, Why.LOAD);
  }
}
