package dev.switchboard.router.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.proto.v1.VersionStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VersionCountsTest {
  private static final Speaks OLD = new Speaks("1.0", "2", 2, 3);
  private static final Speaks NEW = new Speaks("1.1", "2", 3, 4);
  private static final Speaks OTHER = new Speaks("2.0", "3", 4, 5);

  @Test
  void everyProcessIsCountedOnceAndOursComeFirst() {
    ClusterView view =
        new ClusterView(
            List.of(node("a", OLD).ready(1, List.of(0)), node("b", NEW)),
            List.of(router("r1", OLD)),
            Optional.empty(),
            ExpertBook.EMPTY,
            NodeBook.EMPTY,
            new ClusterView.Others(List.of(node("c", OTHER)), List.of(router("r2", OTHER))),
            1);
    List<VersionStatus> counts = new VersionCounts(view).build();
    assertThat(counts).hasSize(2);
    VersionStatus own = counts.getFirst();
    assertThat(own.getServedHere()).isTrue();
    assertThat(own.getRouters()).isEqualTo(1);
    assertThat(own.getNodes()).isEqualTo(2);
    assertThat(own.getHolders()).isEqualTo(1);
    assertThat(own.getSoftwareList()).containsExactly("1.0", "1.1");
    assertThat(own.getOldestProtocol()).isEqualTo(2);
    assertThat(own.getNewestProtocol()).isEqualTo(4);
    VersionStatus other = counts.getLast();
    assertThat(other.getServedHere()).isFalse();
    assertThat(other.getArithmetic()).isEqualTo("3");
    assertThat(other.getRouters() + other.getNodes()).isEqualTo(2);
    assertThat(other.getHolders()).isZero();
  }

  private static NodeInfo node(String id, Speaks speaks) {
    return NodeInfo.joining(id, "127.0.0.1", 1, "model", 0).speaking(speaks);
  }

  private static RouterInfo router(String id, Speaks speaks) {
    return new RouterInfo(id, "127.0.0.1", 1, 1, "model", true, false).speaking(speaks);
  }
}
