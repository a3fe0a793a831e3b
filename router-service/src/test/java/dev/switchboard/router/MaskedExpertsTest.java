package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.settings.SettingsException;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ExpertCalls;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.ListExpertsRequest;
import dev.switchboard.proto.v1.RouteRequest;
import dev.switchboard.proto.v1.SetExpertRequest;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experts that a request, a key, or nobody may wake: never called, and nobody else's bits move. */
class MaskedExpertsTest {
  private static final String TEXT = "def on(i): return in the print";

  @TempDir static Path folder;
  private static Model model;
  private static TestRouter router;

  @BeforeAll
  static void start() {
    model = Model.open(TinyModels.seeded(7).topK(2).write(folder.resolve("model")));
    router = TestRouter.local(model, "router.prefixChunk", "32");
  }

  @AfterAll
  static void stop() {
    router.close();
    model.close();
  }

  private static GenerateRequest.Builder without(int... experts) {
    GenerateRequest.Builder request = TestRouter.request(TEXT, 12);
    for (int expert : experts) {
      request.addWithoutExperts(Integer.toString(expert));
    }
    return request;
  }

  private static List<Integer> woken(Answer answer) {
    return answer.done().getCallsList().stream()
        .filter(call -> call.getTokens() > 0)
        .map(ExpertCalls::getExpert)
        .distinct()
        .sorted()
        .toList();
  }

  private static ClusterGrpc.ClusterBlockingStub cluster(TestRouter of) {
    return ClusterGrpc.newBlockingStub(of.channel());
  }

