package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.DescribeGatesRequest;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertFile;
import dev.switchboard.proto.v1.ExpertList;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.ListExpertsRequest;
import dev.switchboard.proto.v1.RemoveExpertReply;
import dev.switchboard.proto.v1.RemoveExpertRequest;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code expert add} and {@code remove} against a router that takes its time. */
class ExpertCommandTest {
  @TempDir private Path folder;
  private final Map<ExpertFile, String> received = new TreeMap<>();
  private final List<ChangeGatesRequest> changes = new CopyOnWriteArrayList<>();
  private final AtomicInteger lists = new AtomicInteger();
  private final AtomicInteger removals = new AtomicInteger();
  private String active = "own";
  private Server server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Cluster())
            .addService(new Gates())
            .build()
            .start();
    port = server.getPort();
    Files.createDirectories(folder.resolve("gate"));
    Files.writeString(folder.resolve("config.json"), "c");
    Files.writeString(folder.resolve("model.safetensors"), "w");
    Files.writeString(folder.resolve("gate/gate.json"), "m");
    Files.writeString(folder.resolve("gate/gate.safetensors"), "g");
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private Run run(String... args) {
    List<String> all = new ArrayList<>(List.of("expert"));
    all.addAll(Arrays.asList(args));
    all.addAll(List.of("--router", "127.0.0.1:" + port));
    return Run.of(Map.of("USER", "anna"), "", all.toArray(String[]::new));
  }

  @Test
  void addSendsTheFilesWaitsForANodeAndThenRoutesAShare() {
    Run run = run("add", folder.toString(), "--share", "0.25", "--why", "new");
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .isEqualTo("expert go is expert 8, on n1; gates abc route 0.25 of the requests\n");
    assertThat(received.values()).containsExactly("c", "w", "m", "g");
    assertThat(lists).hasValueGreaterThan(1);
    assertThat(changes)
        .containsExactly(
            ChangeGatesRequest.newBuilder()
                .setAction(GatesAction.GATES_ACTION_CANARY)
                .setVersion("abc")
                .setShare(0.25)
                .setWho("anna")
                .setWhy("new")
                .build());
  }

  @Test
  void aShareOfOnePromotesAndWhatIsActiveStays() {
    assertThat(run("add", folder.toString(), "--share", "1").exit()).isZero();
    assertThat(changes.getFirst().getAction()).isEqualTo(GatesAction.GATES_ACTION_PROMOTE);
    active = "abc";
    assertThat(run("add", folder.toString()).exit()).isZero();
    assertThat(changes).hasSize(1);
  }

  @Test
  void removeAsksUntilNothingIsWaitedFor() {
    Run run = run("remove", "go");
    assertThat(run.exit()).isZero();
    assertThat(removals).hasValue(3);
    assertThat(run.out()).contains("english");
  }

  @Test
  void whatTakesTooLongIsSaid() {
    removals.set(-1000);
    Run run = run("remove", "go", "--timeout", "1");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("has not left within 1 s", "2 requests");
  }

  @Test
  void badInputIsRefused() throws IOException {
    assertThat(run("add", folder.toString(), "--share", "0").exit()).isEqualTo(2);
    assertThat(run("add", folder.toString(), "--share", "1.5").err()).contains("--share: 1.5");
    assertThat(run("remove", "go", "--timeout", "0").exit()).isEqualTo(2);
    Files.delete(folder.resolve("gate/gate.json"));
    Run run = run("add", folder.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("gate.json: no such file", "train expert");
    assertThat(run("remove", "english").err()).contains("one of the model's own");
  }

  @Test
  void whatARouterSaysOfBeingUnableIsTold() throws InterruptedException {
    assertThat(run("remove", "java").err())
        .contains("UNAVAILABLE", "127.0.0.1:" + port, "the grid did not answer")
        .doesNotContain("no router answers");
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    assertThat(run("remove", "java").err()).contains("UNAVAILABLE", "no router answers");
  }

  private static ExpertEntry go(boolean callable) {
    ExpertEntry.Builder entry =
        ExpertEntry.newBuilder().setIndex(8).setName("go").setFingerprint("f1");
    return callable ? entry.setCallable(true).addReplicas("n1").build() : entry.build();
  }

  private static ExpertList own() {
    return ExpertList.newBuilder().addExperts(ExpertEntry.newBuilder().setName("english")).build();
  }

  private final class Cluster extends ClusterGrpc.ClusterImplBase {
    @Override
    public StreamObserver<ExpertPart> addExpert(StreamObserver<AddExpertReply> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(ExpertPart part) {
          received.merge(part.getFile(), part.getData().toStringUtf8(), String::concat);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          out.onNext(
              AddExpertReply.newBuilder().setExpert(go(false)).setGateVersion("abc").build());
          out.onCompleted();
        }
      };
    }

    @Override
    public void listExperts(ListExpertsRequest request, StreamObserver<ExpertList> out) {
      boolean loaded = lists.incrementAndGet() > 1;
      out.onNext(own().toBuilder().addExperts(go(loaded)).build());
      out.onCompleted();
    }

    @Override
    public void removeExpert(RemoveExpertRequest request, StreamObserver<RemoveExpertReply> out) {
      if (request.getExpert().equals("english")) {
        out.onError(
            Status.INVALID_ARGUMENT
                .withDescription("expert: english is one of the model's own")
                .asException());
        return;
      }
      if (request.getExpert().equals("java")) {
        out.onError(Status.UNAVAILABLE.withDescription("the grid did not answer").asException());
        return;
      }
      String waiting = removals.incrementAndGet() < 3 ? "2 requests that may wake go" : "";
      out.onNext(RemoveExpertReply.newBuilder().setWaiting(waiting).setExperts(own()).build());
      out.onCompleted();
    }
  }

  private final class Gates extends GatesGrpc.GatesImplBase {
    @Override
    public void describeGates(DescribeGatesRequest request, StreamObserver<GatesDescription> out) {
      out.onNext(GatesDescription.newBuilder().setActive(active).build());
      out.onCompleted();
    }

    @Override
    public void changeGates(ChangeGatesRequest request, StreamObserver<GatesDescription> out) {
      changes.add(request);
      out.onNext(GatesDescription.getDefaultInstance());
      out.onCompleted();
    }
  }
}
