package dev.switchboard.benchmarks;

import dev.switchboard.proto.v1.SessionPlace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One way to the end of the book, and what was generated behind it.
 *
 * @param tokens of the book
 * @param nanos from the request, or from the first of them, to the first token behind the book; of
 *     a loaded state, to the first one of a text
 * @param curve looks at the processes while it was read
 * @param first the first token behind the book; none where a state was loaded
 * @param resumed how the second router took the turn over
 * @param repeats requests that were sent again because their connection, or a node's, had broken
 * @param texts greedy, then drawn
 */
record BookReading(
    String name,
    long tokens,
    long nanos,
    List<Look> curve,
    List<Integer> first,
    Optional<Resumed> resumed,
    int repeats,
    List<BookAnswer> texts) {
  /**
   * One look at the processes.
   *
   * @param readerBytes resident memory of the router that reads
   * @param otherBytes of the other router
   * @param nodeBytes of all nodes
   */
  record Look(long tokens, long nanos, long readerBytes, long otherBytes, long nodeBytes) {}

  /**
   * The turn at the second router.
   *
   * @param killedAt tokens that the first router had said to have read
   * @param place where the second one took it up
   * @param nanos from the request there to the first token behind the book
   */
  record Resumed(long killedAt, SessionPlace place, long nanos) {}

  BookReading {
    curve = List.copyOf(curve);
    first = List.copyOf(first);
    texts = List.copyOf(texts);
  }

  double tokensPerSecond() {
    return tokens / (nanos * 1e-9);
  }

  /** Resident memory of the reading router at the most. */
  long mostBytes() {
    return curve.stream().mapToLong(Look::readerBytes).max().orElse(0);
  }

  String text() {
    StringBuilder text = new StringBuilder(name);
    if (first.isEmpty()) {
      append(text, ": the first token of a text after %.0f ms", nanos * 1e-6);
    } else {
      append(
          text, ": %,d tokens in %.1f s (%,.0f tokens/s)", tokens, nanos * 1e-9, tokensPerSecond());
    }
    resumed.ifPresent(at ->
        append(
            text,
            "; router killed behind %,d, the other went on behind %,d (a state of %.2f MB)",
            at.killedAt,
            at.place.getStateTokens(),
            at.place.getStateBytes() * 1e-6));
    if (repeats > 0) {
      append(text, "; %d requests sent again", repeats);
    }
    Look before = new Look(0, 0, 0, 0, 0);
    for (Look look : curve) {
      append(
          text,
          "%n  %,10d tokens %7.1f s %,7.0f tokens/s; MB: router %,6d, other router %,6d, nodes %,6d",
          look.tokens,
          look.nanos * 1e-9,
          (look.tokens - before.tokens) / ((look.nanos - before.nanos) * 1e-9),
          look.readerBytes / 1_000_000,
          look.otherBytes / 1_000_000,
          look.nodeBytes / 1_000_000);
      before = look;
    }
    return text.toString();
  }

  private static void append(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }

  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("tokens", tokens);
    json.put("seconds", nanos * 1e-9);
    json.put("tokensPerSecond", first.isEmpty() ? null : tokensPerSecond());
    json.put("mostRouterBytes", mostBytes());
    json.put("memory", curve);
    json.put("first", first);
    resumed.ifPresent(at -> {
      json.put("killedAtTokens", at.killedAt);
      json.put("resumedAtTokens", at.place.getStateTokens());
      json.put("resumedStateBytes", at.place.getStateBytes());
      json.put("resumedSeconds", at.nanos * 1e-9);
    });
    json.put("repeats", repeats);
    json.put("texts", texts.stream().map(BookReading::json).toList());
    return json;
  }

  private static Map<String, Object> json(BookAnswer answer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("text", answer.text());
    json.put("ids", answer.ids());
    json.put("logits_sha256", answer.digest());
    json.put("firstTokenMillis", answer.firstTokenNanos() * 1e-6);
    return json;
  }
}
