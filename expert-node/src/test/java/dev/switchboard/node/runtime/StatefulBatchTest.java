package dev.switchboard.node.runtime;

import static dev.switchboard.node.TinyShard.WIDTH;
import static dev.switchboard.node.TinyShard.batch;
import static dev.switchboard.node.TinyShard.group;
import static dev.switchboard.node.TinyShard.rows;
import static dev.switchboard.node.TinyShard.run;
import static dev.switchboard.node.TinyShard.runOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.node.TinyShard;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.StateStore.Snapshot;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.proto.weights.Checksums;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Experts with a state: versions, repeats, gaps, memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatefulBatchTest {
  private static final TensorRows TEXT = rows(11, 9);

  private TinyShard shard;
  private HeldExperts held;
  private long now;
  private StateStore states;
  private BatchProcessor processor;
  private float[] whole;

  @BeforeAll
  void open(@TempDir Path folder) {
    shard = TinyShard.mamba(folder);
    held = shard.holding(0, 1);
    whole = shard.direct(0, 1, TEXT, IntStream.range(0, 9).toArray());
  }

  @BeforeEach
  void fresh() {
    bounded(1 << 20);
  }

  private void bounded(long bytes) {
    states = new StateStore(bytes, () -> now);
    processor = new BatchProcessor(() -> held, states, shard.counters, () -> now);
  }

  @Test
  void aTextInPiecesGivesTheBitsOfTheWhole() {
    List<Float> all = new ArrayList<>();
    for (int[] piece : new int[][] {{0, 4}, {4, 1}, {5, 1}, {6, 3}}) {
      for (float value : ok(piece(5, piece[0], piece[1]))) {
        all.add(value);
      }
    }
    assertThat(all).hasSize(whole.length);
    for (int i = 0; i < whole.length; i++) {
      assertThat(all.get(i)).isEqualTo(whole[i]);
    }
  }

  @Test
  void aRepeatIsAnsweredFromWhatIsKeptAndNotCountedTwice() {
    ok(piece(5, 0, 4));
    float[] first = ok(piece(5, 4, 2));
    long counted = shard.counters.rows();
    assertThat(ok(piece(5, 4, 2))).isEqualTo(first);
    assertThat(shard.counters.rows()).isEqualTo(counted);
    assertThat(ok(piece(5, 6, 3))).isEqualTo(slice(6, 9));
  }

  @Test
  void theFirstRunCanBeRepeatedToo() {
    float[] first = ok(piece(5, 0, 4));
    assertThat(ok(piece(5, 0, 4))).isEqualTo(first);
  }

  @Test
  void anotherRunFromTheSameStartIsComputedFromTheStateBefore() {
    ok(piece(5, 0, 4));
    ok(piece(5, 4, 2));
    assertThat(ok(piece(5, 4, 5))).isEqualTo(slice(4, 9));
  }

  @Test
  void aGapIsRefusedWithTheVersionThatIsThere() {
    ok(piece(5, 0, 4));
    GroupResult refused = only(process(piece(5, 6, 1)));
    assertThat(refused.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
    assertThat(refused.getStateVersion()).isEqualTo(4);
    assertThat(refused.getMessage())
        .isEqualTo(
            "sequence 5, layer 0, expert 1: the batch begins at version 6, the state is at 4");
    assertThat(ok(piece(5, 4, 2))).as("nothing was changed").isEqualTo(slice(4, 6));
  }

  @Test
  void aSequenceThatIsNotKnownIsAtVersionZero() {
    GroupResult refused = only(process(piece(6, 3, 1)));
    assertThat(refused.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
    assertThat(refused.getStateVersion()).isZero();
  }

  @Test
  void aGapInOneRunRefusesTheWholeGroupAndMovesNothing() {
    ExpertGroup both =
        ExpertGroup.newBuilder()
            .setExpert(1)
            .addAllRows(List.of(0, 1))
            .addRuns(run(1, 0, 1))
            .addRuns(run(2, 8, 1))
            .build();
    assertThat(only(process(batch(1, 0, TEXT, both))).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
    assertThat(states.memoryBytes()).isZero();
  }

  @Test
  void sequencesOfOneGroupDoNotMeet() {
    ExpertGroup both =
        ExpertGroup.newBuilder()
            .setExpert(1)
            .addAllRows(List.of(0, 1, 2, 5, 6))
            .addRuns(run(1, 0, 3))
            .addRuns(run(2, 0, 2))
            .build();
    ExpertResultFrame result = process(batch(1, 0, TEXT, both));
    assertThat(Arrays.copyOf(result.outputs().values(), 3 * WIDTH)).isEqualTo(slice(0, 3));
    assertThat(Arrays.copyOfRange(result.outputs().values(), 3 * WIDTH, 5 * WIDTH))
        .isEqualTo(shard.direct(0, 1, TEXT, 5, 6));
  }

  @Test
  void runsMustCoverTheRowsOneVersionEach() {
    assertInvalid(group(1, 0, 1), "its runs cover 0 rows of 2");
    SequenceRun jumps = run(1, 0, 2).toBuilder().setVersionAfter(7).build();
    assertInvalid(group(1, 0, 1).toBuilder().addRuns(jumps).build(), "2 rows from version 0 to 7");
    ExpertGroup twice =
        group(1, 0, 1).toBuilder().addRuns(run(1, 0, 1)).addRuns(run(1, 1, 1)).build();
    assertInvalid(twice, "sequence 1 has two runs in one group");
  }

  @Test
  void aSnapshotRestoresElsewhere() {
    ok(piece(5, 0, 4));
    Snapshot snapshot = states.snapshot(5, expert());
    bounded(1 << 20);
    assertThat(snapshot.version()).isEqualTo(4);
    states.restore(5, expert(), snapshot);
    assertThat(ok(piece(5, 4, 5))).isEqualTo(slice(4, 9));
  }

  @Test
  void aSnapshotOfAnotherVersionOrShapeIsRefused() {
    ok(piece(5, 0, 4));
    byte[] bytes = states.snapshot(5, expert()).bytes();
    assertThatThrownBy(() -> states.restore(6, expert(), new Snapshot(3, bytes)))
        .hasMessageContaining("the state is of version 4, the call says 3");
    assertThatThrownBy(() -> states.restore(6, expert(), new Snapshot(4, new byte[10])))
        .isInstanceOf(StateException.class)
        .hasMessageContaining("a state of 10 bytes");
  }

  @Test
  void aForkGoesOnByItself() {
    ok(piece(5, 0, 4));
    assertThat(states.fork(5, expert(), 9)).isEqualTo(4);
    ok(piece(5, 4, 1));
    assertThat(ok(piece(9, 4, 5))).isEqualTo(slice(4, 9));
    assertThatThrownBy(() -> states.fork(5, expert(), 9))
        .hasMessageContaining("there is a state already");
    assertThatThrownBy(() -> states.fork(77, expert(), 78)).hasMessageContaining("sequence 77");
  }

  @Test
  void releaseForgetsAndCountsStates() {
    ok(piece(5, 0, 4));
    ok(piece(6, 0, 1));
    assertThat(states.release(List.of(5L, 99L))).isEqualTo(1);
    assertThat(only(process(piece(5, 4, 1))).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
    states.release(List.of(6L));
    assertThat(states.memoryBytes()).isZero();
  }

  @Test
  void anExpertThatIsUnloadedTakesItsStatesAlong() {
    ok(piece(5, 0, 4));
    states.dropExperts(dropped(0));
    assertThat(states.memoryBytes()).isPositive();
    states.dropExperts(dropped(1));
    assertThat(states.memoryBytes()).isZero();
  }

  @Test
  void newSequencesBeyondTheMemoryAreRefusedUntilAnAbandonedOneGivesWay() {
    long state = expert().expert().newState().bytes();
    bounded(2 * state + 4L * 4 * WIDTH);
    ok(piece(5, 0, 4));
    GroupResult refused = only(process(piece(6, 0, 1)));
    assertThat(refused.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_OVERLOADED);
    assertThat(refused.getMessage()).contains("no memory for new states");
    assertThat(ok(piece(5, 4, 1))).as("one that has begun goes on").isEqualTo(slice(4, 5));

    now += StateStore.ABANDONED_AFTER.toNanos() - 1;
    assertThat(only(process(piece(6, 0, 1))).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_OVERLOADED);
    now += Duration.ofSeconds(1).toNanos();
    assertThat(ok(piece(6, 0, 1))).isEqualTo(slice(0, 1));
  }

  @Test
  void aRunThatBringsItsStateStandsInForALostNode() {
    RunState state = wanted(whole(with(piece(5, 0, 4), run -> run.setStateWanted(true))));
    ok(piece(5, 4, 2));
    bounded(1 << 20);
    // Rows 4 and 5 are replayed, row 6 is new.
    assertThat(ok(with(piece(5, 4, 3), run -> give(run, state)))).isEqualTo(slice(4, 7));
    assertThat(ok(piece(5, 7, 2))).isEqualTo(slice(7, 9));
    bounded(1 << 20);
    assertThat(ok(with(piece(5, 0, 5), run -> run.setStateGiven(true)))).isEqualTo(slice(0, 5));
  }

  @Test
  void aGivenStateReplacesWhateverIsThere() {
    RunState state = wanted(whole(with(piece(5, 0, 4), run -> run.setStateWanted(true))));
    ok(piece(5, 4, 5));
    float[] again = ok(with(piece(5, 4, 2), run -> give(run, state)));
    assertThat(again).isEqualTo(slice(4, 6));
    assertThat(ok(piece(5, 6, 3))).isEqualTo(slice(6, 9));
  }

  @Test
  void aGivenStateThatIsDamagedOrOfAnotherVersionIsRefusedAndNothingIsMoved() {
    RunState state = wanted(whole(with(piece(5, 0, 4), run -> run.setStateWanted(true))));
    RunState flipped = state.toBuilder().setCrc32C(state.getCrc32C() + 1).build();
    assertRefused(with(piece(5, 4, 1), run -> give(run, flipped)), "is damaged");
    assertRefused(
        with(piece(5, 3, 1), run -> give(run, state)), "is of version 4, the call says 3");
    byte[] tooShort = new byte[7];
    RunState cut =
        RunState.newBuilder()
            .setState(ByteString.copyFrom(tooShort))
            .setCrc32C(Checksums.crc32c(tooShort))
            .build();
    assertRefused(with(piece(5, 4, 1), run -> give(run, cut)), "a state of 7 bytes");
    assertThat(ok(piece(5, 4, 1))).isEqualTo(slice(4, 5));
  }

  @Test
  void aStateIsReadWithoutBeingMoved() {
    ok(piece(5, 0, 4));
    RunState read = wanted(whole(with(piece(5, 4, 0), run -> run.setStateWanted(true))));
    assertThat(read.getVersion()).isEqualTo(4);
    assertThat(read.getState().toByteArray()).isEqualTo(states.snapshot(5, expert()).bytes());
    GroupResult unknown = only(process(with(piece(6, 0, 0), run -> run.setStateWanted(true))));
    assertThat(unknown.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
    GroupResult gap = only(process(with(piece(5, 3, 0), run -> run.setStateWanted(true))));
    assertThat(gap.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
  }

  @Test
  void aRestingStateGivesWayIfItsRouterCanRebuildIt() {
    long state = expert().expert().newState().bytes();
    bounded(2 * state + 4L * 4 * WIDTH);
    ok(with(piece(5, 0, 4), run -> run.setRebuildable(true)));
    assertThat(only(process(piece(6, 0, 1))).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_OVERLOADED);
    now += StateStore.RESTS_AFTER.toNanos();
    assertThat(ok(piece(6, 0, 1))).isEqualTo(slice(0, 1));
    assertThat(states.evictions()).isEqualTo(1);
    assertThat(only(process(piece(5, 4, 1))).getStatus())
        .isEqualTo(GroupStatus.GROUP_STATUS_STATE_VERSION);
    now += StateStore.RESTS_AFTER.toNanos();
    assertThat(only(process(piece(7, 0, 1))).getStatus())
        .as("6 cannot be rebuilt")
        .isEqualTo(GroupStatus.GROUP_STATUS_OVERLOADED);
  }

  @Test
  void whatARouterHadGoesWithItsLease() {
    ok(piece(5, 0, 4));
    assertThat(states.releaseOf(List.of("another"))).isZero();
    assertThat(states.releaseOf(List.of("r"))).isEqualTo(1);
    assertThat(states.memoryBytes()).isZero();
  }

  private static ExpertBatchFrame with(
      ExpertBatchFrame frame, UnaryOperator<SequenceRun.Builder> change) {
    ExpertBatch.Builder batch = frame.header().toBuilder();
    batch.getGroupsBuilder(0).setRuns(0, change.apply(batch.getGroups(0).getRuns(0).toBuilder()));
    return new ExpertBatchFrame(batch.build(), frame.activations());
  }

  private static SequenceRun.Builder give(SequenceRun.Builder run, RunState state) {
    return run.setStateGiven(true).setState(state.getState()).setStateCrc32C(state.getCrc32C());
  }

  private static RunState wanted(ExpertResultFrame result) {
    return result.header().getGroups(0).getStates(0);
  }

  private void assertRefused(ExpertBatchFrame frame, String message) {
    GroupResult result = only(process(frame));
    assertThat(result.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_INVALID);
    assertThat(result.getMessage()).contains(message);
  }

  private static List<ExpertUnits.Member> dropped(int index) {
    return List.of(new ExpertUnits.Member(0, index), new ExpertUnits.Member(1, index));
  }

  private Held expert() {
    return held.find(0, 1).orElseThrow();
  }

  private float[] slice(int from, int to) {
    return Arrays.copyOfRange(whole, from * WIDTH, to * WIDTH);
  }

  /**
   * Rows {@code [at, at + count)} of the text, as tokens of a sequence that has seen {@code at}.
   */
  private static ExpertBatchFrame piece(long sequence, int at, int count) {
    float[] values = Arrays.copyOfRange(TEXT.values(), at * WIDTH, (at + count) * WIDTH);
    return batch(1, 0, TensorRows.f32(count, WIDTH, values), runOf(1, sequence, at, count));
  }

  private void assertInvalid(ExpertGroup group, String message) {
    GroupResult result = only(process(batch(1, 0, TEXT, group)));
    assertThat(result.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_INVALID);
    assertThat(result.getMessage()).contains(message);
  }

  private float[] ok(ExpertBatchFrame frame) {
    return whole(frame).outputs().values();
  }

  private ExpertResultFrame whole(ExpertBatchFrame frame) {
    ExpertResultFrame result = process(frame);
    assertThat(only(result).getStatus())
        .as(only(result).getMessage())
        .isEqualTo(GroupStatus.GROUP_STATUS_OK);
    return result;
  }

  private static GroupResult only(ExpertResultFrame result) {
    assertThat(result.header().getGroupsCount()).isEqualTo(1);
    return result.header().getGroups(0);
  }

  private ExpertResultFrame process(ExpertBatchFrame frame) {
    List<ExpertResultFrame> answers = new ArrayList<>();
    processor.process(
        new BatchJob(frame, now, now + 1_000_000_000L, "r", () -> false, answers::add));
    return answers.getFirst();
  }
}
