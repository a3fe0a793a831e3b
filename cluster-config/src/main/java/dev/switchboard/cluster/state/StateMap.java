package dev.switchboard.cluster.state;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Values by name, the same for all processes of a deployment, kept for a time: what nobody has
 * written or {@link #keep kept} for the grid's time to live is gone, and so is what was unused
 * longest when memory runs out. Holds ciphertext; {@link SealedStates} makes and reads it.
 *
 * <p>Calls wait for the network, a few seconds at most. For any thread but the ones that compute.
 * All throw {@link StateException} if the grid does not answer or a value is too large.
 */
public interface StateMap {
  /** Largest value. */
  int MOST_BYTES = (1 << 20) + 64;

  /** The values of the names, in their order; empty for those that are not there. */
  List<Optional<byte[]>> get(List<String> names);

  /** Writes all values, over what was there. */
  void put(Map<String, byte[]> values);

  /**
   * Writes a value if exactly the expected one is there, or none if none is expected. Returns
   * whether it did.
   */
  boolean swap(String name, Optional<byte[]> expected, byte[] next);

  /** Lets the values live as long from now on as if they had been written now. */
  void keep(Collection<String> names);

  /** Removes what is there of the names. */
  void remove(Collection<String> names);
}
