package dev.switchboard.proto.codec;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerFactory;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The network threads of a process, shared by its server and its channels. One thread is enough for
 * a process that talks to a few peers, and eight nodes may share two cores; so gRPC's default of
 * two a core is never used.
 */
public final class EventLoops implements AutoCloseable {
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(1);

  private final EventLoopGroup group;
  private final boolean epoll;
  private final @Nullable NetworkTurn turn;

  private EventLoops(EventLoopGroup group, boolean epoll, @Nullable NetworkTurn turn) {
    this.group = group;
    this.epoll = epoll;
    this.turn = turn;
  }

  /** {@code threads} daemon threads called {@code name-...}; epoll where the system has it. */
  public static EventLoops start(String name, int threads) {
    boolean epoll = Epoll.isAvailable();
    var factory = new DefaultThreadFactory(name, true);
    return new EventLoops(
        new MultiThreadIoEventLoopGroup(threads, factory, handlers(epoll)), epoll, null);
  }

  /**
   * One loop that the thread which waits for the network drives itself, see {@link #turn}; a daemon
   * thread of the given name drives it while nobody does.
   */
  public static EventLoops inTurns(String name) {
    boolean epoll = Epoll.isAvailable();
    TurnLoop loop = new TurnLoop(name, handlers(epoll));
    return new EventLoops(loop, epoll, new NetworkTurn(loop));
  }

  private static IoHandlerFactory handlers(boolean epoll) {
    return epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** How to drive the loop; empty where it has threads of its own. */
  public Optional<NetworkTurn> turn() {
    return Optional.ofNullable(turn);
  }

  EventLoopGroup group() {
    return group;
  }

  /** Whether this system has sockets that are files. */
  boolean hasLocalSockets() {
    return epoll;
  }

  Class<? extends ServerChannel> serverChannel() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  Class<? extends Channel> channel() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  static Class<? extends ServerChannel> localServerChannel() {
    return EpollServerDomainSocketChannel.class;
  }

  static Class<? extends Channel> localChannel() {
    return EpollDomainSocketChannel.class;
  }

  /** Ends the threads; servers and channels on them must have been closed before. */
  @Override
  public void close() {
    var done = group.shutdownGracefully(0, CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    done.awaitUninterruptibly(CLOSE_WITHIN.toMillis());
  }
}
