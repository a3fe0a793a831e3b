package dev.switchboard.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.proto.v1.Hello;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HandshakeTest {
  private static final Hello MINE =
      Handshake.hello(1, "abc", List.of("wire=bf16", "a=b")).setSenderId("node-1").build();

  @Test
  void theOrderOfOptionsAndTheBoundsDoNotMatter() {
    Hello theirs =
        Handshake.hello(1, "abc", List.of("a=b", "wire=bf16"))
            .setSenderId("router-1")
            .setMaxMessageBytes(5)
            .build();
    assertThat(Handshake.check(MINE, theirs)).isEmpty();
  }

  static Stream<Arguments> differences() {
    return Stream.of(
        row(b -> b.setProtocolVersion(9), "protocol version 2 here, 9 there"),
        row(b -> b.setArithmeticVersion(0), "arithmetic version 1 here, 0 there"),
        row(b -> b.setModelFingerprint("xyz"), "model fingerprint abc here, xyz there"),
        row(
            Hello.Builder::clearArithmeticOptions,
            "arithmetic options [a=b, wire=bf16] here, [] there"));
  }

  private static Arguments row(UnaryOperator<Hello.Builder> change, String message) {
    return Arguments.of(change, message);
  }

  @ParameterizedTest
  @MethodSource("differences")
  void everyDifferenceNamesBothSides(UnaryOperator<Hello.Builder> change, String message) {
    Hello theirs = change.apply(MINE.toBuilder().setSenderId("router-1")).build();
    assertThat(Handshake.check(MINE, theirs))
        .contains("node-1 and router-1 do not agree: " + message);
  }

  @Test
  void allDifferencesAreNamedAtOnce() {
    assertThat(Handshake.check(MINE, Hello.getDefaultInstance()).orElseThrow())
        .contains(
            "a peer without a name",
            "protocol version",
            "arithmetic version",
            "model fingerprint",
            "options");
  }
}
