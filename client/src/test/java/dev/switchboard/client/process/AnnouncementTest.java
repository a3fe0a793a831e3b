package dev.switchboard.client.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnouncementTest {
  @Test
  void readsPlainFieldsAndSkipsNestedOnes() {
    Announcement said =
        Announcement.read(
                "{\"ready\":\"node\",\"pid\":12,\"held\":[1,{\"a\":2}],\"address\":\"127.0.0.1:5\"}")
            .orElseThrow();
    assertThat(said.kind()).isEqualTo("ready");
    assertThat(said.field("pid")).isEqualTo("12");
    assertThat(said.field("address")).isEqualTo("127.0.0.1:5");
    assertThatThrownBy(() -> said.field("grid")).hasMessageContaining("the node's 'ready' line");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hello", "{", "{\"other\":1}", "[1]", "{\"ready\":"})
  void otherLinesAreNone(String line) {
    assertThat(Announcement.read(line)).isEmpty();
  }
}
