package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.RouteReply;
import org.jspecify.annotations.Nullable;

/**
 * A window and the expert that it woke.
 *
 * @param expert name of the expert that most (token, layer) pairs chose first; null for a window
 *     without tokens and for models without experts
 * @param share its share of all expert calls, 0 to 1
 * @param beginning the first characters, on one line
 */
record Routed(long offset, @Nullable String expert, double share, int tokens, String beginning) {
  private static final int SHOWN = 48;

  static Routed of(Windows.Window window, RouteReply reply) {
    long all = 0;
    long own = 0;
    for (ExpertCalls call : reply.getCallsList()) {
      all += call.getTokens();
      own += call.getExpert() == reply.getExpert() ? call.getTokens() : 0;
    }
    boolean nobody = all == 0;
    return new Routed(
        window.offset(),
        nobody ? null : reply.getExpertName(),
        all == 0 ? 0 : (double) own / all,
        reply.getTokens(),
        beginning(window.shown()));
  }

  private static String beginning(String text) {
    int end = Math.min(text.length(), SHOWN);
    return text.substring(0, end).replaceAll("[\\p{Cntrl}\\s]+", " ");
  }
}
