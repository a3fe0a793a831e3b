package dev.switchboard.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExpertDomainsTest {
  private static final List<Domain> READ =
      List.of(domain("c", 3), domain("a", 1), domain("c++", 4), domain("b", 2));

  private static Domain domain(String name, int token) {
    return new Domain(name, new int[] {token, token}, new int[] {token});
  }

  @Test
  void everyExpertHasTheTextsOfItsName() throws IOException {
    assertThat(ExpertDomains.of(List.of("a", "b", "c", "c++"), READ, "x"))
        .extracting(Domain::name)
        .containsExactly("a", "b", "c", "c++");
  }

  @Test
  void aMergedOneHasThoseOfBothAndNobodyHasThoseOfOnesThatAreGone() throws IOException {
    List<Domain> domains = ExpertDomains.of(List.of("c", "b+a"), READ, "x");
    assertThat(domains).extracting(Domain::name).containsExactly("c", "b+a");
    assertThat(domains.get(1).train()).containsExactly(2, 2, 1, 1);
    assertThat(domains.get(1).test()).containsExactly(2, 1);
  }

  @Test
  void anExpertWithoutTextsIsRefused() {
    assertThatThrownBy(() -> ExpertDomains.of(List.of("a", "b+d"), READ, "corpora"))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("corpora", "b+d");
  }
}
