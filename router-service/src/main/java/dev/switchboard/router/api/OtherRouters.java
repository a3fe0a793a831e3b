package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import dev.switchboard.proto.v1.ListExpertsRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The other routers of the cluster, asked about an expert that is to leave.
 *
 * @param own id of this one
 */
record OtherRouters(Grid grid, String own) {
  private static final long DEADLINE_SECONDS = 5;

  /** Why one of them may still need an expert that was added; empty if none does. */
  Optional<String> need(ExpertBook.Added expert) {
    ClusterView view = grid.view();
    return view.allRouters().stream()
        .filter(router -> !router.id().equals(own))
        .filter(router -> router.model().equals(view.experts().model()))
        .flatMap(router -> need(router, expert).stream())
        .findFirst();
  }

  private static Optional<String> need(RouterInfo router, ExpertBook.Added expert) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(router.host(), router.port()).usePlaintext().build();
    try {
      ExpertList list =
          ClusterGrpc.newBlockingStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
              .listExperts(ListExpertsRequest.getDefaultInstance());
      return need(list, expert).map(reason -> "router " + router.id() + ": " + reason);
    } catch (StatusRuntimeException e) {
      return Optional.of("router %s does not answer: %s".formatted(router.id(), e.getMessage()));
    } finally {
      channel.shutdownNow();
    }
  }

  /** What a router's list says of an expert that has been disabled. */
  static Optional<String> need(ExpertList list, ExpertBook.Added expert) {
    Optional<ExpertEntry> entry =
        list.getExpertsList().stream()
            .filter(known -> known.getFingerprint().equals(expert.fingerprint()))
            .findFirst();
    if (entry.isEmpty() || !entry.get().getDisabled()) {
      return Optional.of("it has not heard yet that nobody may wake %s".formatted(expert.name()));
    }
    int requests = entry.get().getRequests();
    return requests == 0
        ? Optional.empty()
        : Optional.of("%d requests that may wake %s".formatted(requests, expert.name()));
  }
}
