package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChaosCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--kinds node_kicked | node_kicked",
        "--kinds partitioned --same-host lanes | partitioned: only with --same-host tcp",
        "--kinds router_killed --routers 1 | router_killed: that takes two routers or more",
        "--kinds node_lost --nodes 1 --replicas 1 | node_lost: that takes two nodes or more",
        "--kinds node_killed --scale 8 | there are no faults",
        "--scale 2 --nodes 4 | --scale 2: expected 4 to",
        "--faults -1 | --faults -1: expected 0 to",
        "--set replicaWait=1s | --set replicaWait: expected a setting",
        "--replicas 5 | --replicas 5: expected 1 to 4",
        "--minutes 0 | expected more than 0",
        "--same-host pigeons | expected one of tcp, lanes, sockets",
      })
  void whatMakesNoSenseIsWrongUsageAndSaysWhy(String options, String why) {
    Run run = Run.of(("chaos " + options).split(" "));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains(why);
  }
}
