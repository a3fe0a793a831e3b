package dev.switchboard.router.testing;

import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc.InferenceBlockingStub;
import dev.switchboard.proto.v1.Sampling;
import dev.switchboard.proto.v1.TokenIds;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Requests of token ids. */
public final class Asks {
  private Asks() {}

  /** Some tokens. */
  public static List<Integer> ids(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    return Stream.generate(() -> random.nextInt(5, 250)).limit(count).toList();
  }

  /** Drawn, not greedy: the seed has to travel too. */
  public static GenerateRequest.Builder ask(List<Integer> prompt, int newTokens) {
    return GenerateRequest.newBuilder()
        .setTokenIds(TokenIds.newBuilder().addAllIds(prompt))
        .setMaxTokens(newTokens)
        .setIgnoreEos(true)
        .setChosenLogprob(true)
        .setSampling(Sampling.newBuilder().setTemperature(1).setSeed(77));
  }

  @SafeVarargs
  public static List<Integer> joined(List<Integer>... parts) {
    List<Integer> all = new ArrayList<>();
    Arrays.stream(parts).forEach(all::addAll);
    return all;
  }

  /** A caller with that key; none if it is empty. */
  public static InferenceBlockingStub as(TestRouter router, String key) {
    Metadata headers = new Metadata();
    if (!key.isEmpty()) {
      headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), key);
    }
    return router.inference().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
