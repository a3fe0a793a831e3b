package dev.switchboard.router.dispatch;

import io.grpc.ManagedChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The ways to one node: its TCP address, and the socket of this host if the node is here. The
 * socket is taken while its file is there; after an attempt that came to nothing, TCP is. Guarded
 * by its link.
 */
final class LinkChannels implements AutoCloseable {
  private final ManagedChannel tcp;
  private final Optional<Path> socket;
  private final Optional<Path> lanes;
  private final Function<Path, ManagedChannel> openLocal;
  private @Nullable ManagedChannel local;
  private boolean wasLocal;
  private boolean localFailed;

  /**
   * @param socket where a node of this host would listen; empty not to try
   * @param lanes where it would take lanes; empty for none
   * @param openLocal opens a channel to a socket
   */
  LinkChannels(
      ManagedChannel tcp,
      Optional<Path> socket,
      Optional<Path> lanes,
      Function<Path, ManagedChannel> openLocal) {
    this.tcp = tcp;
    this.socket = socket;
    this.lanes = lanes;
    this.openLocal = openLocal;
  }

  /** By the node's address. */
  ManagedChannel tcp() {
    return tcp;
  }

  /** For the next stream. */
  ManagedChannel next() {
    wasLocal = !localFailed && socket.filter(Files::exists).isPresent();
    ManagedChannel channel = wasLocal ? local(socket.orElseThrow()) : tcp;
    channel.resetConnectBackoff();
    return channel;
  }

  private ManagedChannel local(Path path) {
    if (local == null) {
      local = openLocal.apply(path);
    }
    return local;
  }

  /** The stream of {@link #next} did not come about. */
  void failed() {
    localFailed |= wasLocal;
  }

  /** Whether the last stream goes through the socket. */
  boolean isLocal() {
    return wasLocal;
  }

  /** Where the node of the last stream takes lanes; empty if it is elsewhere. */
  Optional<Path> lanes() {
    return wasLocal ? lanes.filter(Files::exists) : Optional.empty();
  }

  @Override
  public void close() {
    tcp.shutdownNow();
    if (local != null) {
      local.shutdownNow();
    }
  }
}
