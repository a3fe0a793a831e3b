package dev.switchboard.cluster.hazelcast;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Names of peers to addresses: of a name all, since a headless Service has one name for all of its
 * pods, and Hazelcast's own joiner would take the first alone, which may be the asker's.
 */
interface PeerNames {
  /**
   * @param host a name or an address
   * @return its addresses; none while the name is not known
   */
  List<String> addressesOf(String host);

  /** Asks the system's resolver each time. */
  static PeerNames system() {
    return host -> {
      try {
        return Arrays.stream(InetAddress.getAllByName(host))
            .map(InetAddress::getHostAddress)
            .toList();
      } catch (UnknownHostException e) {
        return List.of();
      }
    };
  }

  /**
   * @param places {@code host:port}, in order
   * @return {@code address:port} of all of them, each once; what is not known is left out
   */
  default Set<String> addressesOf(Collection<String> places) {
    Set<String> all = new LinkedHashSet<>();
    for (String place : places) {
      String port = place.substring(place.lastIndexOf(':'));
      for (String address : addressesOf(host(place))) {
        all.add((address.contains(":") ? "[" + address + "]" : address) + port);
      }
    }
    return all;
  }

  /** The host of {@code host:port}, without brackets. */
  static String host(String place) {
    return place.substring(0, place.lastIndexOf(':')).replace("[", "").replace("]", "");
  }
}
