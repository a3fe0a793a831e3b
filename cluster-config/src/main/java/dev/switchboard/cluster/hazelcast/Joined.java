package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ServedVersion;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A grid that this process is a member of, as {@link GridRounds} needs it. */
interface Joined extends Swaps {
  /** Of this process's own member. */
  String uuid();

  /** Live members, oldest first. */
  List<Peer> peers();

  /**
   * Whether the member has moved to another cluster since the last call: everything must be said
   * again.
   */
  boolean takeMerged();

  /** A member that left since the last call, if any. */
  @Nullable String takeDeparted();

  /**
   * Reads the announcements of these members, and of a version the placement and what is said about
   * experts and nodes.
   */
  Map<String, byte[]> readMembers(List<Peer> peers, ServedVersion version);

  /** Reads all loads. */
  Set<Map.Entry<String, byte[]>> readLoads();

  void putMember(String key, byte[] value) throws TimeoutException;

  void putLoad(String key, byte[] value) throws TimeoutException;

  /** A value of the map of loads as it is now. */
  byte @Nullable [] readLoad(String key) throws TimeoutException;

  /** Puts a load if it is as expected; null: if there is none. */
  boolean swapLoad(String key, byte @Nullable [] expected, byte[] next);

  /** Removes a load if it is as expected. */
  void removeLoad(String key, byte[] expected);

  /** Removes a member's entries of that key. */
  void remove(String key) throws TimeoutException;
}
