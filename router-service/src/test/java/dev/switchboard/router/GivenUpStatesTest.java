package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.TokenIds;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * States that are given up and computed again: the same tokens, the same logits to the last bit.
 */
class GivenUpStatesTest {
  private static final Path GOLDEN = Path.of("../model/src/test/resources/golden/hf");
  private static final Metadata.Key<String> CLIENT =
      Metadata.Key.of("x-switchboard-client", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir Path folder;

  private static GenerateRequest request(long seed, int promptTokens, int newTokens) {
    SplittableRandom random = new SplittableRandom(seed);
    TokenIds.Builder ids = TokenIds.newBuilder();
    for (int i = 0; i < promptTokens; i++) {
      ids.addIds(random.nextInt(5, 250));
    }
    return TestRouter.request("", newTokens).setTokenIds(ids).build();
  }

  private static EngineStatus engine(TestRouter router) {
    return router.status().getRouters(0).getEngine();
  }

  private static List<Answer> together(TestRouter router, List<GenerateRequest> requests) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return requests.stream()
          .map(request -> CompletableFuture.supplyAsync(() -> router.generate(request), threads))
          .toList()
          .stream()
          .map(CompletableFuture::join)
          .toList();
    }
  }

  private static void same(List<Answer> answers, List<Answer> expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(answers.get(i).ids()).isEqualTo(expected.get(i).ids());
      assertThat(answers.get(i).done().getLogitsSha256())
          .isEqualTo(expected.get(i).done().getLogitsSha256());
    }
  }

  private static void sameCalls(List<Answer> answers, List<Answer> expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(answers.get(i).done().getCallsList())
          .isEqualTo(expected.get(i).done().getCallsList());
    }
  }

  @ParameterizedTest
  @CsvSource({"mixtral", "granitemoehybrid"})
  void wantOfMemoryDisturbsNobody(String family) {
    List<GenerateRequest> requests = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      requests.add(request(i, 20, 120));
    }
    List<Answer> expected;
    try (Model model = Model.open(GOLDEN.resolve(family));
        TestRouter router = TestRouter.local(model)) {
      expected = requests.stream().map(router::generate).toList();
    }
    try (Model model = Model.open(GOLDEN.resolve(family))) {
      long budget = 8 * model.trunk().kvCache().blockBytes();
      try (TestRouter router =
          TestRouter.local(model, "router.kvCacheBytes", budget + "", "router.promptChunk", "7")) {
        List<Answer> answers = together(router, requests);
        same(answers, expected);
        sameCalls(answers, expected);
        EngineStatus status = engine(router);
        assertThat(status.getPreemptions()).isPositive();
        assertThat(status.getRepeatedTokens()).isPositive();
        assertThat(status.getKvUsedBytes()).isZero();
        assertThat(status.getKvCachedBytes()).isLessThanOrEqualTo(budget);
        assertThat(status.getKvBudgetBytes()).isEqualTo(budget);
      }
    }
  }

  /** Recurrent states, and those of experts that remember, are computed again as well. */
  @Test
  void anotherClientsTurnDisturbsNobody() {
    try (Model model = Model.open(TinyModels.seeded(5).topK(2).write(folder));
        TestRouter router =
            TestRouter.local(model, "router.maxSequences", "2", "router.promptChunk", "5")) {
      List<GenerateRequest> requests =
          List.of(request(1, 30, 1000), request(2, 30, 1000), request(3, 30, 4));
      List<Answer> expected = requests.stream().map(router::generate).toList();
      long before = engine(router).getPreemptions();
      assertThat(before).isZero();
      Iterator<GenerateEvent> first = as("many", router).generate(requests.get(0));
      Iterator<GenerateEvent> second = as("many", router).generate(requests.get(1));
      first.next();
      second.next();
      int tokens = 0;
      Iterator<GenerateEvent> other = as("one", router).generate(requests.get(2));
      while (other.hasNext()) {
        tokens += other.next().hasToken() ? 1 : 0;
      }
      assertThat(tokens).isEqualTo(4);
      for (Iterator<GenerateEvent> events : List.of(first, second)) {
        Answer undisturbed = expected.get(events == first ? 0 : 1);
        List<Integer> ids = new ArrayList<>();
        String digest = "";
        while (events.hasNext()) {
          GenerateEvent event = events.next();
          if (event.hasToken()) {
            ids.add(event.getToken().getId());
          }
          digest = event.getDone().getLogitsSha256();
        }
        assertThat(ids).isEqualTo(undisturbed.ids());
        assertThat(digest).isEqualTo(undisturbed.done().getLogitsSha256());
      }
      assertThat(engine(router).getPreemptions()).isEqualTo(1);
    }
  }

  private static InferenceGrpc.InferenceBlockingStub as(String client, TestRouter router) {
    Metadata metadata = new Metadata();
    metadata.put(CLIENT, client);
    return router.inference().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  @Test
  void promptsThatBeginAlikeAreReadOnce() {
    try (Model model = Model.open(GOLDEN.resolve("mixtral"))) {
      long budget = 12 * model.trunk().kvCache().blockBytes();
      try (TestRouter router = TestRouter.local(model, "router.kvCacheBytes", budget + "")) {
        Answer first = router.generate(request(1, 100, 4));
        assertThat(engine(router).getPrefixTokens()).isZero();
        Answer again = router.generate(request(1, 100, 4));
        assertThat(engine(router).getPrefixTokens()).as("three blocks of 32").isEqualTo(96);
        same(List.of(again), List.of(first));
        for (int i = 2; i < 8; i++) {
          router.generate(request(i, 100, 4));
          assertThat(engine(router).getKvCachedBytes()).isLessThanOrEqualTo(budget);
        }
        assertThat(engine(router).getKvEvictedBlocks()).isPositive();
        long before = engine(router).getPrefixTokens();
        same(List.of(router.generate(request(1, 100, 4))), List.of(first));
        assertThat(engine(router).getPrefixTokens()).as("the oldest went first").isEqualTo(before);
        router.generate(request(7, 100, 4));
        assertThat(engine(router).getPrefixTokens())
            .as("the newest is there")
            .isEqualTo(before + 96);
      }
    }
  }
}
