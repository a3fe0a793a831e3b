package dev.switchboard.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our jars are told from others, whatever version they are of. */
class LaunchTest {
  @ParameterizedTest
  @CsvSource({
    "switchboard-model-0.1.0-SNAPSHOT.jar, model",
    "switchboard-cluster-config-0.1.0.jar, cluster-config",
    "switchboard-expert-node-1.0.0.jar, expert-node",
    "switchboard-router-service-12.3.jar, router-service"
  })
  void ours(String jar, String module) {
    assertThat(Launch.moduleOf(jar)).contains(module);
  }

  @Test
  void others() {
    assertThat(Launch.moduleOf("hazelcast-5.5.0.jar")).isEmpty();
    assertThat(Launch.moduleOf("switchboard-model-1.0.0-tests.jar")).isEmpty();
  }
}
