package dev.switchboard.client.chaos;

import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What a client asks for, turn by turn; the same script has the same answers whenever it is played.
 *
 * @param turns of one session, without its name
 */
record Script(List<GenerateRequest> turns) {
  private static final int LEAST_TOKENS = 32;
  private static final int MOST_TOKENS = 128;
  private static final int MOST_TURNS = 3;

  private static final List<String> BEGINNINGS =
      List.of(
          "def fibonacci(n):\n    if n < 2:\n        return n\n",
          "public static void main(String[] args) {\n",
          "Once upon a time there was a king who had three daughters",
          "{\"name\": \"switchboard\", \"version\": ",
          "\\section{Introduction}\nLet $x$ be a real number such that",
          "function add(a, b) {\n  return ",
          "It was the best of times, it was the worst of times",
          "import numpy as np\n\nclass Layer:\n",
          "\u541b\u304c\u4ee3\u306f",
          "\u5b50\u66f0\uff1a");

  Script {
    turns = List.copyOf(turns);
  }

  /** As many scripts, about half of their requests greedy and half drawn. */
  static List<Script> some(int count, long seed) {
    Random random = new Random(seed);
    List<Script> scripts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int turns = 1 + random.nextInt(MOST_TURNS);
      List<GenerateRequest> requests = new ArrayList<>();
      for (int turn = 0; turn < turns; turn++) {
        requests.add(request(random, random.nextBoolean()));
      }
      scripts.add(new Script(requests));
    }
    return scripts;
  }

  private static GenerateRequest request(Random random, boolean greedy) {
    Sampling.Builder sampling = Sampling.newBuilder().setTemperature(0);
    if (!greedy) {
      sampling.setTemperature(0.9f).setTopP(0.95f).setSeed(random.nextInt(1 << 30));
    }
    StringBuilder prompt = new StringBuilder();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      prompt.append(BEGINNINGS.get(random.nextInt(BEGINNINGS.size())));
    }
    return GenerateRequest.newBuilder()
        .setText(prompt.toString())
        .setSampling(sampling)
        .setMaxTokens(LEAST_TOKENS + random.nextInt(MOST_TOKENS - LEAST_TOKENS + 1))
        .setIgnoreEos(true)
        .build();
  }

  /** One turn as it is sent. */
  GenerateRequest turn(int index, String sessionName) {
    return turns.get(index).toBuilder().setSessionId(sessionName).setSessionTurn(index + 1).build();
  }
}
