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
import dev.switchboard.proto.v1.ForkSessionReply;
import dev.switchboard.proto.v1.ForkSessionRequest;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.InferenceGrpc.InferenceBlockingStub;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two conversations made of one: each goes its own way, as if it had been alone. */
class SessionForksTest {
  private static final String[] KEY = {
    "grid.stateKey", "00112233445566778899aabbccddeeff".repeat(2)
  };

  @TempDir static Path folder;
  private static Model model;
  private FakeGrid grid;
  private TestRouter router;

  @BeforeAll
  static void openModel() {
    model = Model.open(TinyModels.seeded(5).mambaExperts().write(folder));
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @BeforeEach
  void start() {
    grid = new FakeGrid();
    router = TestRouter.local(model, grid, KEY);
  }

  @AfterEach
  void stop() {
    router.close();
  }

  private static ForkSessionRequest fork(String from, String to) {
    return ForkSessionRequest.newBuilder().setSessionId(from).setNewSessionId(to).build();
  }

  private static Answer turn(TestRouter where, String session, int seed) {
    return where.generate(ask(ids(seed, 9), 7).setSessionId(session).build());
  }

  @Test
  void bothGoOnFromTheSameStateOnAnyRouter() {
    Answer told = turn(router, "a", 1);
    // A snapshot is written behind the last word: closed, the router has written it.
    router.close();
    router = TestRouter.local(model, grid, KEY);
    ForkSessionReply reply = router.inference().forkSession(fork("a", "b"));
    assertThat(reply.getTurn()).isEqualTo(1);
    assertThat(reply.getTokens()).isEqualTo(16);
    assertThat(reply.getStateTokens()).isEqualTo(15);
    assertThat(reply.getStateBytes()).isPositive();

    Answer one = turn(router, "a", 2);
    try (TestRouter other = TestRouter.local(model, grid, KEY)) {
      Answer two = turn(other, "b", 3);
      assertThat(two.started().getSession().getTurn()).isEqualTo(2);
      assertThat(two.started().getSession().getStateTokens()).isEqualTo(15);
      assertThat(one.tokens()).isEqualTo(whole(told, 2));
      assertThat(two.tokens()).isEqualTo(whole(told, 3));
      assertThat(two.ids()).isNotEqualTo(one.ids());
      Answer again = other.generate(ask(ids(3, 9), 7).setSessionId("b").setSessionTurn(2).build());
      assertThat(again.ids()).isEqualTo(two.ids());
    }
  }

  private List<dev.switchboard.proto.v1.GeneratedToken> whole(Answer told, int seed) {
    return router.generate(ask(joined(ids(1, 9), told.ids(), ids(seed, 9)), 7).build()).tokens();
  }

  @Test
  void aForkOutlivesWhatItWasMadeOf() {
    Answer told = turn(router, "a", 1);
    router.inference().forkSession(fork("a", "b"));
    assertThat(router.inference().forgetSession(forget("a")).getFound()).isTrue();
    assertThat(turn(router, "b", 4).tokens()).isEqualTo(whole(told, 4));
    router.inference().forgetSession(forget("b"));
    router.close();
    assertThat(grid.states().size()).as("nothing is left of either").isZero();
  }

  private static ForgetSessionRequest forget(String session) {
    return ForgetSessionRequest.newBuilder().setSessionId(session).build();
  }

  private static void refused(
      InferenceBlockingStub caller, ForkSessionRequest request, Status.Code code, String message) {
    StatusRuntimeException error =
        catchThrowableOfType(StatusRuntimeException.class, () -> caller.forkSession(request));
    assertThat(error.getStatus().getCode()).isEqualTo(code);
    assertThat(error).hasMessageContaining(message);
  }

  @Test
  void whatCannotBeForkedIsRefusedByNameAndLeavesNothing() {
    InferenceBlockingStub alice = as(router, "Bearer alice");
    alice.generate(ask(ids(1, 9), 7).setSessionId("mine").build()).forEachRemaining(event -> {});
    turn(router, "other", 2);
    Context.CancellableContext call = Context.current().withCancellation();
    call.run(() -> {
      Iterator<GenerateEvent> events =
          router.inference().generate(ask(ids(3, 9), 4000).setSessionId("busy").build());
      events.next();
      refused(
          router.inference(),
          fork("busy", "b"),
          Status.Code.FAILED_PRECONDITION,
          "has not completed turn 1");
    });
    call.cancel(null);
    refused(
        as(router, "Bearer bob"),
        fork("mine", "b"),
        Status.Code.PERMISSION_DENIED,
        "belongs to another key");
    refused(router.inference(), fork("mine", "b"), Status.Code.PERMISSION_DENIED, "another key");
    refused(alice, fork("mine", "other"), Status.Code.ALREADY_EXISTS, "\"other\" already");
    refused(alice, fork("mine", "mine"), Status.Code.ALREADY_EXISTS, "\"mine\" already");
    refused(alice, fork("none", "b"), Status.Code.NOT_FOUND, "\"none\" is not known");
    refused(alice, fork("mine", ""), Status.Code.INVALID_ARGUMENT, "new_session_id is empty");
    refused(alice, fork("", "b"), Status.Code.INVALID_ARGUMENT, "session_id is empty");
    refused(as(router, ""), fork("b", "c"), Status.Code.NOT_FOUND, "\"b\" is not known");
    assertThat(alice.forkSession(fork("mine", "b")).getTokens()).isEqualTo(16);
    refused(alice, fork("mine", "b"), Status.Code.ALREADY_EXISTS, "\"b\" already");
  }

  @Test
  void withoutRoomForTwoTheFirstGoesOnAndNothingIsLeftOfTheSecond() {
    FakeGrid own = new FakeGrid();
    String[] small = {KEY[0], KEY[1], "grid.stateBytes", "1MiB", "grid.snapshotBytes", "1MiB"};
    List<Integer> text = ids(5, 140_000);
    try (TestRouter where = TestRouter.local(model, own, small)) {
      Answer told = where.generate(ask(text, 3).setSessionId("long").build());
      refused(
          where.inference(),
          fork("long", "b"),
          Status.Code.RESOURCE_EXHAUSTED,
          "two of it do not fit into the 1048576 of a router (grid.stateBytes)");
      Answer next = where.generate(ask(ids(6, 4), 3).setSessionId("long").build());
      assertThat(next.started().getSession().getTokens()).isEqualTo(140_003);
      assertThat(told.ids()).hasSize(3);
      where.inference().forgetSession(forget("long"));
    }
    assertThat(own.states().size()).isZero();
  }
}
