package dev.switchboard.node.runtime;

import static dev.switchboard.node.TinyShard.WIDTH;
import static dev.switchboard.node.TinyShard.batch;
import static dev.switchboard.node.TinyShard.group;
import static dev.switchboard.node.TinyShard.rows;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.node.TinyShard;
import dev.switchboard.proto.codec.CodeRows;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BatchProcessorTest {
  private TinyShard shard;
  private long now;
  private HeldExperts held;

  @BeforeAll
  void open(@TempDir Path folder) {
    shard = TinyShard.ffn(folder);
    held = shard.holding(0, 2);
  }

  @Test
  void groupsAreAnsweredInOrderWithTheBitsOfTheExpert() {
    TensorRows in = rows(1, 5);
    ExpertResultFrame result = process(batch(9, 1, in, group(2, 0, 1, 4), group(0, 1, 2)));

    assertThat(result.header().getId()).isEqualTo(9);
    assertThat(result.header().getHeldEpoch()).isEqualTo(3);
    assertThat(statuses(result))
        .containsExactly(GroupStatus.GROUP_STATUS_OK, GroupStatus.GROUP_STATUS_OK);
    float[] first = shard.direct(1, 2, in, 0, 1, 4);
    float[] second = shard.direct(1, 0, in, 1, 2);
    assertThat(result.outputs().count()).isEqualTo(5);
    assertThat(Arrays.copyOf(result.outputs().values(), 3 * WIDTH)).isEqualTo(first);
    assertThat(Arrays.copyOfRange(result.outputs().values(), 3 * WIDTH, 5 * WIDTH))
        .isEqualTo(second);
  }

  @Test
  void anExpertThatSleepsIsWokenByItsFirstBatchWhichIsTimed() {
    NodeCounters counters = new NodeCounters();
    List<String> woken = new ArrayList<>();
    HeldExperts sleeping = asleep(woken);
    TensorRows in = rows(1, 5);
    BatchProcessor processor =
        new BatchProcessor(() -> sleeping, new StateStore(1 << 20, () -> now), counters, () -> now);
    for (int i = 0; i < 2; i++) {
      now += 1000;
      List<ExpertResultFrame> answers = new ArrayList<>();
      ExpertBatchFrame frame = batch(9, 1, in, group(2, 0, 1, 4));
      processor.process(
          new BatchJob(frame, now, now + 1_000_000_000, "r", () -> false, answers::add));
      assertThat(Arrays.copyOf(answers.getFirst().outputs().values(), 3 * WIDTH))
          .isEqualTo(shard.direct(1, 2, in, 0, 1, 4));
    }
    assertThat(woken).as("once, and no other").containsExactly("1/2");
    assertThat(counters.wakes().count()).isEqualTo(1);
    assertThat(sleeping.asleep()).isEqualTo(3);
    assertThat(sleeping.find(1, 2).orElseThrow().slumber().usedNanos()).isEqualTo(now);
  }

  /** What is held, all of it asleep. */
  private HeldExperts asleep(List<String> woken) {
    Map<Integer, List<HeldExperts.Held>> units = new TreeMap<>();
    held.byUnit()
        .forEach((unit, experts) ->
            units.put(unit, experts.stream().map(one -> asleep(one, woken)).toList()));
    return new HeldExperts(held.model(), held.epoch(), units);
  }

  private HeldExperts.Held asleep(HeldExperts.Held one, List<String> woken) {
    Slumber.Weights pages =
        new Slumber.Weights() {
          @Override
          public long bytes() {
            return 1;
          }

          @Override
          public void rest() {}

          @Override
          public void rouse() {
            woken.add(one.layer() + "/" + one.index());
          }
        };
    Slumber slumber = Slumber.over(pages, now - 1);
    slumber.sleep(now);
    return new HeldExperts.Held(
        one.layer(), one.index(), one.expert(), one.counters(), one.fingerprint(), slumber);
  }

  @Test
  void aGroupThatIsRefusedDoesNotDisturbTheOthers() {
    TensorRows in = rows(2, 2);
    ExpertResultFrame result = process(batch(1, 0, in, group(1, 0), group(2, 1), group(9, 1)));

    assertThat(statuses(result))
        .containsExactly(
            GroupStatus.GROUP_STATUS_NOT_HELD,
            GroupStatus.GROUP_STATUS_OK,
            GroupStatus.GROUP_STATUS_INVALID);
    assertThat(result.header().getGroups(0).getMessage())
        .isEqualTo("expert 1 of layer 0 is not held here; held are [0, 2] of placement epoch 3");
    assertThat(result.outputs().count()).isEqualTo(1);
    assertThat(result.outputs().values()).isEqualTo(shard.direct(0, 2, in, 1));
  }

  static Stream<Arguments> wrong() {
    TensorRows two = rows(3, 2);
    return Stream.of(
        Arguments.of(
            batch(1, 7, two, group(0, 0)), "layer 7 has no experts; the layers that have: [0, 1]"),
        Arguments.of(batch(1, -1, two, group(0, 0)), "layer 4294967295 has no experts"),
        Arguments.of(
            batch(1, 0, two, group(4, 0)), "expert 4 of layer 0, which has experts 0 to 3"),
        Arguments.of(batch(1, 0, two, group(0, 0, 2)), "expert 0 reads row 2 of 2"),
        Arguments.of(batch(1, 0, two, group(0, -5)), "expert 0 reads row 4294967291 of 2"),
        Arguments.of(batch(1, 0, two, group(0, 1, 0)), "row 0 after row 1; rows must ascend"),
        Arguments.of(batch(1, 0, two, group(0, 1, 1)), "row 1 after row 1; rows must ascend"),
        Arguments.of(
            batch(1, 0, TensorRows.f32(2, 8, new float[16]), group(0, 1)),
            "activations of shape [2, 8]; the width of layer 0's experts is 24"),
        Arguments.of(batch(1, 0, TensorRows.NONE, group(0, 0)), "expert 0 reads row 0 of 0"),
        Arguments.of(
            batch(1, 0, new CodeRows(1, 24, 8, new byte[24], new float[3]), group(0, 0)),
            "codes [1, 24] in blocks of 8"),
        Arguments.of(ofModel(two, "other"), "the batch is for model other; this node serves "));
  }

  private static ExpertBatchFrame ofModel(TensorRows rows, String model) {
    ExpertBatchFrame frame = batch(1, 0, rows, group(0, 0));
    return new ExpertBatchFrame(
        frame.header().toBuilder().setModelFingerprint(model).build(), rows);
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void whatIsWrongIsNamed(ExpertBatchFrame batch, String message) {
    ExpertResultFrame result = process(batch);
    assertThat(statuses(result)).containsExactly(GroupStatus.GROUP_STATUS_INVALID);
    assertThat(result.header().getGroups(0).getMessage()).contains(message);
    assertThat(result.outputs().count()).isZero();
  }

  @Test
  void oneExpertHasOneGroup() {
    ExpertResultFrame result = process(batch(1, 0, rows(3, 2), group(0, 0), group(0, 1)));
    assertThat(statuses(result))
        .containsExactly(GroupStatus.GROUP_STATUS_OK, GroupStatus.GROUP_STATUS_INVALID);
  }

  @Test
  void aGroupWithoutRowsIsNoError() {
    ExpertResultFrame result = process(batch(1, 0, TensorRows.NONE, group(0)));
    assertThat(statuses(result)).containsExactly(GroupStatus.GROUP_STATUS_OK);
    assertThat(result.outputs().count()).isZero();
  }

  @Test
  void aRowThatIsNotFiniteStaysItsOwnMatter() {
    TensorRows in = rows(4, 2);
    float[] values = in.values().clone();
    values[3] = Float.NaN;
    ExpertResultFrame result =
        process(batch(1, 0, TensorRows.f32(2, WIDTH, values), group(0, 0, 1)));
    assertThat(statuses(result)).containsExactly(GroupStatus.GROUP_STATUS_OK);
    assertThat(result.outputs().values()[0]).isNaN();
    assertThat(Arrays.copyOfRange(result.outputs().values(), WIDTH, 2 * WIDTH))
        .isEqualTo(shard.direct(0, 0, in, 1));
  }

  @Test
  void whatIsTooLateIsNotComputed() {
    long rowsBefore = shard.counters.rows();
    now = 5_000_000;
    List<ExpertResultFrame> answers = new ArrayList<>();
    processor()
        .process(
            new BatchJob(
                batch(1, 0, rows(1, 1), group(0, 0)),
                1_000_000,
                5_000_000,
                "r",
                () -> false,
                answers::add));

    GroupResult group = answers.getFirst().header().getGroups(0);
    assertThat(group.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_DEADLINE_EXCEEDED);
    assertThat(group.getMessage()).contains("waited 4000 microseconds");
    assertThat(answers.getFirst().header().getQueueNanos()).isEqualTo(4_000_000);
    assertThat(shard.counters.rows()).isEqualTo(rowsBefore);
  }

  @Test
  void whatNobodyWaitsForIsNotComputed() {
    List<ExpertResultFrame> answers = new ArrayList<>();
    processor()
        .process(
            new BatchJob(
                batch(1, 0, rows(1, 1), group(0, 0)), 0, 100, "r", () -> true, answers::add));
    assertThat(answers).isEmpty();
  }

  @Test
  void countersAreExact() {
    NodeCounters.Place place = new NodeCounters.Place(1, 2);
    long before = shard.counters.experts().get(place).rows();
    long batches = shard.counters.batches();
    process(batch(1, 1, rows(1, 6), group(2, 0, 2, 3, 5)));
    assertThat(shard.counters.experts().get(place).rows()).isEqualTo(before + 4);
    assertThat(shard.counters.batches()).isEqualTo(batches + 1);
    assertThat(shard.counters.experts().get(place).multiplyAddsPerRow())
        .isEqualTo(shard.model.loadExpert(1, 2).multiplyAddsPerRow());
  }

  @Test
  void theLastUseAndTheSizeOfTheCallAreKept() {
    ExpertCounters unused = new NodeCounters().of(1, 2, 10);
    assertThat(unused.lastUseNanos(-9)).isEqualTo(-9);
    ExpertCounters expert = shard.counters.experts().get(new NodeCounters.Place(1, 2));
    ServiceTimes before = shard.counters.service();
    now += 1_000;
    process(batch(1, 1, rows(1, 6), group(2, 0, 2, 3, 5)));
    assertThat(expert.lastUseNanos(-9)).isEqualTo(now);
    ServiceTimes did = shard.counters.service().since(before);
    assertThat(did.work(ServiceTimes.classOf(4, false))).isEqualTo(4 * expert.multiplyAddsPerRow());
    assertThat(did.work(ServiceTimes.classOf(1, false))).isZero();
    assertThat(shard.counters.work().rows()).isEqualTo(shard.counters.rows());
  }

  @Test
  void batchesThatWaitedTogetherAreAnsweredAsEachAlone() {
    List<ExpertBatchFrame> frames =
        List.of(
            batch(1, 0, rows(1, 5), group(0, 0, 2, 4), group(2, 1, 2)),
            batch(2, 1, rows(2, 3), group(2, 0, 1, 2)),
            batch(3, 0, rows(3, 4), group(0, 3), group(1, 0), group(2, 0, 1, 2, 3)),
            batch(4, 0, rows(4, 1), group(2, 0)),
            batch(5, 7, rows(4, 1), group(2, 0)));
    List<ExpertResultFrame> alone = frames.stream().map(this::process).toList();
    List<ExpertResultFrame> together = new ArrayList<>();
    processor()
        .process(
            frames.stream()
                .map(
                    f -> new BatchJob(f, now, now + 1_000_000_000, "r", () -> false, together::add))
                .toList());

    assertThat(together).hasSameSizeAs(alone);
    for (int i = 0; i < alone.size(); i++) {
      assertThat(together.get(i).header().getId()).isEqualTo(i + 1);
      assertThat(together.get(i).header().getGroupsList())
          .isEqualTo(alone.get(i).header().getGroupsList());
      assertThat(together.get(i).outputs().values()).isEqualTo(alone.get(i).outputs().values());
    }
  }

  private static List<GroupStatus> statuses(ExpertResultFrame result) {
    return result.header().getGroupsList().stream().map(GroupResult::getStatus).toList();
  }

  private BatchProcessor processor() {
    return new BatchProcessor(() -> held, new StateStore(0, () -> now), shard.counters, () -> now);
  }

  private ExpertResultFrame process(ExpertBatchFrame frame) {
    List<ExpertResultFrame> answers = new ArrayList<>();
    processor()
        .process(new BatchJob(frame, now, now + 1_000_000_000, "r", () -> false, answers::add));
    assertThat(answers).hasSize(1);
    return answers.getFirst();
  }
}
