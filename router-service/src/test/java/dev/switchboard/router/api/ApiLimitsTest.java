package dev.switchboard.router.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.proto.v1.OnLostExpert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiLimitsTest {
  private static ApiLimits limits(boolean degrade) {
    return new ApiLimits(10, 10, 12, 4, 4, 5000, degrade);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsLostIsTheRoutersWordWhereTheRequestSaysNothing(boolean degrade) {
    ApiLimits limits = limits(degrade);
    assertThat(limits.degrades(OnLostExpert.ON_LOST_EXPERT_UNSPECIFIED)).isEqualTo(degrade);
    assertThat(limits.degrades(OnLostExpert.ON_LOST_EXPERT_FAIL)).isFalse();
    assertThat(limits.degrades(OnLostExpert.ON_LOST_EXPERT_DEGRADE)).isTrue();
  }

  @Test
  void aPolicyOfTheFutureIsRefusedByName() {
    assertThatThrownBy(() -> limits(true).degrades(OnLostExpert.UNRECOGNIZED))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("on_lost_expert");
  }
}
