package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.weights.Checksums;
import dev.switchboard.router.dispatch.SequenceHomes.Keeping;
import dev.switchboard.router.dispatch.SequenceHomes.Key;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SequenceHomesTest {
  private static final int WIDTH = 2;
  private static final Key KEY = new Key(3, 1);
  private static final float[] INPUT = {0, 0, 1, 1, 2, 2, 3, 3};

  private final SequenceHomes homes = new SequenceHomes(new Keeping(4, 10_000));

  private static RunState state(long version) {
    ByteString bytes = ByteString.copyFromUtf8("state at " + version);
    return RunState.newBuilder()
        .setVersion(version)
        .setState(bytes)
        .setCrc32C(Checksums.crc32c(bytes.asReadOnlyByteBuffer()))
        .build();
  }

  private HomedState moved(RunState after, int... tokens) {
    homes.answered(7, KEY, WIDTH, 5, INPUT, tokens, after);
    return homes.find(7, KEY.layer(), KEY.expert());
  }

  @Test
  void rowsSinceTheCopyAreKept() {
    HomedState state = moved(null, 0, 2);
    assertThat(state.link()).isEqualTo(5);
    assertThat(state.version()).isEqualTo(2);
    assertThat(state.copyVersion()).isZero();
    assertThat(Arrays.copyOf(state.rows(), state.rowCount() * WIDTH)).containsExactly(0, 0, 2, 2);
    assertThat(homes.wants(state, 1)).isFalse();
    assertThat(homes.wants(state, 2)).as("no more than four are replayed").isTrue();

    moved(state(4), 1, 3);
    assertThat(state.copyVersion()).isEqualTo(4);
    assertThat(state.rowCount()).isZero();
    moved(null, 3);
    assertThat(state.copy().toStringUtf8()).isEqualTo("state at 4");
    assertThat(Arrays.copyOf(state.rows(), WIDTH)).containsExactly(3, 3);
  }

  @Test
  void aCopyThatIsDamagedOrOfAnotherVersionIsNotTaken() {
    HomedState state = moved(state(2).toBuilder().setCrc32C(1).build(), 0, 1);
    assertThat(state.rowCount()).isEqualTo(2);
    moved(state(7), 2);
    assertThat(state.rowCount()).isEqualTo(3);
    assertThat(state.copy().isEmpty()).isTrue();
  }

  @Test
  void beyondTheMemoryACopyIsGivenUpAndAskedForAgainWhenThereIsRoom() {
    SequenceHomes small = new SequenceHomes(new Keeping(4, 100));
    small.answered(1, KEY, WIDTH, 5, INPUT, new int[] {0}, null);
    for (int i = 0; i < 20; i++) {
      small.answered(2, KEY, WIDTH, 5, INPUT, new int[] {0}, null);
    }
    HomedState large = small.find(2, KEY.layer(), KEY.expert());
    assertThat(large.kept()).isFalse();
    assertThat(small.bytes()).isBetween(1L, 100L);
    assertThat(small.wants(large, 1)).isTrue();
    small.answered(2, KEY, WIDTH, 5, INPUT, new int[] {0}, state(21));
    assertThat(large.kept()).isTrue();
    assertThatThrownBy(() -> small.put(9, KEY, WIDTH, 1, ByteString.copyFrom(new byte[90])))
        .hasMessageContaining("no memory for the states of a sequence: 90 bytes are wanted");
    small.forget(1);
    small.forget(2);
    assertThat(small.bytes()).isZero();
  }

  @Test
  void aForkIsRebuiltWhereverItGoesAndMovesByItself() {
    moved(state(1), 0);
    moved(null, 1);
    homes.fork(7, 8);
    HomedState fork = homes.find(8, KEY.layer(), KEY.expert());
    moved(null, 2);
    assertThat(fork.link()).isEqualTo(StateHomes.ADRIFT);
    assertThat(fork.version()).isEqualTo(2);
    assertThat(fork.rowCount()).isEqualTo(1);
    assertThat(homes.version(7, KEY.layer(), KEY.expert())).isEqualTo(3);
    SequenceHomes small = new SequenceHomes(new Keeping(4, 39));
    small.answered(1, KEY, WIDTH, 5, INPUT, new int[] {0}, null);
    assertThatThrownBy(() -> small.fork(1, 2)).hasMessageContaining("no memory for the states");
    assertThat(homes.states(99)).isEmpty();
  }

  @Test
  void forgettingNamesTheLinksThatMayHoldSomething() {
    homes.sent(7, 5);
    homes.sent(7, 6);
    moved(null, 0);
    assertThat(homes.forget(7)).containsExactlyInAnyOrder(5, 6);
    assertThat(homes.bytes()).isZero();
    assertThat(homes.sequences()).isZero();
  }
}
