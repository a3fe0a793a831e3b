package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.GenerateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Many requests at once, each compared with itself running alone: companions must not change a bit
 * of an answer.
 */
final class Concurrency {
  private static final List<String> OTHERS =
      List.of(
          "SELECT name, count(*) FROM orders",
          "public static void main(String[] args) {",
          "Once upon a time there was a king who had three daughters, and the youngest",
          "It was the best of times",
          "Es war einmal ein",
          "def fibonacci(n):\n    if n < 2:\n        return n\n",
          "Call me Ishmael. Some years ago - never mind how long precisely - having little or no money");

  private Concurrency() {}

  /** The given request and n - 1 others: other prompts, other lengths. */
  static List<GenerateRequest> requests(GenerateRequest first, int n) {
    List<GenerateRequest> requests = new ArrayList<>(List.of(first));
    for (int i = 1; i < n; i++) {
      String prompt = OTHERS.get((i - 1) % OTHERS.size()).repeat(1 + (i - 1) / OTHERS.size());
      int tokens = Math.max(1, first.getMaxTokens() / 2 + 3 * i % 17);
      requests.add(first.toBuilder().setText(prompt).setMaxTokens(tokens).build());
    }
    return requests;
  }

  /** Runs all at once; answers in the order of the requests. */
  static List<Completion> together(Session session, List<GenerateRequest> requests) {
    List<Callable<Completion>> calls = new ArrayList<>();
    for (GenerateRequest request : requests) {
      calls.add(() -> session.complete(request, token -> {}));
    }
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            requests.size(), Thread.ofPlatform().daemon().name("request ", 1).factory())) {
      List<Completion> answers = new ArrayList<>();
      for (Future<Completion> future : threads.invokeAll(calls)) {
        answers.add(future.get());
      }
      return answers;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new CommandException(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  /**
   * Runs each alone and compares.
   *
   * @return what differs, one line each; empty when every answer is the same, bit for bit
   */
  static List<String> differences(
      Session session, List<GenerateRequest> requests, List<Completion> together) {
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      Completion alone = session.complete(requests.get(i), token -> {});
      String difference = difference(alone, together.get(i));
      if (!difference.isEmpty()) {
        differences.add("request " + (i + 1) + " of " + requests.size() + ": " + difference);
      }
    }
    return differences;
  }

  /** What differs first, or nothing. */
  static String difference(Completion alone, Completion together) {
    if (!alone.text().equals(together.text())) {
      return "the text alone is '" + alone.text() + "', together '" + together.text() + "'";
    }
    if (!alone.tokens().equals(together.tokens())) {
      return "the text is the same, but not the tokens, their experts or log-probabilities";
    }
    String hash = alone.done().getLogitsSha256();
    String other = together.done().getLogitsSha256();
    return hash.equals(other) ? "" : "logits_sha256 alone is " + hash + ", together " + other;
  }
}
