package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import java.util.Optional;

/**
 * Reads the groups of experts of DeepSeek's rules ({@code n_group}, {@code topk_group}).
 *
 * @param expertsKey what the configuration calls {@code experts}
 */
record ExpertGroups(ConfigReader config, String expertsKey, int experts, int topK) {
  private static final int MAX_GROUPS = 64;

  /**
   * Groups of experts, of which few are kept; empty if there is one only.
   *
   * @param defaultCount where {@code n_group} is absent
   * @param defaultKept where {@code topk_group} is absent
   */
  Optional<Groups> read(int defaultCount, int defaultKept, GroupScore score) {
    int count = config.integer("n_group", 1, MAX_GROUPS, defaultCount);
    int kept = config.count("topk_group", defaultKept);
    int least = score == GroupScore.SUM_OF_TWO_BEST ? 2 : 1;
    if (experts % count != 0 || experts / count < least) {
      throw config.error(
          "n_group",
          count,
          "a divisor of %s = %s into groups of at least %s".formatted(expertsKey, experts, least));
    }
    if (kept > count) {
      throw config.error("topk_group", kept, "at most n_group, which is " + count);
    }
    if (topK > kept * (experts / count)) {
      throw config.error(
          "num_experts_per_tok",
          topK,
          "at most the experts of topk_group = %s of %s groups".formatted(kept, count));
    }
    return count == 1 ? Optional.empty() : Optional.of(new Groups(count, kept, score));
  }
}
