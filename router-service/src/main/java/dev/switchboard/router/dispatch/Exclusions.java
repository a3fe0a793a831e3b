package dev.switchboard.router.dispatch;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Whom a round does not ask again: links that failed for anything, nodes that refused an expert for
 * that expert alone. While experts move, a node that has just given one up may be the only one that
 * has another.
 */
final class Exclusions {
  private final BitSet links = new BitSet();
  private final Map<Integer, BitSet> byExpert = new HashMap<>();

  /** Nobody but these links. */
  static Exclusions of(int... links) {
    Exclusions these = new Exclusions();
    for (int link : links) {
      these.link(link);
    }
    return these;
  }

  void link(int node) {
    links.set(node);
  }

  void refusal(int node, int expert) {
    byExpert.computeIfAbsent(expert, e -> new BitSet()).set(node);
  }

  boolean has(int node, int expert) {
    BitSet refused = byExpert.get(expert);
    return links.get(node) || (refused != null && refused.get(node));
  }

  /** These and one link more. */
  Exclusions and(int node) {
    Exclusions more = new Exclusions();
    more.links.or(links);
    byExpert.forEach((expert, nodes) -> more.byExpert.put(expert, (BitSet) nodes.clone()));
    more.link(node);
    return more;
  }

  void clear() {
    links.clear();
    byExpert.clear();
  }
}