  @Test
  void whatARequestDoesWithoutIsNeverCalledAndOthersKeepTheirBits() {
    String alone = router.generate(without().build()).done().getLogitsSha256();
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      GenerateRequest request = (i % 2 == 0 ? without() : without(i % 3)).build();
      answers.add(CompletableFuture.supplyAsync(() -> router.generate(request)));
    }
    for (int i = 0; i < 6; i++) {
      Answer answer = answers.get(i).join();
      if (i % 2 == 0) {
        assertThat(answer.done().getLogitsSha256()).isEqualTo(alone);
      } else {
        assertThat(woken(answer)).doesNotContain(i % 3).isNotEmpty();
      }
    }
  }

  @Test
  void aMaskIsPartOfTheNameOfWhatIsKept() {
    String longer = TEXT + "er ".repeat(60);
    GenerateRequest whole = without().setText(longer).build();
    GenerateRequest less = without(0).setText(longer).build();
    try (TestRouter fresh = TestRouter.local(model, "router.prefixChunk", "32")) {
      String expected = fresh.generate(less).done().getLogitsSha256();
      String usual = router.generate(whole).done().getLogitsSha256();
      assertThat(router.generate(less).done().getLogitsSha256()).isEqualTo(expected);
      assertThat(router.generate(less).done().getLogitsSha256()).isEqualTo(expected);
      assertThat(router.generate(whole).done().getLogitsSha256()).isEqualTo(usual);
    }
  }

  @Test
  void aRouteMayDoWithoutAsWell() {
    var reply =
        router
            .inference()
            .route(RouteRequest.newBuilder().setText(TEXT).addWithoutExperts("1").build());
    assertThat(reply.getCallsList()).filteredOn(call -> call.getTokens() > 0).isNotEmpty();
    assertThat(reply.getCallsList())
        .filteredOn(call -> call.getTokens() > 0)
        .noneMatch(call -> call.getExpert() == 1);
  }

  @Test
  void tooFewAndUnknownOnesAreRefused() {
    int experts = model.experts(model.moeLayers().getFirst());
    int[] most = new int[experts - 1];
    for (int i = 0; i < most.length; i++) {
      most[i] = i;
    }
    assertThatThrownBy(() -> router.generate(without(most).build()))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("1 of " + experts + " are left, and each token wakes 2")
        .hasMessageContaining("the request does without");
    assertThatThrownBy(() -> router.generate(without().addWithoutExperts("rust").build()))
        .hasMessageContaining("there is no expert rust; there are");
    assertThatThrownBy(() -> router.generate(without(experts).build()))
        .hasMessageContaining("there is no expert " + experts);
  }

  @Test
  void aDisabledExpertIsWokenByNobodyUntilItIsEnabled() {
    try (TestRouter other = TestRouter.local(model)) {
      String before = other.generate(without().build()).done().getLogitsSha256();
      int busiest = woken(other.generate(without().build())).getFirst();
      List<ExpertEntry> listed = set(other, busiest, true);
      assertThat(listed).filteredOn(ExpertEntry::getDisabled).hasSize(1);
      assertThat(listed.get(busiest).getDisabled()).isTrue();
      assertThat(woken(other.generate(without().build()))).doesNotContain(busiest);
      assertThat(listed.size()).isGreaterThan(3);
      for (int expert = 0; expert < listed.size(); expert++) {
        if (expert != busiest && expert < listed.size() - 2 && left(other) > 2) {
          set(other, expert, true);
        }
      }
      int next = firstEnabled(other);
      assertThatThrownBy(() -> set(other, next, true))
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("are left");
      for (int expert = 0; expert < listed.size(); expert++) {
        set(other, expert, false);
      }
      assertThat(other.generate(without().build()).done().getLogitsSha256()).isEqualTo(before);
    }
  }

  private static List<ExpertEntry> set(TestRouter of, int expert, boolean disabled) {
    return cluster(of)
        .setExpert(
            SetExpertRequest.newBuilder()
                .setExpert(Integer.toString(expert))
                .setDisabled(disabled)
                .build())
        .getExpertsList();
  }

  private static List<ExpertEntry> listed(TestRouter of) {
    return cluster(of).listExperts(ListExpertsRequest.getDefaultInstance()).getExpertsList();
  }

  private static long left(TestRouter of) {
    return listed(of).stream().filter(entry -> !entry.getDisabled()).count();
  }

  private static int firstEnabled(TestRouter of) {
    return listed(of).stream()
        .filter(entry -> !entry.getDisabled())
        .findFirst()
        .orElseThrow()
        .getIndex();
  }

  @Test
  void whatAKeyMayNotWakeIsNeverCalledForIt() throws Exception {
    Path keys = keys("tenant", "alpha", "[0]", "boss", "beta", "[]");
    try (TestRouter guarded = TestRouter.local(model, "router.keys", keys.toString())) {
      GenerateRequest request = without().build();
      assertThatThrownBy(() -> guarded.generate(request)).hasMessageContaining("UNAUTHENTICATED");
      assertThatThrownBy(() -> generate(guarded, "gamma", request))
          .hasMessageContaining("this key is not known");
      assertThat(generate(guarded, "alpha", request)).doesNotContain(0).isNotEmpty();
      assertThat(guarded.status().getExpertsList())
          .filteredOn(expert -> expert.getExpert() == 0)
          .isNotEmpty()
          .allMatch(expert -> expert.getTokens() == 0);
      assertThat(generate(guarded, "beta", request)).contains(0);
      assertThat(generate(guarded, "alpha", without(2).build())).doesNotContain(0, 2);
      assertThatThrownBy(() ->
              cluster(guarded)
                  .withInterceptors(bearer("alpha"))
                  .setExpert(SetExpertRequest.newBuilder().setExpert("3").build()))
          .hasMessageContaining("key tenant may not change experts");
    }
  }

  @Test
  void aFileOfKeysThatMakesNoSenseEndsTheStart() throws Exception {
    Path unknown = keys("tenant", "alpha", "[rust]");
    assertThatThrownBy(() -> TestRouter.local(model, "router.keys", unknown.toString()))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("tenant is to do without the expert rust");
  }

  private static Path keys(String... triples) throws Exception {
    StringBuilder text = new StringBuilder("keys:\n");
    for (int i = 0; i < triples.length; i += 3) {
      byte[] key = triples[i + 1].getBytes(StandardCharsets.UTF_8);
      String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key));
      text.append(
          "  - {name: %s, sha256: %s, without: %s}%n"
              .formatted(triples[i], digest, triples[i + 2]));
    }
    return write(text.toString());
  }

  private static Path write(String text) throws IOException {
    Path file = Files.createTempFile(folder, "keys", ".yaml");
    return Files.writeString(file, text);
  }

  private static ClientInterceptor bearer(String key) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** Experts that were woken. */
  private static List<Integer> generate(TestRouter of, String key, GenerateRequest request) {
    List<Integer> woken = new ArrayList<>();
    InferenceGrpc.newBlockingStub(of.channel())
        .withInterceptors(bearer(key))
        .generate(request)
        .forEachRemaining(event -> {
          if (event.hasDone()) {
            woken.addAll(
                event.getDone().getCallsList().stream()
                    .filter(call -> call.getTokens() > 0)
                    .map(ExpertCalls::getExpert)
                    .collect(Collectors.toSet()));
          }
        });
    return woken;
  }

  @Test
  void whatWasDisabledStaysSoWhenTheRouterStartsAgain() {
    String gates = folder.resolve("gates").toString();
    try (TestRouter first = TestRouter.local(model, "router.gates", gates)) {
      cluster(first)
          .setExpert(SetExpertRequest.newBuilder().setExpert("2").setDisabled(true).build());
    }
    try (TestRouter second = TestRouter.local(model, "router.gates", gates)) {
      assertThat(woken(second.generate(without().build()))).isNotEmpty().doesNotContain(2);
      cluster(second).setExpert(SetExpertRequest.newBuilder().setExpert("2").build());
    }
    try (TestRouter third = TestRouter.local(model, "router.gates", gates)) {
      assertThat(
              cluster(third).listExperts(ListExpertsRequest.getDefaultInstance()).getExpertsList())
          .noneMatch(ExpertEntry::getDisabled);
    }
  }
}
