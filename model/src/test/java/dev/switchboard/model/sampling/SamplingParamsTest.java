package dev.switchboard.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingParamsTest {
  @ParameterizedTest
  @CsvSource({
    "NaN,0,1,0,1,0,0, temperature is NaN; expected from 0 to 100",
    "-0.1,0,1,0,1,0,0, temperature is -0.1;",
    "Infinity,0,1,0,1,0,0, temperature is Infinity;",
    "1,-1,1,0,1,0,0, top_k is -1; expected 0 (all tokens) or more",
    "1,0,0,0,1,0,0, top_p is 0.0;",
    "1,0,1.01,0,1,0,0, top_p is 1.01;",
    "1,0,NaN,0,1,0,0, top_p is NaN;",
    "1,0,1,-0.5,1,0,0, min_p is -0.5; expected from 0 to 1",
    "1,0,1,2,1,0,0, min_p is 2.0;",
    "1,0,1,0,0,0,0, repetition_penalty is 0.0;",
    "1,0,1,0,NaN,0,0, repetition_penalty is NaN;",
    "1,0,1,0,1,2.5,0, presence_penalty is 2.5; expected from -2 to 2",
    "1,0,1,0,1,0,-3, frequency_penalty is -3.0;",
    "1,0,1,0,1,0,NaN, frequency_penalty is NaN;"
  })
  void namesTheValueAndTheRange(ArgumentsAccessor given) {
    assertThatThrownBy(() ->
            new SamplingParams(
                given.getFloat(0),
                given.getInteger(1),
                given.getFloat(2),
                given.getFloat(3),
                given.getFloat(4),
                given.getFloat(5),
                given.getFloat(6),
                1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(given.getString(7));
  }

  @Test
  void theBoundsThemselvesAreGood() {
    assertThat(new SamplingParams(100f, Integer.MAX_VALUE, 1f, 1f, 100f, -2f, 2f, -1).topK())
        .isPositive();
    assertThat(SamplingParams.greedy().temperature()).isZero();
  }
}
