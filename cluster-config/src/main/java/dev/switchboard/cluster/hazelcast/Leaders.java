package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.ServedVersion;
import java.util.List;

/** Who keeps the placement of a version. */
interface Leaders {
  /**
   * Whether a router does.
   *
   * @param peer it
   * @param router what it said of itself
   * @param members what all have said
   * @param peers live members, oldest first
   */
  boolean leads(Peer peer, RouterInfo router, Mirror members, List<Peer> peers);

  /**
   * The oldest router of its version. One that is older and has not said yet what it is may be of
   * that version: until it has, no younger one leads.
   */
  static boolean oldest(Peer peer, RouterInfo router, Mirror members, List<Peer> peers) {
    ServedVersion version = router.version();
    for (Peer older : peers) {
      if (older.equals(peer)) {
        return peer.data();
      }
      if (older.data() && mayBe(version, older, members)) {
        return false;
      }
    }
    return false;
  }

  private static boolean mayBe(ServedVersion version, Peer peer, Mirror members) {
    String key = Keys.router(peer.uuid());
    return members
        .get(key, RouterInfo.class)
        .map(router -> router.version().equals(version))
        .orElse(!members.has(key));
  }
}
