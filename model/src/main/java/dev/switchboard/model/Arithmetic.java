package dev.switchboard.model;

/** Identifies how results come about. */
public final class Arithmetic {
  /**
   * Changes whenever the bits of any result do: order of sums, functions, packing of weights. Peers
   * of another version do not work together.
   */
  public static final int VERSION = 2;

  private Arithmetic() {}

  /**
   * Decides for this process what meets weights of block types; to be called before any model is
   * opened.
   *
   * @param activations {@code codes} or {@code float}
   */
  public static void chooseActivations(String activations) {
    if (activations.equals("float")) {
      System.setProperty("switchboard.activations", activations);
    }
  }
}
