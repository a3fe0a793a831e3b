package dev.switchboard.router.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import org.junit.jupiter.api.Test;

class OtherRoutersTest {
  private static final ExpertBook.Added GO = new ExpertBook.Added("go", 8, "f1", "/x");

  private static ExpertList list(String fingerprint, boolean disabled, int requests) {
    return ExpertList.newBuilder()
        .addExperts(ExpertEntry.newBuilder().setName("own"))
        .addExperts(
            ExpertEntry.newBuilder()
                .setName("go")
                .setFingerprint(fingerprint)
                .setDisabled(disabled)
                .setRequests(requests))
        .build();
  }

  @Test
  void anExpertIsNeededUntilItIsKnownToBeDisabledAndNoRequestMayWakeIt() {
    assertThat(OtherRouters.need(list("f1", true, 0), GO)).isEmpty();
    assertThat(OtherRouters.need(list("f1", true, 2), GO)).contains("2 requests that may wake go");
    assertThat(OtherRouters.need(list("f1", false, 0), GO).orElseThrow()).contains("not heard");
    assertThat(OtherRouters.need(list("f2", true, 0), GO).orElseThrow()).contains("not heard");
  }
}
