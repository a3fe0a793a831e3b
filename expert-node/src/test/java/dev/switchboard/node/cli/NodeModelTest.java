package dev.switchboard.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.Speaks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NodeModelTest {
  private static final ClusterView VIEW =
      new ClusterView(
          List.of(),
          List.of(router("a", "old", "2"), router("b", "new", "2"), router("c", "new", "3")),
          Optional.empty(),
          1);

  private static RouterInfo router(String id, String model, String arithmetic) {
    return new RouterInfo(id, "127.0.0.1", 1, 1, model, true, false)
        .speaking(new Speaks("1", arithmetic, 2, 3));
  }

  @Test
  void whoeverCameLastAndComputesAlikeSaysWhichModel() {
    assertThat(NodeModel.last(VIEW, "2").map(RouterInfo::model)).contains("new");
    assertThat(NodeModel.last(VIEW, "2").map(RouterInfo::id)).contains("b");
    assertThat(NodeModel.last(VIEW, "4")).isEmpty();
  }
}
