package dev.switchboard.node.api;

import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.lane.LanePort;
import dev.switchboard.proto.lane.LaneSocket;
import dev.switchboard.proto.lane.SharedMemory;
import dev.switchboard.proto.v1.LaneHello;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where routers of this host come in for a lane; greets them and hands them to the computing
 * thread.
 */
public final class LaneDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LaneDoor.class);
  private static final long GREET_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final NodeContext node;
  private final Path path;
  private final ServerSocketChannel door;
  private final Thread thread;

  private LaneDoor(NodeContext node, Path path, ServerSocketChannel door) {
    this.node = node;
    this.path = path;
    this.door = door;
    this.thread = Thread.ofPlatform().name("node-lanes").daemon().unstarted(this::run);
  }

  /** Opens the door; empty, with a line in the log, where there can be none. */
  public static Optional<LaneDoor> open(Path path, NodeContext node) {
    if (!SharedMemory.available()) {
      return Optional.empty();
    }
    try {
      Files.deleteIfExists(path);
      ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      door.bind(UnixDomainSocketAddress.of(path));
      LaneDoor opened = new LaneDoor(node, path, door);
      opened.thread.start();
      return Optional.of(opened);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.info("no lanes at {}: {}", path, e.toString());
      return Optional.empty();
    }
  }

  private void run() {
    while (door.isOpen()) {
      try {
        greet(door.accept());
      } catch (AsynchronousCloseException closed) {
        return;
      } catch (IOException e) {
        LOG.warn("a lane that did not come about: {}", e.toString());
      }
    }
  }

  private void greet(SocketChannel accepted) throws IOException {
    LaneSocket socket = LaneSocket.of(accepted);
    try {
      LaneHello theirs = LaneHello.parseFrom(socket.await(GREET_WITHIN_NANOS));
      Optional<String> mismatch = Handshake.check(node.hello(), theirs.getHello());
      if (mismatch.isPresent()) {
        send(socket, LaneHello.newBuilder().setRefused(mismatch.get()).build());
        socket.close();
        return;
      }
      SharedMemory memory =
          SharedMemory.open(Path.of(theirs.getMemoryFile()), theirs.getMemoryBytes());
      LanePort port = LanePort.ofOpener(socket, memory);
      LaneStream lane =
          new LaneStream(
              node, port, memory, theirs.getHello().getSenderId(), () -> node.loop().laneEnded());
      // What fails here leaves no lane behind; what the router sends at once waits in the memory.
      send(socket, LaneHello.newBuilder().setHello(node.hello()).build());
      node.loop().addLane(port, lane::receive, lane::attend);
    } catch (InvalidPathException e) {
      socket.close();
      throw new IOException("a greeting without a file of memory: " + e.getMessage(), e);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static void send(LaneSocket socket, LaneHello hello) throws IOException {
    ByteBuffer frame = socket.frame().put(hello.toByteArray());
    socket.send(frame.position());
  }

  @Override
  public void close() {
    try {
      door.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.debug("closing the lanes' socket {}: {}", path, e.toString());
    }
  }
}
