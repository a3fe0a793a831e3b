package dev.switchboard.client.chaos;

import dev.switchboard.client.chaos.ChaosReport.Requests;
import dev.switchboard.client.chaos.ChaosReport.Times;
import java.util.List;

/**
 * What came of a cluster that grew and shrank while it was asked.
 *
 * @param phases times in which nobody came or went, in order
 * @param came nodes, in order
 * @param decisions about the placement since the first phase, oldest first
 * @param requests turns that were asked for meanwhile
 * @param gaps between two tokens, all of them
 * @param problems what went wrong, for people
 */
public record ScaleReport(
    List<Phase> phases,
    List<Came> came,
    List<Decision> decisions,
    Requests requests,
    Times gaps,
    List<String> problems) {
  /**
   * A while with so many nodes.
   *
   * @param tokensPerSecond generated, measured
   * @param busiest processor seconds a second of the process that took most
   * @param nodes the same of all nodes together
   * @param routers the same of all routers together
   */
  public record Phase(
      int nodeCount, double tokensPerSecond, double busiest, double nodes, double routers) {
    /**
     * Tokens a second if each process had processors of its own: what takes most then bounds the
     * rest. Inferred, not measured.
     */
    public double inferredTokensPerSecond() {
      return busiest == 0 ? 0 : tokensPerSecond / busiest;
    }
  }

  /**
   * A node that was started.
   *
   * @param readyMillis from the start of its process to the line that says that it can answer
   * @param firstBatchMillis from the start of its process to its first batch, as status tells it
   * @param wholeMillis to the moment when it held what it was to hold
   */
  public record Came(String name, long readyMillis, long firstBatchMillis, long wholeMillis) {}

  /**
   * @param loads copies that were to be loaded
   * @param drops copies that were to be given up, or were lost
   */
  public record Decision(String why, int loads, int drops) {}

  public ScaleReport {
    phases = List.copyOf(phases);
    came = List.copyOf(came);
    decisions = List.copyOf(decisions);
    problems = List.copyOf(problems);
  }

  /** Whether nobody noticed. */
  public boolean clean() {
    return requests.failed() == 0 && requests.wrongTokens() == 0 && problems.isEmpty();
  }
}
