package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternShapeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{M}]*[\\p{Ll}\\p{M}]+(?i:'s|'t)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s+",
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
        " ?[^(\\s|.,!?…。，、।۔،)]+",
        "[0-9][0-9][0-9]",
        "[\\p{Han}&&[^\\p{P}]]+",
        "[^]a]+",
        "\\s{512}(?!\\S)|\\s{1,2}",
        "x{,5}y{2}?",
        "((?=[\\p{L}])([^a-z]))*((?=[\\p{L}])([^A-Z]))+",
        "\\d{1,3}(?=(?:\\d{3})*\\b)",
        "(IMGIMG)((A|B|C){1,4})Z",
        "a{b}",
        ""
      })
  void knownPatternsAreLinear(String pattern) {
    assertThat(PatternShape.isLinear(pattern)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+$",
        "(?:a|a)*b",
        "a*a*b",
        "\\s+\\s+\\S",
        "(a?){30}b",
        "(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+",
        "a{2}+b+c+d",
        "(?=a*a*b)",
        "(x*)*"
      })
  void othersAreNot(String pattern) {
    assertThat(PatternShape.isLinear(pattern)).isFalse();
    assertThatThrownBy(() -> PatternShape.check(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("more steps");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a)\\1",
        "(?<n>a)\\g<n>",
        "(?<n>a)",
        "\\k<n>",
        "(?~ab)",
        "(?x) a",
        "(a",
        "a)",
        "[a",
        "*a",
        "a\\",
        "((a{1000}){1000}){1000}",
        "(?(1)a|b)",
        "\\p{L",
        "a|*"
      })
  void whatItDoesNotReadIsRefused(String pattern) {
    assertThatThrownBy(() -> PatternShape.isLinear(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at character");
  }

  @Test
  void sizesAreBounded() {
    assertThatThrownBy(() -> PatternShape.isLinear("a".repeat(10_000)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PatternShape.isLinear("(".repeat(1000) + ")".repeat(1000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
