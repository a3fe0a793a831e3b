package dev.switchboard.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalSocketsTest {
  private final EventLoops here = EventLoops.inTurns("test-here");
  private final EventLoops there = EventLoops.inTurns("test-there");

  @TempDir private Path folder;

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  @Test
  void aServerIsReachedByItsSocketAndTakesItAwayAtTheEnd() throws IOException {
    Path socket = sockets().of("node-1-00aa").orElseThrow();
    try (RunningServer server = start(socket)) {
      assertThat(server.local()).isTrue();
      server.setServing(true);
      assertThat(health(socket)).isEqualTo(ServingStatus.SERVING);
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void aFileThatADeadProcessLeftIsReplaced() throws IOException {
    Path socket = sockets().of("node-1-00ab").orElseThrow();
    Files.writeString(socket, "left behind");
    try (RunningServer server = start(socket)) {
      server.setServing(true);
      assertThat(health(socket)).isEqualTo(ServingStatus.SERVING);
    }
  }

  @Test
  void aSocketThatNobodyListensOnIsUnavailable() throws IOException {
    Path socket = sockets().of("node-1-00ac").orElseThrow();
    Files.writeString(socket, "left behind");
    Assertions.assertThatThrownBy(() -> health(socket))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void whatTheDeadLeftBehindIsSweptAway() throws IOException {
    LocalSockets sockets = sockets();
    Path dead = sockets.of("node-999999999-00ad").orElseThrow();
    Path mine = sockets.of("node-" + ProcessHandle.current().pid() + "-00ae").orElseThrow();
    Files.createFile(dead);
    Files.createFile(mine);
    sockets.sweep();
    assertThat(dead).doesNotExist();
    assertThat(mine).exists();
  }

  @Test
  void aFolderThatOthersMayEnterIsNotUsed() throws IOException {
    Path open = folder.resolve("open");
    Files.createDirectory(open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(LocalSockets.in(open)).isEmpty();
  }

  @Test
  void namesThatAreNoneAndPathsThatAreTooLongGoByTcp() {
    assertThat(sockets().of("../node-1-00")).isEmpty();
    assertThat(sockets().of("node-1-" + "0".repeat(100))).isEmpty();
  }

  private LocalSockets sockets() {
    return LocalSockets.in(folder.resolve("s")).orElseThrow();
  }

  private RunningServer start(Path socket) throws IOException {
    ServerSpec spec =
        new ServerSpec(
            ServerSpec.LOOPBACK, 0, 1 << 20, Runnable::run, Optional.of(socket), List.of());
    return GrpcServers.start(spec, there);
  }

  private ServingStatus health(Path socket) {
    ManagedChannel channel = GrpcChannels.openLocal(socket, 1 << 20, here);
    try {
      return HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance())
          .getStatus();
    } finally {
      channel.shutdownNow();
    }
  }
}
