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
        row(b -> b.setProtocolVersion(9), "protocol version 2 to 3 here, 9 there"),
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
  void theNewestProtocolThatBothSpeakIsUsed() {
    assertThat(protocol("2-3", "2-3")).isEqualTo(3);
    assertThat(protocol("2-3", "3-4")).isEqualTo(3);
    assertThat(protocol("3-4", "2-3")).isEqualTo(3);
    assertThat(protocol("2-3", "4-5")).isZero();
    assertThat(protocol("5-9", "1-6")).isEqualTo(6);
  }

  @Test
  void aPeerThatNamesOneVersionIsSpokenToInIt() {
    Hello old = MINE.toBuilder().setProtocolVersion(2).clearNewestProtocolVersion().build();
    assertThat(Handshake.check(MINE, old)).isEmpty();
    assertThat(Handshake.protocol(MINE, old)).isEqualTo(2);
    // And it, which compares for equality, takes what we name first for ours.
    assertThat(MINE.getProtocolVersion()).isEqualTo(2);
    Hello hostile = MINE.toBuilder().setProtocolVersion(-1).setNewestProtocolVersion(-7).build();
    assertThat(Handshake.check(MINE, hostile).orElseThrow()).contains("protocol version");
  }

  private static int protocol(String mine, String theirs) {
    return Handshake.protocol(speaking(mine), speaking(theirs));
  }

  private static Hello speaking(String range) {
    Protocols protocols = Protocols.parse(range);
    return MINE.toBuilder()
        .setProtocolVersion(protocols.oldest())
        .setNewestProtocolVersion(protocols.newest())
        .build();
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
