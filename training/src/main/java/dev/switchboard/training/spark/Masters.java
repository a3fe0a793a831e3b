package dev.switchboard.training.spark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks whether a stand-alone master is there: Spark itself would try for a minute. */
final class Masters {
  private static final Pattern STANDALONE = Pattern.compile("spark://(.+)");
  private static final Pattern PLACE = Pattern.compile("(.+):(\\d{1,5})");
  private static final int PATIENCE_MILLIS = 3000;

  private Masters() {}

  /**
   * @param master as Spark writes it; only {@code spark://HOST:PORT[,HOST:PORT]} is looked at
   * @throws IOException if none of them answers
   */
  static void check(String master) throws IOException {
    Matcher standalone = STANDALONE.matcher(master);
    if (!standalone.matches()) {
      return;
    }
    List<String> reasons = new ArrayList<>();
    for (String place : standalone.group(1).split(",", -1)) {
      Matcher parts = PLACE.matcher(place);
      if (!parts.matches() || Integer.parseInt(parts.group(2)) > 65_535) {
        throw new IOException("master " + master + ": expected spark://HOST:PORT");
      }
      try (Socket socket = new Socket()) {
        int port = Integer.parseInt(parts.group(2));
        socket.connect(new InetSocketAddress(parts.group(1), port), PATIENCE_MILLIS);
        return;
      } catch (IOException e) {
        reasons.add(place + ": " + e.getMessage());
      }
    }
    throw new IOException("no Spark master at " + String.join("; ", reasons));
  }
}
