package dev.switchboard.router;

import static dev.switchboard.router.testing.Asks.as;
import static dev.switchboard.router.testing.Asks.ask;
import static dev.switchboard.router.testing.Asks.ids;
import static dev.switchboard.router.testing.Asks.joined;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ForgetSessionRequest;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import dev.switchboard.proto.v1.SessionPlace;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations over two routers of one grid: the same tokens as in one request on one router. */
class SessionsTest {
  private static final Path GOLDEN = Path.of("../model/src/test/resources/golden/hf");
  private static final String KEY = "00112233445566778899aabbccddeeff".repeat(2);
  private static final String[] SETTINGS = {
    "grid.stateKey", KEY, "router.sessionSnapshotTokens", "16"
  };

  @TempDir static Path folder;
  private static Model model;
  private static FakeGrid grid;
  private static TestRouter first;
  private static TestRouter second;

  @BeforeAll
  static void start() {
    model = Model.open(TinyModels.seeded(5).mambaExperts().write(folder));
    grid = new FakeGrid();
    first = TestRouter.local(model, grid, SETTINGS);
    second = TestRouter.local(model, grid, SETTINGS);
  }

  @AfterAll
  static void stop() {
    first.close();
    second.close();
    model.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "granitemoehybrid", "mamba2", "jamba"})
  void turnsOnDifferentRoutersAreOneText(String family) {
    List<Integer> one = ids(1, 40);
    List<Integer> two = ids(2, 9);
    FakeGrid own = new FakeGrid();
    try (Model golden = Model.open(GOLDEN.resolve(family))) {
      Answer told;
      // A snapshot is written behind the last word: closed, the router has written it.
      try (TestRouter a = TestRouter.local(golden, own, SETTINGS)) {
        told = a.generate(ask(one, 11).setSessionId("s").build());
      }
      try (TestRouter b = TestRouter.local(golden, own, SETTINGS);
          TestRouter c = TestRouter.local(golden, own, SETTINGS)) {
        Answer more = b.generate(ask(two, 11).setSessionId("s").build());
        Answer whole = c.generate(ask(joined(one, told.ids(), two), 11).build());
        same(more.tokens(), whole.tokens());
        SessionPlace place = more.started().getSession();
        assertThat(place.getTurn()).isEqualTo(2);
        assertThat(place.getTokens()).isEqualTo(51);
        assertThat(place.getStateTokens()).as("all but the last token").isEqualTo(50);
        assertThat(more.done().getSessionNote()).isEmpty();
        Answer again = c.generate(ask(two, 11).setSessionId("s").setSessionTurn(2).build());
        assertThat(again.ids()).isEqualTo(more.ids());
      }
    }
  }

  private static void same(List<GeneratedToken> tokens, List<GeneratedToken> expected) {
    assertThat(tokens).isEqualTo(expected);
  }

  /** Takes so many tokens and goes away. */
  private static List<GeneratedToken> leaveAfter(
      TestRouter router, GenerateRequest request, int count) {
    List<GeneratedToken> tokens = new ArrayList<>();
    Context.CancellableContext call = Context.current().withCancellation();
    call.run(() -> {
      Iterator<GenerateEvent> events = router.inference().generate(request);
      while (tokens.size() < count && events.hasNext()) {
        GenerateEvent event = events.next();
        if (event.hasToken()) {
          tokens.add(event.getToken());
        }
      }
    });
    call.cancel(null);
    return tokens;
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "20, 20", "37, 30", "50, 0"})
  void aTurnThatWasCutGoesOnElsewhereWithoutLossOrDouble(int read, int received) {
    String session = "cut-" + read;
    GenerateRequest.Builder request = ask(ids(3, 70), 60).setSessionId(session);
    List<GeneratedToken> whole = first.generate(ask(ids(3, 70), 60).build()).tokens();
    List<GeneratedToken> begin = leaveAfter(first, request.build(), read).subList(0, received);
    Answer rest = second.generate(request.setSessionTurn(1).setReceivedTokens(received).build());
    List<GeneratedToken> all = new ArrayList<>(begin);
    all.addAll(rest.tokens());
    assertThat(all.stream().map(GeneratedToken::getId))
        .isEqualTo(whole.stream().map(GeneratedToken::getId).toList());
    assertThat(text(all)).isEqualTo(text(whole));
    assertThat(rest.done().getGeneratedTokens()).isEqualTo(60);
  }

  private static String text(List<GeneratedToken> tokens) {
    StringBuilder text = new StringBuilder();
    tokens.forEach(token -> text.append(token.getText()));
    return text.toString();
  }

  @Test
  void aTurnWithoutItsPromptGoesOnByWhatIsKept() {
    GenerateRequest.Builder request = ask(ids(4, 30), 40).setSessionId("no-prompt");
    List<Integer> whole = first.generate(ask(ids(4, 30), 40).build()).ids();
    leaveAfter(first, request.build(), 10);
    Answer rest = second.generate(request.clearTokenIds().setReceivedTokens(10).build());
    assertThat(rest.ids()).isEqualTo(whole.subList(10, 40));
  }

  @Test
  void aTurnReportsHowMuchIsReadLikeAnyRequest() {
    GenerateRequest turn = ask(ids(24, 90), 3).setSessionId("progress").setProgress(true).build();
    List<Long> read = new ArrayList<>();
    first
        .inference()
        .generate(turn)
        .forEachRemaining(event -> {
          if (event.hasProgress()) {
            read.add(event.getProgress().getPromptTokensRead());
          }
        });
    assertThat(read).isNotEmpty().endsWith(90L);
  }

  @Test
  void aTurnThatIsSentTwiceIsReadOnce() {
    GenerateRequest request = ask(ids(6, 20), 200).setSessionId("twice").setSessionTurn(1).build();
    Iterator<GenerateEvent> one = first.inference().generate(request);
    one.next();
    Answer other = second.generate(request);
    assertThat(other.ids()).isEqualTo(first.generate(ask(ids(6, 20), 200).build()).ids());
    // Whether it had ended by then or not: what follows is read behind one answer.
    try {
      one.forEachRemaining(event -> {});
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.ABORTED);
      assertThat(e).hasMessageContaining("taken by another request");
    }
    Answer next = first.generate(ask(ids(7, 5), 5).setSessionId("twice").build());
    assertThat(next.started().getSession().getTokens()).isEqualTo(220);
    assertThat(next.ids())
        .isEqualTo(
            first.generate(ask(joined(ids(6, 20), other.ids(), ids(7, 5)), 5).build()).ids());
  }

  @Test
  void anotherPromptTakesThePlaceOfATurnThatWasNeverCompleted() {
    Answer begin = first.generate(ask(ids(8, 20), 8).setSessionId("instead").build());
    leaveAfter(first, ask(ids(9, 30), 4000).setSessionId("instead").build(), 20);
    Answer other =
        second.generate(ask(ids(10, 7), 9).setSessionId("instead").setSessionTurn(2).build());
    assertThat(other.ids())
        .isEqualTo(
            first.generate(ask(joined(ids(8, 20), begin.ids(), ids(10, 7)), 9).build()).ids());
  }

  private static StatusRuntimeException refused(TestRouter router, GenerateRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> router.generate(request));
  }

  private static void refused(GenerateRequest.Builder request, Status.Code code, String message) {
    StatusRuntimeException error = refused(second, request.build());
    assertThat(error.getStatus().getCode()).isEqualTo(code);
    assertThat(error).hasMessageContaining(message);
  }

  @Test
  void whatDoesNotFitASessionIsRefusedByName() {
    first.generate(ask(ids(11, 12), 6).setSessionId("x").build());
    Status.Code precondition = Status.Code.FAILED_PRECONDITION;
    refused(ask(ids(1, 3), 3).setSessionId("x").setSessionTurn(3), precondition, "at turn 1");
    refused(ask(ids(1, 3), 6).setSessionId("x").setSessionTurn(1), precondition, "another prompt");
    refused(
        ask(ids(11, 12), 5).setSessionId("x").setSessionTurn(1), precondition, "other parameters");
    refused(
        ask(ids(11, 12), 6).setSessionId("x").setSessionTurn(1).setReceivedTokens(7),
        precondition,
        "7 cannot have been received");
    refused(ask(ids(1, 3), 3).setSessionId("y").setSessionTurn(2), Status.Code.NOT_FOUND, "\"y\"");
    refused(
        ask(ids(1, 3), 3).setSessionId("y").setReceivedTokens(1),
        Status.Code.NOT_FOUND,
        "not known");
    Status.Code invalid = Status.Code.INVALID_ARGUMENT;
    refused(ask(ids(1, 3), 3).setSessionId("a\nb"), invalid, "session_id");
    refused(ask(ids(1, 3), 3).setSessionId("a".repeat(129)), invalid, "at most 128");
    refused(ask(ids(1, 3), 3).setSessionId("x").setPromptLogits(true), invalid, "prompt_logits");
    Answer next = second.generate(ask(ids(12, 4), 5).setSessionId("x").build());
    assertThat(next.started().getSession().getTurn()).as("nothing has changed").isEqualTo(2);
  }

  @Test
  void aSessionOfAnotherKeyIsRefusedAndForgottenByItsOwnAlone() {
    GenerateRequest request = ask(ids(13, 9), 4).setSessionId("mine").build();
    assertThat(as(second, "Bearer alice").generate(request).hasNext()).isTrue();
    GenerateRequest next = ask(ids(14, 3), 4).setSessionId("mine").build();
    for (String other : List.of("Bearer bob", "")) {
      StatusRuntimeException error =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> as(second, other).generate(next).forEachRemaining(e -> {}));
      assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(error).hasMessageContaining("belongs to another key");
      assertThat(
              catchThrowableOfType(
                      StatusRuntimeException.class,
                      () -> as(second, other).forgetSession(forget("mine")))
                  .getStatus()
                  .getCode())
          .isEqualTo(Status.Code.PERMISSION_DENIED);
    }
    assertThat(as(second, "Bearer alice").forgetSession(forget("mine")).getFound()).isTrue();
    assertThat(as(second, "Bearer alice").forgetSession(forget("mine")).getFound()).isFalse();
  }

  private static ForgetSessionRequest forget(String session) {
    return ForgetSessionRequest.newBuilder().setSessionId(session).build();
  }

  @Test
  void aSnapshotOverTheLimitIsNotKeptAndSaidSo() {
    FakeGrid own = new FakeGrid();
    try (TestRouter a =
            TestRouter.local(model, own, "grid.stateKey", KEY, "grid.snapshotBytes", "1KiB");
        TestRouter b =
            TestRouter.local(model, own, "grid.stateKey", KEY, "grid.snapshotBytes", "1KiB")) {
      Answer told = a.generate(ask(ids(15, 30), 6).setSessionId("s").build());
      assertThat(told.done().getSessionNote())
          .contains("no snapshot is kept (grid.snapshotBytes)")
          .contains("the limit is 1024");
      Answer more = b.generate(ask(ids(16, 5), 6).setSessionId("s").build());
      assertThat(more.started().getSession().getStateTokens()).isZero();
      assertThat(more.ids())
          .isEqualTo(a.generate(ask(joined(ids(15, 30), told.ids(), ids(16, 5)), 6).build()).ids());
      StatusRuntimeException error = refused(a, ask(ids(17, 300), 6).setSessionId("long").build());
      assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(error).hasMessageContaining("(300 tokens) takes 1200 bytes; at most 1024");
    }
  }

  @Test
  void aSessionThatGrowsOverTheLimitOfLengthIsRefusedBeforeWorkBegins() {
    FakeGrid own = new FakeGrid();
    try (TestRouter a =
        TestRouter.local(model, own, "grid.stateKey", KEY, "router.maxPromptTokens", "50")) {
      a.generate(ask(ids(18, 30), 6).setSessionId("s").build());
      StatusRuntimeException error = refused(a, ask(ids(19, 15), 6).setSessionId("s").build());
      assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(error)
          .hasMessageContaining("the session has 36 tokens and the prompt 15 more, at most 50");
      assertThat(a.generate(ask(ids(19, 14), 6).setSessionId("s").build()).ids()).hasSize(6);
    }
  }

  @Test
  void withoutAKeyOrWithAnotherModelOrKeyNothingIsGuessed() {
    FakeGrid own = new FakeGrid();
    Path other = folder.resolveSibling("other-model");
    try (TestRouter a = TestRouter.local(model, own, "grid.stateKey", KEY);
        TestRouter keyless = TestRouter.local(model, own);
        TestRouter stranger = TestRouter.local(model, own, "grid.stateKey", "ab".repeat(32));
        Model otherModel = Model.open(TinyModels.seeded(6).mambaExperts().write(other));
        TestRouter b = TestRouter.local(otherModel, own, "grid.stateKey", KEY)) {
      a.generate(ask(ids(20, 10), 4).setSessionId("s").build());
      GenerateRequest next = ask(ids(21, 3), 4).setSessionId("s").build();
      assertThat(refused(keyless, next)).hasMessageContaining("grid.stateKey is not set");
      assertThat(refused(b, next))
          .hasMessageContaining("was computed with")
          .hasMessageContaining(model.fingerprint());
      Answer fresh = stranger.generate(next);
      assertThat(fresh.started().getSession().getTurn()).as("it sees nothing").isEqualTo(1);
    }
  }

  @Test
  void aRouterOfItsOwnKeepsSessionsInItsMemory() {
    try (TestRouter solo = TestRouter.local(model)) {
      Answer told = solo.generate(ask(ids(22, 10), 4).setSessionId("s").build());
      Answer more = solo.generate(ask(ids(23, 3), 4).setSessionId("s").build());
      assertThat(more.ids())
          .isEqualTo(
              solo.generate(ask(joined(ids(22, 10), told.ids(), ids(23, 3)), 4).build()).ids());
    }
  }

  @Test
  void aTurnRightBehindAnotherFindsItsStateOrReadsItAgain() {
    try (TestRouter solo = TestRouter.local(model)) {
      AtomicInteger sessions = new AtomicInteger();
      // The snapshot is written behind the last word: most turns find it, none has to.
      Awaitility.await()
          .pollInterval(Duration.ofMillis(1))
          .untilAsserted(() -> {
            String session = "s" + sessions.incrementAndGet();
            solo.generate(ask(ids(24, 10), 4).setSessionId(session).build());
            Answer more = solo.generate(ask(ids(25, 3), 4).setSessionId(session).build());
            assertThat(more.started().getSession().getTokens()).isEqualTo(14);
            assertThat(more.started().getSession().getStateTokens()).isEqualTo(13);
          });
    }
  }
}
