package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class MastersTest {
  @Test
  void aMasterThatIsNotThereIsNamedAtOnce() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
      assertThatCode(() -> Masters.check("spark://127.0.0.1:" + free.getLocalPort()))
          .doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> Masters.check("spark://127.0.0.1:" + port))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no Spark master at 127.0.0.1:" + port);
  }

  @Test
  void whatIsNoPlaceIsRefusedAndOtherMastersAreSparksAffair() {
    assertThatThrownBy(() -> Masters.check("spark://nowhere"))
        .hasMessageContaining("expected spark://HOST:PORT");
    assertThatCode(() -> Masters.check("local[2]")).doesNotThrowAnyException();
    assertThatCode(() -> Masters.check("local-cluster[2,1,1024]")).doesNotThrowAnyException();
  }
}
