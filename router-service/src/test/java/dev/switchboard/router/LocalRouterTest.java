package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.FinishReason;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRouterTest {
  @TempDir static Path folder;
  private static Model model;
  private static TestRouter router;

  @BeforeAll
  static void start() {
    model = Model.open(TinyModels.seeded(7).topK(2).write(folder));
    router = TestRouter.local(model);
  }

  @AfterAll
  static void stop() {
    router.close();
    model.close();
  }

  @Test
  void generatesTheSameAgainAndSaysWhatItDid() {
    Answer first = router.generate(TestRouter.request("print", 12).build());
    Answer second = router.generate(TestRouter.request("print", 12).build());
    assertThat(first.tokens()).hasSize(12).isEqualTo(second.tokens());
    assertThat(first.done().getLogitsSha256())
        .hasSize(64)
        .isEqualTo(second.done().getLogitsSha256());
    assertThat(first.done().getReason()).isEqualTo(FinishReason.FINISH_REASON_LENGTH);
    assertThat(first.started().getPromptTokens()).isEqualTo(first.done().getPromptTokens());
    assertThat(first.done().getGeneratedTokens()).isEqualTo(12);
    assertThat(first.done().getModelFingerprint()).isEqualTo(model.fingerprint());
    int passes = first.done().getPromptTokens() + 11;
    assertThat(first.done().getCallsList().stream().mapToLong(ExpertCalls::getTokens).sum())
        .isEqualTo(passes * 2L * 2);
    assertThat(first.tokens())
        .allSatisfy(token -> {
          assertThat(token.getExpertsList()).hasSize(2);
          assertThat(token.getExperts(1).getLayer()).isEqualTo(1);
          assertThat(token.getExperts(0).getExpertsList()).hasSize(2).doesNotHaveDuplicates();
        });
  }

  @Test
  void aPromptThatBeginsAlikeIsReadOnce() {
    String shared = "def on(i): return in the print" + "er ".repeat(60);
    try (TestRouter keeps = TestRouter.local(model, "router.prefixChunk", "32")) {
      Answer first = keeps.generate(TestRouter.request(shared + "one", 8).build());
      EngineStatus before = keeps.status().getRouters(0).getEngine();
      assertThat(before.getPrefixTokens()).isZero();
      assertThat(before.getPrefixStates()).isPositive();
      Answer second = keeps.generate(TestRouter.request(shared + "two", 8).build());
      EngineStatus after = keeps.status().getRouters(0).getEngine();
      assertThat(after.getPrefixTokens()).isGreaterThan(first.started().getPromptTokens() - 48);
      assertThat(after.getPrefixStateBytes()).isBetween(1L, after.getPrefixStateBudgetBytes());
      Answer undisturbed = router.generate(TestRouter.request(shared + "two", 8).build());
      assertThat(second.ids()).isEqualTo(undisturbed.ids());
      assertThat(second.done().getLogitsSha256()).isEqualTo(undisturbed.done().getLogitsSha256());
    }
    try (TestRouter none = TestRouter.local(model, "router.prefixBytes", "0")) {
      none.generate(TestRouter.request(shared + "one", 8).build());
      assertThat(none.status().getRouters(0).getEngine().getPrefixStates()).isZero();
    }
  }

  @Test
  void chunksAndCompanyChangeNoBit() {
    String prompt = "def on(i): return in the print" + "er ".repeat(30);
    Answer alone = router.generate(TestRouter.request(prompt, 8).build());
    List<CompletableFuture<Answer>> together = new ArrayList<>();
    for (int chunk : new int[] {1, 3, 7, 64}) {
      together.add(
          CompletableFuture.supplyAsync(() ->
              router.generate(TestRouter.request(prompt, 8).setPromptChunkTokens(chunk).build())));
      together.add(
          CompletableFuture.supplyAsync(
              () -> router.generate(TestRouter.request("other " + chunk, 20).build())));
    }
    for (int i = 0; i < together.size(); i += 2) {
      Answer answer = together.get(i).join();
      assertThat(answer.done().getLogitsSha256()).isEqualTo(alone.done().getLogitsSha256());
      assertThat(answer.tokens()).isEqualTo(alone.tokens());
    }
    together.forEach(CompletableFuture::join);
  }

  @Test
  void endsBeforeAStopStringAndHoldsItsBeginningBack() {
    Answer whole = router.generate(TestRouter.request("print", 20).build());
    String text = whole.text();
    String stop = text.substring(6, 9);
    Answer stopped = router.generate(TestRouter.request("print", 20).addStop(stop).build());
    assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    assertThat(stopped.done().getReason()).isEqualTo(FinishReason.FINISH_REASON_STOP_STRING);
    assertThat(stopped.ids()).isEqualTo(whole.ids().subList(0, stopped.ids().size()));
  }

  @Test
  void endsAtAnEndTokenWithoutItsText() {
    Answer whole = router.generate(TestRouter.request("print", 20).build());
    int end = whole.ids().get(5);
    Answer ended = router.generate(TestRouter.request("print", 20).addEndTokenIds(end).build());
    int length = whole.ids().indexOf(end) + 1;
    assertThat(ended.ids()).isEqualTo(whole.ids().subList(0, length));
    assertThat(ended.done().getReason()).isEqualTo(FinishReason.FINISH_REASON_END_TOKEN);
    assertThat(ended.tokens().get(length - 1).getText()).isEmpty();
    assertThat(ended.done().getGeneratedTokens()).isEqualTo(length);
  }

  @Test
  void theSeedIsEchoedAndRepeatsTheAnswer() {
    var sampled = TestRouter.request("print", 16);
    sampled.getSamplingBuilder().setTemperature(1.5f);
    Answer drawn = router.generate(sampled.build());
    assertThat(drawn.started().getSeed()).isEqualTo(drawn.done().getSeed());
    sampled.getSamplingBuilder().setSeed(drawn.done().getSeed());
    assertThat(router.generate(sampled.build()).tokens()).isEqualTo(drawn.tokens());
    sampled.getSamplingBuilder().setSeed(drawn.done().getSeed() + 1);
    assertThat(router.generate(sampled.build()).ids()).isNotEqualTo(drawn.ids());
  }

  @Test
  void logProbabilitiesAreOfTheChosenAndTheBest() {
    Answer answer = router.generate(TestRouter.request("print", 4).setLogprobs(3).build());
    assertThat(answer.tokens())
        .allSatisfy(token -> {
          assertThat(token.getTopList()).hasSize(3);
          assertThat(token.getTop(0).getId()).as("greedy").isEqualTo(token.getId());
          assertThat(token.getLogprob()).isEqualTo(token.getTop(0).getLogprob()).isNegative();
          assertThat(token.getTop(1).getLogprob()).isLessThanOrEqualTo(token.getLogprob());
        });
    Answer chosen = router.generate(TestRouter.request("print", 4).setChosenLogprob(true).build());
    assertThat(chosen.tokens().get(0).getLogprob()).isEqualTo(answer.tokens().get(0).getLogprob());
    assertThat(chosen.tokens().get(0).getTopList()).isEmpty();
  }

  @Test
  void anEmptyPromptBeginsADocument() {
    Answer answer = router.generate(TestRouter.request("", 3).build());
    assertThat(answer.started().getPromptTokens()).isEqualTo(1);
    assertThat(answer.tokens()).hasSize(3);
  }

  @Test
  void routesAPromptAsGenerationWould() {
    String text = "print(on)";
    RouteReply reply =
        router.inference().route(RouteRequest.newBuilder().setText(text).setPerToken(true).build());
    assertThat(reply.getRoutedList()).hasSize(reply.getTokens());
    Map<Integer, Long> votes =
        reply.getRoutedList().stream()
            .flatMap(token -> token.getExpertsList().stream())
            .collect(Collectors.groupingBy(choice -> choice.getExperts(0), Collectors.counting()));
    long most = votes.values().stream().mapToLong(v -> v).max().orElseThrow();
    assertThat(votes.get(reply.getExpert())).isEqualTo(most);
    assertThat(reply.getExpertName()).isEqualTo(model.expertName(reply.getExpert()));
    Answer generated = router.generate(TestRouter.request(text, 1).build());
    List<LayerChoice> last = reply.getRouted(reply.getTokens() - 1).getExpertsList();
    assertThat(last)
        .as("the pass of the last prompt token makes the first token")
        .extracting(LayerChoice::getExpertsList)
        .isEqualTo(
            generated.tokens().get(0).getExpertsList().stream()
                .map(LayerChoice::getExpertsList)
                .toList());
    assertThat(last)
        .allSatisfy(choice ->
            assertThat(choice.getWeights(0) + choice.getWeights(1)).isCloseTo(1f, within(1e-6f)));
    assertThat(reply.getCallsList()).isEqualTo(generated.done().getCallsList());
  }

  @Test
  void statusAddsUpExactly() {
    ClusterStatus before = router.status();
    Answer answer = router.generate(TestRouter.request("print", 5).build());
    ClusterStatus after = router.status();
    long passes = answer.done().getPromptTokens() + 4;
    assertThat(after.getTokensRouted() - before.getTokensRouted()).isEqualTo(passes);
    Map<Integer, Long> byLayer =
        after.getExpertsList().stream()
            .collect(
                Collectors.groupingBy(
                    ExpertLoad::getLayer, Collectors.summingLong(ExpertLoad::getTokens)));
    assertThat(byLayer).hasSize(2);
    assertThat(byLayer.values()).containsOnly(after.getTokensRouted() * after.getTopK());
    assertThat(after.getComplete()).isTrue();
    assertThat((double) after.getExpertMultiplyAdds() / after.getAllExpertsMultiplyAdds())
        .isEqualTo(2.0 / 4);
    assertThat(after.getRoutersList()).hasSize(1);
    assertThat(after.getRouters(0).getTokensRouted()).isEqualTo(after.getTokensRouted());
    assertThat(after.getRouters(0).getLeader()).isTrue();
  }
}
