package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.cluster.settings.SettingsLoader;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.router.testing.FakeNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of states that nodes have: those of one process, byte for byte. */
@Timeout(120)
class RemoteSnapshotTest {
  private static final int[] TEXT = IntStream.range(0, 23).map(i -> 40 + i * 7 % 60).toArray();
  private static final int[] MORE = {50, 61, 47};

  @TempDir Path folder;
  private final FakeGrid grid = new FakeGrid();
  private Model model;
  private FakeNode first;
  private FakeNode second;
  private RouterExperts.Remote remote;

  @BeforeEach
  void start() {
    model = Model.open(TinyModels.seeded(5).topK(2).mambaExperts().write(folder));
    first = FakeNode.start("a", model, 0, 1, 2, 3);
    second = FakeNode.start("b", model, 0, 1, 2, 3);
    grid.announce(first.info());
    grid.announce(second.info());
    RouterSettings settings =
        SettingsLoader.of(
                Optional.empty(),
                Map.of(),
                Map.of("router.replayTokens", "8", "router.expertDeadline", "30s"))
            .router()
            .router();
    remote = RouterExperts.Remote.open("router", model, settings, grid);
    // Ready is who has one node; the first that dies may be that one.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> remote.problem("a").isEmpty() && remote.problem("b").isEmpty());
  }

  @AfterEach
  void stop() {
    remote.close();
    first.close();
    second.close();
    model.close();
  }

  private static float[] run(ForwardPass pass, SequenceState sequence, int... tokens) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, true)));
    assertThat(result.failures()).isEmpty();
    return Objects.requireNonNull(result.logits()[0]);
  }

  /** The text read here, and what follows it. */
  private float[] expected(LocalExperts local, List<ExpertSnapshot> states) {
    ForwardPass pass = new ForwardPass(model.trunk(), local);
    SequenceState sequence = model.trunk().newSequence(1, 0);
    run(pass, sequence, TEXT);
    states.addAll(local.snapshot(1));
    return run(pass, sequence, MORE);
  }

  private static void same(List<ExpertSnapshot> some, List<ExpertSnapshot> others) {
    assertThat(some).hasSameSizeAs(others);
    for (int i = 0; i < some.size(); i++) {
      assertThat(some.get(i)).hasToString(others.get(i).toString());
      assertThat(some.get(i).bytes()).isEqualTo(others.get(i).bytes());
    }
  }

  private SequenceState read(ExpertRunner runner, long id) {
    ForwardPass pass = new ForwardPass(model.trunk(), runner);
    SequenceState sequence = model.trunk().newSequence(id, 0);
    for (int token : TEXT) {
      run(pass, sequence, token);
    }
    return sequence;
  }

  @Test
  void aSnapshotIsThatOfOneProcessAndGoesOnAnywhere() {
    List<ExpertSnapshot> states = new ArrayList<>();
    try (LocalExperts local = model.localExperts()) {
      float[] expected = expected(local, states);
      ExpertRunner nodes = remote.runner();
      SequenceState sequence = read(nodes, 7);
      List<ExpertSnapshot> taken = nodes.snapshot(7);
      same(taken, states);
      SequenceSnapshot snapshot = sequence.snapshot(TEXT, taken);

      local.restore(8, snapshot.experts());
      SequenceState here = model.trunk().restore(8, snapshot, 0);
      assertThat(run(new ForwardPass(model.trunk(), local), here, MORE)).isEqualTo(expected);

      nodes.restore(9, snapshot.experts());
      SequenceState there = model.trunk().restore(9, snapshot, 0);
      ForwardPass pass = new ForwardPass(model.trunk(), nodes);
      assertThat(run(pass, there, MORE)).isEqualTo(expected);

      nodes.fork(7, 10);
      SequenceState fork = sequence.fork(10);
      assertThat(run(pass, sequence, MORE)).isEqualTo(expected);
      assertThat(run(pass, fork, MORE)).isEqualTo(expected);
    }
  }

  @Test
  void aSnapshotIsTakenThoughANodeHasDied() {
    List<ExpertSnapshot> states = new ArrayList<>();
    try (LocalExperts local = model.localExperts()) {
      expected(local, states);
      read(remote.runner(), 7);
      first.die();
      second.forgetStates();
      same(remote.runner().snapshot(7), states);
      second.die();
      same(remote.runner().snapshot(7), states);
    }
  }

  @Test
  void statesOfOtherExpertsAreRefused() {
    ExpertRunner nodes = remote.runner();
    assertThatThrownBy(() -> nodes.restore(7, List.of(new ExpertSnapshot(9, 0, 1, new byte[10]))))
        .isInstanceOf(SnapshotException.class)
        .hasMessageContaining("there is no such expert: state of layer 9");
    int layer = model.moeLayers().getFirst();
    assertThatThrownBy(
            () -> nodes.restore(7, List.of(new ExpertSnapshot(layer, 0, 1, new byte[10]))))
        .hasMessageContaining("its layer's have 544 bytes");
  }
}
