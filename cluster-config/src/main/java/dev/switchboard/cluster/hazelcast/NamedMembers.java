package dev.switchboard.cluster.hazelcast;

import com.hazelcast.config.TcpIpConfig;
import java.util.List;

/**
 * The list of members to look for, looked up anew whenever Hazelcast reads it: when it joins, and
 * when it searches for another part of a cluster that was split.
 */
final class NamedMembers extends TcpIpConfig {
  private final List<String> places;
  private final PeerNames names;

  NamedMembers(List<String> places, PeerNames names) {
    this.places = List.copyOf(places);
    this.names = names;
  }

  @Override
  public List<String> getMembers() {
    return List.copyOf(names.addressesOf(places));
  }
}
