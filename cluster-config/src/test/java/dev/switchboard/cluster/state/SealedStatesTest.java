package dev.switchboard.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.state.Blobs.Chunks;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SealedStatesTest {
  private static final StateKey KEY = StateKey.of("0123456789abcdef".repeat(4));

  private final AtomicLong now = new AtomicLong();
  private final MemoryStates map = new MemoryStates(8 << 20, Duration.ofSeconds(10), now::get);
  private final SealedStates states = new SealedStates(map, KEY);
  private final Spy spy = new Spy();

  /** Sees what goes over the wire. */
  private static final class Spy implements StateMap {
    private final List<String> names = new ArrayList<>();
    private final List<byte[]> values = new ArrayList<>();

    @Override
    public List<Optional<byte[]>> get(List<String> wanted) {
      return wanted.stream().map(name -> Optional.of(values.getFirst())).toList();
    }

    @Override
    public void put(Map<String, byte[]> written) {
      names.addAll(written.keySet());
      values.addAll(written.values());
    }

    @Override
    public boolean swap(String name, Optional<byte[]> expected, byte[] next) {
      put(Map.of(name, next));
      return true;
    }

    @Override
    public void keep(java.util.Collection<String> kept) {
      // Nothing ends here.
    }

    @Override
    public void remove(java.util.Collection<String> removed) {
      // Nothing ends here.
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theGridSeesNeitherNamesNorValues() {
    SealedStates over = new SealedStates(spy, KEY);
    over.put(Map.of("session/alice", bytes("what she said")));
    over.put(Map.of("session/alice", bytes("what she said")));
    assertThat(spy.names.getFirst()).doesNotContain("alice").hasSize(64);
    assertThat(spy.names.get(1)).isEqualTo(spy.names.getFirst());
    assertThat(new String(spy.values.getFirst(), StandardCharsets.ISO_8859_1))
        .doesNotContain("she");
    assertThat(spy.values.get(1)).isNotEqualTo(spy.values.getFirst());
    assertThat(over.get(List.of("session/alice")).getFirst().orElseThrow())
        .isEqualTo(bytes("what she said"));
  }

  @Test
  void aValueThatWasChangedMovedOrSealedWithAnotherKeyIsRefused() {
    SealedStates over = new SealedStates(spy, KEY);
    over.put(Map.of("a", bytes("value")));
    assertRefused(over, "b", "was changed");
    assertRefused(new SealedStates(spy, StateKey.random()), "a", "another grid.stateKey");
    byte[] sealed = spy.values.getFirst();
    for (int i = 0; i < sealed.length; i++) {
      byte[] flipped = sealed.clone();
      flipped[i] ^= 1;
      spy.values.set(0, flipped);
      assertRefused(over, "a", i == 0 ? "another version" : "was changed");
    }
    for (int length = 0; length < sealed.length; length++) {
      spy.values.set(0, Arrays.copyOf(sealed, length));
      assertRefused(over, "a", "");
    }
  }

  private static void assertRefused(SealedStates states, String name, String message) {
    assertThatThrownBy(() -> states.get(List.of(name)))
        .isInstanceOf(StateException.class)
        .hasMessageContaining(message)
        .satisfies(
            e -> assertThat(((StateException) e).kind()).isEqualTo(StateException.Kind.DAMAGED));
  }

  @Test
  void keysAreHexadecimalAndNeverShown() {
    String secret = "00ff".repeat(16);
    assertThat(StateKey.of(secret + "\n").toString()).doesNotContain("ff");
    assertThatThrownBy(() -> StateKey.of("00fg".repeat(16)))
        .hasMessageContaining("64 hexadecimal digits")
        .hasMessageNotContaining("00fg");
  }

  @Test
  void blobsOfManyChunksComeBackAndEndTogether() {
    Blobs blobs = new Blobs(states, 4 << 20);
    List<ByteBuffer> chunks = List.of(random(1 << 20, 1), random(1 << 20, 2), random(77, 3));
    BlobRef ref = blobs.write("it", Chunks.of(chunks));
    assertThat(ref.bytes()).isEqualTo((2 << 20) + 77);
    assertThat(blobs.read("it", ref)).isEqualTo(chunks);
    now.addAndGet(Duration.ofSeconds(9).toNanos());
    blobs.keep(ref);
    now.addAndGet(Duration.ofSeconds(9).toNanos());
    assertThat(blobs.read("it", ref)).isEqualTo(chunks);
    now.addAndGet(Duration.ofSeconds(2).toNanos());
    assertThatThrownBy(() -> blobs.read("the state of it", ref))
        .hasMessageContaining("the state of it is no longer kept: chunk 1 of 3");
    BlobRef again = blobs.write("it", Chunks.of(chunks));
    blobs.remove(again);
    assertThat(map.size()).isZero();
  }

  @Test
  void whatIsTooLargeIsRefusedBeforeAnythingIsWritten() {
    Blobs blobs = new Blobs(states, 1000);
    assertThatThrownBy(
            () -> blobs.write("the state", Chunks.of(List.of(random(600, 1), random(401, 2)))))
        .isInstanceOf(StateException.class)
        .hasMessage(
            "the state takes 1001 bytes; at most 1000 are kept in the grid (grid.snapshotBytes)");
    assertThatThrownBy(() -> states.put(Map.of("x", new byte[SealedStates.MOST_BYTES + 1])))
        .hasMessageContaining("at most " + SealedStates.MOST_BYTES);
    assertThat(map.size()).isZero();
  }

  @Test
  void memoryIsBoundedAndTheLongestUnusedGoes() {
    Blobs blobs = new Blobs(states, 8 << 20);
    BlobRef first = blobs.write("a", Chunks.of(List.of(random(1 << 20, 1))));
    BlobRef second = blobs.write("b", Chunks.of(List.of(random(1 << 20, 2))));
    for (int i = 0; i < 6; i++) {
      blobs.read("a", first);
      blobs.write("c", Chunks.of(List.of(random(1 << 20, i))));
    }
    assertThat(map.bytes()).isLessThanOrEqualTo(8 << 20);
    assertThat(blobs.read("a", first)).hasSize(1);
    assertThatThrownBy(() -> blobs.read("b", second)).hasMessageContaining("gave way to others");
  }

  private static ByteBuffer random(int bytes, long seed) {
    byte[] value = new byte[bytes];
    new Random(seed).nextBytes(value);
    return ByteBuffer.wrap(value);
  }
}
