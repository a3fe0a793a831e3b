package dev.switchboard.client.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Stands between routers and one node on loopback and passes bytes on, as the {@link Weather} of
 * each direction lets it. Two threads a connection. Where nobody listens behind it, a connection
 * ends at once.
 */
final class Relay implements AutoCloseable {
  /** Of Ethernet: what is lost at once. */
  private static final int SEGMENT_BYTES = 1448;

  /** What Linux waits at least before it repeats a lost packet that nothing follows. */
  private static final long REPEAT_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Smaller ones are words of the protocol, and not messages with tensors. */
  private static final int LEAST_CORRUPTED_BYTES = 400;

  private static final int BUFFER_BYTES = 64 << 10;

  private final ServerSocket door;
  private final InetSocketAddress behind;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Random random;
  private Weather toNode = Weather.FAIR;
  private Weather fromNode = Weather.FAIR;
  private boolean closed;

  private Relay(ServerSocket door, int port, long seed) {
    this.door = door;
    this.behind = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.random = new Random(seed);
  }

  /**
   * @param port on loopback, where the node listens or will
   */
  static Relay to(int port, long seed) throws IOException {
    ServerSocket door = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Relay relay = new Relay(door, port, seed);
    Thread.ofPlatform().daemon().name("relay to " + port).start(relay::accept);
    return relay;
  }

  int port() {
    return door.getLocalPort();
  }

  void weather(Weather towards, Weather back) {
    lock.lock();
    try {
      toNode = towards;
      fromNode = back;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    try {
      while (!door.isClosed()) {
        Socket here = door.accept();
        open.add(here);
        Thread.ofPlatform().daemon().name("relay").start(() -> serve(here));
      }
    } catch (IOException e) {
      // The relay is closed.
    }
  }

  private void serve(Socket here) {
    Socket there = new Socket();
    open.add(there);
    try {
      there.connect(behind);
      here.setTcpNoDelay(true);
      there.setTcpNoDelay(true);
      Thread back =
          Thread.ofPlatform().daemon().name("relay back").start(() -> pass(there, here, false));
      pass(here, there, true);
      back.join();
    } catch (IOException e) {
      // Nobody listens: this side is told so below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end(here, false);
      end(there, false);
    }
  }

  private void pass(Socket from, Socket to, boolean towards) {
    byte[] bytes = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        Weather weather = awaitPassage(towards);
        if (weather.resets() && n > 1) {
          out.write(bytes, 0, n / 2);
          end(from, true);
          end(to, true);
          return;
        }
        delayLost(weather, n);
        corrupt(weather, bytes, n);
        out.write(bytes, 0, n);
      }
      awaitPassage(towards);
      to.shutdownOutput();
    } catch (IOException e) {
      end(from, true);
      end(to, true);
    }
  }

  private Weather awaitPassage(boolean towards) throws IOException {
    lock.lock();
    try {
      while (!closed && (towards ? toNode : fromNode).cut()) {
        changed.awaitUninterruptibly();
      }
      if (closed) {
        throw new IOException("the relay is closed");
      }
      return towards ? toNode : fromNode;
    } finally {
      lock.unlock();
    }
  }

  private void delayLost(Weather weather, int length) throws IOException {
    for (int at = 0; weather.lossPermille() > 0 && at < length; at += SEGMENT_BYTES) {
      if (roll(weather.lossPermille())) {
        pause();
      }
    }
  }

  private void pause() throws IOException {
    lock.lock();
    try {
      for (long left = REPEAT_AFTER_NANOS; left > 0 && !closed; ) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  private void corrupt(Weather weather, byte[] bytes, int length) {
    if (length >= LEAST_CORRUPTED_BYTES && roll(weather.corruptPermille())) {
      int at = number(length / 4, length);
      bytes[at] ^= (byte) (1 << number(0, 8));
    }
  }

  private boolean roll(int permille) {
    return permille > 0 && number(0, 1000) < permille;
  }

  /** The threads of all connections draw from one source. */
  private int number(int from, int to) {
    lock.lock();
    try {
      return random.nextInt(from, to);
    } finally {
      lock.unlock();
    }
  }

  /**
   * @param hard with a reset, where what was not read is lost
   */
  private void end(Socket socket, boolean hard) {
    open.remove(socket);
    try {
      if (hard && !socket.isClosed()) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    door.close();
    open.forEach(socket -> end(socket, true));
  }
}
