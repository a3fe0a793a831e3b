package dev.switchboard.benchmarks;

import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.TokenIds;
import java.util.SplittableRandom;

/**
 * What clients ask for: prompts of drawn tokens, as long as drawn lengths, mostly short and now and
 * then long (evenly over the logarithm). The n-th request of a client is the same in every run.
 *
 * @param prompt tokens
 * @param generate tokens to generate
 * @param shared tokens that all prompts begin with
 */
record ServeLoad(Range prompt, Range generate, int shared, int vocabulary, long seed) {
  private static final long CLIENT_STRIDE = 1_000_003;
  private static final int FIRST_ID = 3;

  /** Least and most. */
  record Range(int least, int most) {
    static Range parse(String option, String text) {
      String[] parts = text.split(":", -1);
      try {
        int least = Integer.parseInt(parts[0]);
        int most = Integer.parseInt(parts[parts.length - 1]);
        if (parts.length <= 2 && least >= 1 && most >= least) {
          return new Range(least, most);
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new UsageException(option + " " + text + ": expected N or LEAST:MOST, from 1");
    }

    int draw(SplittableRandom random) {
      double log = Math.log(least) + random.nextDouble() * (Math.log(most + 1.0) - Math.log(least));
      return Math.clamp((int) Math.exp(log), least, most);
    }
  }

  GenerateRequest request(int client, int index) {
    SplittableRandom random = new SplittableRandom(seed + CLIENT_STRIDE * client + index);
    int tokens = prompt.draw(random);
    TokenIds.Builder ids = TokenIds.newBuilder();
    SplittableRandom common = new SplittableRandom(seed);
    for (int i = 0; i < shared; i++) {
      ids.addIds(id(common));
    }
    for (int i = 0; i < tokens; i++) {
      ids.addIds(id(random));
    }
    return GenerateRequest.newBuilder()
        .setTokenIds(ids)
        .setMaxTokens(generate.draw(random))
        .setIgnoreEos(true)
        .build();
  }

  private int id(SplittableRandom random) {
    return random.nextInt(Math.min(FIRST_ID, vocabulary - 1), vocabulary);
  }
}
