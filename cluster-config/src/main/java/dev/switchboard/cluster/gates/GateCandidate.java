package dev.switchboard.cluster.gates;

/**
 * A version that is tried beside the active one.
 *
 * @param share of the requests that are routed by it, more than 0 and less than 1; 0 for a shadow
 */
public record GateCandidate(String version, Mode mode, double share) {
  /** How it is tried. */
  public enum Mode {
    /** It is asked about every token, and what it says has no effect. */
    SHADOW,
    /** It routes a share of the requests. */
    CANARY
  }

  public GateCandidate {
    boolean fits = mode == Mode.SHADOW ? share == 0 : share > 0 && share < 1;
    if (!fits) {
      throw new IllegalArgumentException("%s with a share of %s".formatted(mode, share));
    }
  }
}
