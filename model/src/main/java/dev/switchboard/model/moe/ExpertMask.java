package dev.switchboard.model.moe;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Experts that a sequence may not wake, by their index in every layer. For the rule of a gate a
 * masked expert's logit is minus infinity: it is never chosen, and what is made to add up to one is
 * what is left. What a gate remembers of it is not changed. Immutable.
 */
public final class ExpertMask {
  /** Nobody is masked. */
  public static final ExpertMask NONE = new ExpertMask(new BitSet());

  private final BitSet masked;

  private ExpertMask(BitSet masked) {
    this.masked = masked;
  }

  /**
   * @throws IllegalArgumentException if an index is negative
   */
  public static ExpertMask of(Collection<Integer> experts) {
    BitSet masked = new BitSet();
    for (int expert : experts) {
      if (expert < 0) {
        throw new IllegalArgumentException("expert " + expert + " is masked");
      }
      masked.set(expert);
    }
    return masked.isEmpty() ? NONE : new ExpertMask(masked);
  }

  /** Masks what either masks. */
  public ExpertMask and(ExpertMask other) {
    if (other.isEmpty()) {
      return this;
    }
    BitSet both = (BitSet) masked.clone();
    both.or(other.masked);
    return new ExpertMask(both);
  }

  public boolean isEmpty() {
    return masked.isEmpty();
  }

  /** Whether an expert may not be woken. */
  public boolean has(int expert) {
    return masked.get(expert);
  }

  /** Indices, ascending. */
  public List<Integer> experts() {
    return masked.stream().boxed().toList();
  }

  /**
   * Whether a rule can still choose.
   *
   * @param experts of the layer
   * @throws IllegalArgumentException naming what is left, if it can be too few
   */
  public void check(RoutingRule rule, int experts) {
    int width = rule.groups().map(groups -> experts / groups.count()).orElse(experts);
    int kept = rule.groups().map(Groups::kept).orElse(1);
    int least = rule.groups().map(Groups::leastWidth).orElse(1);
    int[] open = new int[experts / width];
    for (int e = 0; e < experts; e++) {
      open[e / width] += has(e) ? 0 : 1;
    }
    // Whichever groups are kept, they must hold enough.
    int[] usable = Arrays.stream(open).filter(count -> count >= least).sorted().toArray();
    int sure = usable.length < kept ? 0 : Arrays.stream(usable, 0, kept).sum();
    if (sure < rule.topK()) {
      throw new IllegalArgumentException(
          "without experts %s %d of %d are left%s, and each token wakes %d"
              .formatted(
                  this,
                  Arrays.stream(open).sum(),
                  experts,
                  rule.groups().map(groups -> ", " + sure + " of them surely").orElse(""),
                  rule.topK()));
    }
  }

  /** The indices with commas between them; empty if nobody is masked. */
  @Override
  public String toString() {
    return masked.stream().mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExpertMask mask && mask.masked.equals(masked);
  }

  @Override
  public int hashCode() {
    return masked.hashCode();
  }
}
