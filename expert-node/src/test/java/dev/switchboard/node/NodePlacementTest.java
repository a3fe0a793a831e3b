package dev.switchboard.node;

import static dev.switchboard.node.TinyShard.batch;
import static dev.switchboard.node.TinyShard.group;
import static dev.switchboard.node.TinyShard.rows;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node holds, and when it says so. */
class NodePlacementTest extends NodeUnderTest {
  @TempDir private Path extra;

  @Test
  void itIsReadyWithWhatThePlacementGivesItAndNotBefore() throws Exception {
    assertThat(awaited(view -> view.node(ID).isPresent()).node(ID).orElseThrow().state())
        .isEqualTo(NodeState.JOINING);
    assertThat(serving()).isEqualTo(ServingStatus.NOT_SERVING);

    place(1, List.of(0, 2));

    NodeInfo ready = awaited(this::isReady).node(ID).orElseThrow();
    node.ready().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(ready.heldUnits()).containsExactly(0, 2);
    assertThat(ready.heldEpoch()).isEqualTo(1);
    assertThat(ready.address()).isEqualTo(node.address());
    assertThat(serving()).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void aChangedPlacementIsLoadedThenSwitchedThenUnloaded() throws Exception {
    ready(List.of(0, 1));
    grid.announce(
        NodeInfo.joining("other", "127.0.0.1", 1, shard.model.fingerprint(), 0)
            .ready(1, List.of(2, 3)));

    place(2, List.of(1, 2));
    NodeInfo both =
        awaited(view -> view.node(ID).orElseThrow().heldEpoch() == 2).node(ID).orElseThrow();
    assertThat(both.heldUnits()).as("until the other node is ready").containsExactly(0, 1, 2);

    grid.announce(
        NodeInfo.joining("other", "127.0.0.1", 1, shard.model.fingerprint(), 0)
            .ready(2, List.of(0, 3)));
    awaited(view -> view.node(ID).orElseThrow().heldUnits().equals(List.of(1, 2)));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      assertThat(router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
      assertThat(router.ask(batch(2, 0, rows(1, 1), group(2, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_OK);
    }
  }

  @Test
  void anAddedExpertIsLoadedServedUnderItsOwnNameAndUnloaded() throws Exception {
    ready(List.of(0));
    int index = TinyShard.EXPERTS;
    AddedExpert expert = GrownModels.write(shard.model.path(), extra.resolve("go"), "go");
    String fingerprint = expert.fingerprint();
    grid.changeExperts(book ->
        book.with(
            shard.model.fingerprint(),
            new ExpertBook.Added("go", index, fingerprint, expert.source().toString())));
    placeWithAdded(2);
    awaited(view -> view.node(ID).orElseThrow().heldUnits().equals(List.of(0, index)));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      TensorRows in = rows(5, 3);
      ExpertResultFrame result = router.ask(batch(1, 1, in, of(fingerprint, index)));
      assertThat(result.header().getGroups(0).getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_OK);
      float[] wanted = new float[3 * TinyShard.WIDTH];
      Expert direct = shard.model.loadExpert(expert, 1);
      direct.forward(in.values(), 0, 3, direct.newState(), wanted, 0, new Scratch());
      assertThat(result.outputs().values()).isEqualTo(wanted);

      GroupResult other = router.ask(batch(2, 1, in, of("other", index))).header().getGroups(0);
      assertThat(other.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
      assertThat(other.getMessage()).contains(fingerprint, "other");

      grid.changeExperts(ExpertBook::withoutLast);
      grid.announce(
          NodeInfo.joining("other", "127.0.0.1", 1, shard.model.fingerprint(), 0)
              .ready(3, List.of(1, 2, 3)));
      place(3, List.of(0));
      awaited(view -> view.node(ID).orElseThrow().heldUnits().equals(List.of(0)));
      assertThat(router.ask(batch(3, 1, in, of(fingerprint, index))).header().getGroups(0))
          .extracting(GroupResult::getStatus)
          .isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
    }
  }

  @Test
  void anAddedExpertThatCannotBeLoadedIsTriedAgainAndTheNodeServesOn() throws Exception {
    ready(List.of(0));
    AddedExpert expert = GrownModels.write(shard.model.path(), extra.resolve("go"), "go");
    Path late = extra.resolve("late");
    grid.changeExperts(book ->
        book.with(
            shard.model.fingerprint(),
            new ExpertBook.Added("go", TinyShard.EXPERTS, expert.fingerprint(), late.toString())));
    placeWithAdded(2);
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      assertThat(router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_OK);
    }
    Files.move(expert.source(), late);
    awaited(view -> view.node(ID).orElseThrow().heldUnits().contains(TinyShard.EXPERTS));
  }

  @Test
  void aNodeThatDrainsSaysSoAnswersOnAndEndsItsStreams() throws Exception {
    ready(List.of(0));
    CompletableFuture<ClusterView> draining =
        when(view -> view.node(ID).orElseThrow().state() == NodeState.DRAINING);
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      Thread stopping = Thread.ofPlatform().start(node::drain);
      draining.get(20, TimeUnit.SECONDS);
      assertThat(router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_OK);
      Status end = router.end();
      assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(end.getDescription()).isEqualTo("node " + ID + " stops");
      stopping.join();
      assertThat(grid.closed()).isTrue();
    }
  }

  private static ExpertGroup of(String fingerprint, int index) {
    return group(index, 0, 1, 2).toBuilder().setExpertFingerprint(fingerprint).build();
  }

  /** As {@link #place} with unit 0, and the added one. */
  private void placeWithAdded(long epoch) {
    List<List<String>> holders = new java.util.ArrayList<>();
    for (int unit = 0; unit <= TinyShard.EXPERTS; unit++) {
      holders.add(List.of(unit == 0 || unit == TinyShard.EXPERTS ? ID : "other"));
    }
    String model = shard.model.fingerprint();
    grid.place(new Placement(epoch, model, holders.size(), 1, 1, List.of(ID, "other"), holders));
  }

  private ServingStatus serving() {
    try (RouterStream router = new RouterStream(node.address())) {
      return HealthGrpc.newBlockingStub(router.channel())
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .check(HealthCheckRequest.newBuilder().setService("switchboard.v1.ExpertNode").build())
          .getStatus();
    }
  }
}
