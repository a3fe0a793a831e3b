package dev.switchboard.node.weights;

/** A process that gives weights away. */
public record WeightSource(String id, String host, int port) {
  @Override
  public String toString() {
    return id + " at " + host + ":" + port;
  }
}
