package dev.switchboard.cluster.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LeaseElectionTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final Duration TERM = Duration.ofSeconds(15);

  private final LeaseElection a = new LeaseElection("a", TERM);
  private final LeaseElection b = new LeaseElection("b", TERM);
  private Optional<LeaseEntry> written = Optional.empty();

  /** One reads, and writes what it wants to. */
  private void look(LeaseElection one, long seconds) {
    one.look(written, seconds * SECOND)
        .ifPresent(entry -> {
          written = Optional.of(entry);
          one.wrote(entry, seconds * SECOND);
        });
  }

  private static boolean leads(LeaseElection one, long seconds) {
    return one.leads(seconds * SECOND);
  }

  @Test
  void whoComesFirstLeadsAsLongAsItRenews() {
    for (int at = 0; at < 100; at += 2) {
      look(a, at);
      look(b, at + 1);
      assertThat(leads(a, at + 1)).isTrue();
      assertThat(leads(b, at + 1)).isFalse();
      assertThat(b.holder()).contains("a");
    }
  }

  @Test
  void aHolderThatIsSilentStopsBeforeAnotherBegins() {
    look(a, 0);
    look(b, 1);
    long aStops = -1;
    long bBegins = -1;
    for (int at = 2; at < 40; at++) {
      look(b, at);
      aStops = aStops < 0 && !leads(a, at) ? at : aStops;
      bBegins = bBegins < 0 && leads(b, at) ? at : bBegins;
      assertThat(leads(a, at) && leads(b, at)).isFalse();
    }
    assertThat(aStops).isEqualTo(10);
    assertThat(bBegins).isEqualTo(16);
    look(a, 41);
    assertThat(leads(a, 41)).isFalse();
    assertThat(a.holder()).contains("b");
  }

  @Test
  void aClockThatSomebodyElseWroteDoesNotMatter() {
    look(a, 0);
    // The other one's clock began elsewhere: it has to see the silence itself.
    look(b, 1_000_000);
    assertThat(leads(b, 1_000_000)).isFalse();
    look(b, 1_000_014);
    assertThat(leads(b, 1_000_014)).isFalse();
    look(b, 1_000_015);
    assertThat(leads(b, 1_000_015)).isTrue();
  }

  @Test
  void whatWasNotWrittenLeadsNobody() {
    assertThat(a.look(Optional.empty(), 0)).contains(new LeaseEntry("a", 1));
    assertThat(leads(a, 0)).isFalse();
    assertThat(a.gives()).isFalse();
  }

  @Test
  void anEntryIsReadAsItWasWrittenAndNoiseIsNobody() {
    LeaseEntry entry = new LeaseEntry("router-1@host", 7);
    assertThat(LeaseEntry.parse(entry.text())).contains(entry);
    for (String noise : new String[] {"", " ", "7", "7 ", "x router", " router"}) {
      assertThat(LeaseEntry.parse(noise)).as(noise).isEmpty();
    }
    assertThat(LeaseEntry.after(Optional.of(entry), "b")).isEqualTo(new LeaseEntry("b", 8));
  }
}
