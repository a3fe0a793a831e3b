package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayTest {
  private static final int PATIENCE_MILLIS = 10_000;

  private ServerSocket node;
  private Relay relay;
  private Socket router;
  private Socket served;

  @BeforeEach
  void connect() throws IOException {
    node = new ServerSocket(0, 4, InetAddress.getLoopbackAddress());
    node.setSoTimeout(PATIENCE_MILLIS);
    relay = Relay.to(node.getLocalPort(), 1);
    router = new Socket(InetAddress.getLoopbackAddress(), relay.port());
    router.setSoTimeout(PATIENCE_MILLIS);
    served = node.accept();
    served.setSoTimeout(PATIENCE_MILLIS);
  }

  @AfterEach
  void close() throws IOException {
    router.close();
    served.close();
    relay.close();
    node.close();
  }

  private static byte[] message(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    return bytes;
  }

  @Test
  void bytesPassBothWaysAndTheEndToo() throws IOException {
    router.getOutputStream().write(message(100_000));
    assertThat(served.getInputStream().readNBytes(100_000)).isEqualTo(message(100_000));
    served.getOutputStream().write(message(3));
    assertThat(router.getInputStream().readNBytes(3)).isEqualTo(message(3));
    served.close();
    assertThat(router.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void whatIsCutArrivesAfterwardsAndTheOtherWayIsOpen() throws IOException {
    relay.weather(Weather.CUT, Weather.FAIR);
    router.getOutputStream().write(message(5));
    served.getOutputStream().write(message(4));
    assertThat(router.getInputStream().readNBytes(4)).isEqualTo(message(4));
    served.setSoTimeout(50);
    assertThatThrownBy(() -> served.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    served.setSoTimeout(PATIENCE_MILLIS);
    relay.weather(Weather.FAIR, Weather.FAIR);
    assertThat(served.getInputStream().readNBytes(5)).isEqualTo(message(5));
  }

  @Test
  void aResetEndsTheConnectionInTheMiddleOfAMessage() throws IOException {
    relay.weather(Weather.RESETTING, Weather.FAIR);
    router.getOutputStream().write(message(1000));
    assertThat(readToTheEnd(served)).isLessThan(1000);
    assertThat(readToTheEnd(router)).isZero();
  }

  /** How many bytes come until the end, or a reset. */
  private static int readToTheEnd(Socket socket) throws IOException {
    int count = 0;
    try {
      while (socket.getInputStream().read() >= 0) {
        count++;
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is open after " + count + " bytes", e);
    } catch (SocketException reset) {
      return count;
    }
    return count;
  }

  @Test
  void lostSegmentsComeLateAndInOrder() throws IOException {
    relay.weather(Weather.losing(1000), Weather.FAIR);
    long begun = System.nanoTime();
    router.getOutputStream().write(message(10));
    assertThat(served.getInputStream().readNBytes(10)).isEqualTo(message(10));
    assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(190));
  }

  @Test
  void oneBitOfALargeMessageChangesAndSmallOnesStay() throws IOException {
    relay.weather(Weather.corrupting(1000), Weather.FAIR);
    router.getOutputStream().write(message(300));
    assertThat(served.getInputStream().readNBytes(300)).isEqualTo(message(300));
    router.getOutputStream().write(message(1000));
    byte[] got = served.getInputStream().readNBytes(1000);
    assertThat(got).isNotEqualTo(message(1000));
  }
}
