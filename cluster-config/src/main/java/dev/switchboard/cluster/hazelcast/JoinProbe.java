package dev.switchboard.cluster.hazelcast;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Collection;

/**
 * Asks whether anybody listens at an address, so that a node starts its member only when there is
 * something to join.
 */
final class JoinProbe {
  private static final int TIMEOUT_MILLIS = 300;

  private JoinProbe() {}

  /** Of a name, all addresses are asked. */
  static boolean anyAnswers(Collection<String> places, PeerNames names) {
    return names.addressesOf(places).stream().anyMatch(JoinProbe::answers);
  }

  private static boolean answers(String address) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon).replace("[", "").replace("]", "");
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1))),
          TIMEOUT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
