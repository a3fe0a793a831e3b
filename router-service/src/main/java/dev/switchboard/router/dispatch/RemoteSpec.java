package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.router.health.NodeHealth;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a router's remote experts are.
 *
 * @param model fingerprint
 * @param routerId names the router to the nodes
 * @param arithmetic that both sides must share
 * @param units experts, as they are placed
 * @param layers what there is to know of each layer with experts, by its index
 * @param keeping what is kept of stateful experts' states
 * @param limits of what is sent beyond what was asked for
 * @param deadline for one layer's experts, repeats included
 * @param maxMessageBytes largest message that the router takes
 * @param neededMessageBytes largest message that it may send or ask for
 */
public record RemoteSpec(
    String model,
    String routerId,
    Arithmetic arithmetic,
    ExpertUnits units,
    Map<Integer, Layer> layers,
    Keeping keeping,
    NodeHealth.Limits limits,
    Duration deadline,
    int maxMessageBytes,
    long neededMessageBytes) {
  /**
   * How results come about.
   *
   * @param options those that trade bits for something, as name=value
   */
  public record Arithmetic(int version, List<String> options) {}

  /**
   * A layer with experts.
   *
   * @param stateBytes of the state of one of its experts for one sequence, as it is sent; 0: they
   *     have none
   * @param experts how many it has
   * @param width of their rows
   * @param activationBlock its experts take activations as codes, this many of which share a scale;
   *     0: as floats
   */
  public record Layer(long stateBytes, int experts, int width, int activationBlock) {
    boolean stateful() {
      return stateBytes > 0;
    }
  }

  /**
   * What is kept of the states of stateful experts, to rebuild them elsewhere.
   *
   * @param replayTokens most rows that a lost state is replayed for
   * @param maxBytes memory for it
   * @param messageBytes of states in one message
   */
  public record Keeping(int replayTokens, long maxBytes, long messageBytes) {
    /** For models without stateful experts. */
    public static final Keeping NOTHING = new Keeping(1, 0, 0);

    SequenceHomes.Keeping homes() {
      return new SequenceHomes.Keeping(replayTokens, maxBytes);
    }
  }

  public RemoteSpec {
    layers = Map.copyOf(layers);
  }

  Layer layer(int index) {
    Layer layer = layers.get(index);
    if (layer == null) {
      throw new IllegalArgumentException(
          "layer " + index + " has no experts; layers that have: " + layers.keySet());
    }
    return layer;
  }
}
