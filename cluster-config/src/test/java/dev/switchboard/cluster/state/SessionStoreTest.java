package dev.switchboard.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.state.Blobs.Chunks;
import dev.switchboard.cluster.state.SessionStore.Held;
import dev.switchboard.cluster.state.StateException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SessionStoreTest {
  private final MemoryStates map = new MemoryStates(64 << 20, Duration.ofHours(1), () -> 0);
  private final SealedStates sealed = new SealedStates(map, StateKey.random());
  private final SessionStore store = new SessionStore(sealed, 8 << 20, 64 << 20);

  private SessionRecord record(int... prompt) {
    SessionTurn turn = new SessionTurn(1, 0, prompt.length, "d", 42, new int[0], "");
    return new SessionRecord(
        "owner",
        "model",
        1,
        "router-1",
        turn,
        store.putTokens("s", prompt),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void aSessionComesBackWithItsTokensAndItsNewestSnapshot() {
    Held held = store.create("s", record(1, 2, 3));
    StateRef early = store.putState("s", 2, Chunks.of(List.of(ByteBuffer.wrap(new byte[] {7}))));
    held = store.replace(held, held.record().with(early));
    StateRef late = store.putState("s", 4, Chunks.of(List.of(ByteBuffer.wrap(new byte[] {8, 9}))));
    SessionRecord next = held.record().with(late);
    held = store.replace(held, next.with(next.turn().with(new int[] {4, 5}, "LENGTH")));

    Held seen = store.load("s").orElseThrow();
    assertThat(store.tokens(seen)).containsExactly(1, 2, 3, 4, 5);
    assertThat(seen.record().knownTokens()).isEqualTo(5);
    assertThat(seen.record().turn().complete()).isTrue();
    assertThat(seen.record().turn().seed()).isEqualTo(42);
    assertThat(seen.record().newest()).contains(late);
    assertThat(store.state(seen, late)).containsExactly(ByteBuffer.wrap(new byte[] {8, 9}));
    assertThatThrownBy(() -> store.state(seen, early))
        .hasMessageContaining("session \"s\" after 2 tokens is no longer kept");
    assertThat(map.size()).as("record, tokens, one snapshot").isEqualTo(3);
    store.remove(seen);
    assertThat(map.size()).isZero();
    assertThat(store.load("s")).isEmpty();
  }

  @Test
  void whoeverTookItLastWritesAndTheOthersHearOfIt() {
    Held first = store.create("s", record(1));
    assertThatThrownBy(() -> store.create("s", record(2))).satisfies(SessionStoreTest::overtaken);
    Held taken = store.load("s").orElseThrow();
    taken = store.replace(taken, taken.record().takenBy("router-2"));
    assertThat(taken.record().epoch()).isEqualTo(2);
    assertThatThrownBy(() -> store.replace(first, first.record()))
        .hasMessage("session \"s\" was taken by another request")
        .satisfies(SessionStoreTest::overtaken);
    store.keep(taken);
    assertThat(store.load("s").orElseThrow().record().router()).isEqualTo("router-2");
  }

  private static void overtaken(Throwable error) {
    assertThat(((StateException) error).kind()).isEqualTo(Kind.OVERTAKEN);
  }

  @Test
  void tokensOfManyChunksAndATailThatMovesIntoThem() {
    int[] many = IntStream.range(0, 600_000).toArray();
    Held held = store.create("s", record(many));
    held = store.replace(held, held.record().with(held.record().turn().with(new int[] {-1}, "")));
    int[] all = store.tokens(held);
    assertThat(all).hasSize(600_001).endsWith(599_998, 599_999, -1);
    held = store.replace(held, held.record().with(store.putTokens("s", all)));
    assertThat(held.record().turn().tail()).isEmpty();
    assertThat(store.tokens(store.load("s").orElseThrow())).isEqualTo(all);
    assertThat(map.size()).isEqualTo(1 + 3);
    assertThatThrownBy(() -> store.putTokens("s", new int[3 << 20]))
        .hasMessageContaining("(3145728 tokens) takes 12582912 bytes");
  }

  @Test
  void aForkHasCopiesOfItsOwnAndNothingIsLeftOfOneThatFails() {
    Held held = store.create("s", record(1, 2, 3));
    ByteBuffer bytes = ByteBuffer.allocate(3 << 19);
    StateRef state =
        store.putState(
            "s", 2, Chunks.of(List.of(bytes.slice(0, 1 << 20), bytes.slice(1 << 20, 1 << 19))));
    held = store.replace(held, held.record().with(state));
    Held fork = store.fork(held, "t", "router-2");
    assertThat(fork.record().router()).isEqualTo("router-2");
    assertThat(map.size()).as("2 records, 2 texts, 2 snapshots of 2 chunks").isEqualTo(8);
    store.remove(held);
    assertThat(store.tokens(store.load("t").orElseThrow())).containsExactly(1, 2, 3);
    assertThat(store.state(fork, fork.record().newest().orElseThrow())).hasSize(2);
    assertThat(map.size()).isEqualTo(4);

    Held one = fork;
    assertThatThrownBy(() -> store.fork(one, "t", "router-2"))
        .satisfies(SessionStoreTest::overtaken);
    assertThat(map.size()).isEqualTo(4);
    SessionStore narrow = new SessionStore(sealed, 8 << 20, 2 << 20);
    assertThatThrownBy(() -> narrow.fork(one, "u", "router-2"))
        .hasMessageContaining("takes 1572876 bytes; two of it do not fit");
    StateRef gone = fork.record().newest().orElseThrow();
    store.remove(gone.blob());
    assertThat(store.fork(one, "u", "router-2").record().newest())
        .as("a snapshot that is lost costs time alone")
        .isEmpty();
    store.remove(fork.record().tokens());
    assertThatThrownBy(() -> store.fork(one, "v", "router-2"))
        .hasMessageContaining("the text of session \"t\" is no longer kept");
    assertThat(map.size()).as("records of t and u, text of u").isEqualTo(3);
  }

  @Test
  void aRecordThatIsCutOrOfAnotherVersionIsRefused() {
    byte[] bytes = SessionCodec.encode(record(1, 2));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> SessionCodec.decode(cut)).isInstanceOf(StateException.class);
    }
    bytes[0] = 9;
    assertThatThrownBy(() -> SessionCodec.decode(bytes))
        .hasMessageContaining("version 9; this process reads version 1");
  }
}
