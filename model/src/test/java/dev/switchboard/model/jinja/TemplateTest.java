package dev.switchboard.model.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
  @ParameterizedTest
  @Timeout(20)
  @ValueSource(
      strings = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(t='a') %}{% for i in range(99) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
        "{% set ns = namespace(t=[1]) %}{% for i in range(99) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
        "{{ 'a' * 1000000000000 }}",
        "{{ [1] * 1000000000000 }}",
        "{{ 'a'.center(2000000000) }}",
        "{{ 'x'.ljust(99999999999) }}",
        "{{ '%999d' % 1 }}{% for i in range(100000) %}{{ '%999d' % 1 }}{% endfor %}",
        "{% for i in range(100000) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 100 }}{% endfor %}",
        "{% set t = 'ab' * 4000000 %}{% for i in range(100000) %}{% set u = t.upper() %}{% endfor %}",
        "{% set t = 'ab' * 4000000 %}{% for i in range(100000) %}{% set u = 'b' in t %}{% endfor %}",
        "{% set t = 'ab' * 400000 %}{{ t.replace('a', t) }}",
        "{% set t = 'ab' * 400000 %}{{ t | replace('', t) }}",
        "{% set t = ['ab'] * 400000 %}{{ ('x' * 100000).join(t) }}",
        "{% set ns = namespace(l=[]) %}{% for i in range(150) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
        "{{ 2 ** 99999 }}",
        "{{ 9223372036854775807 + 1 }}",
        "{{ 99999999999999999999 }}",
        "{{ [3, 1] | tojson(indent=9999999) }}",
        "{{ [1] | batch(99999999, 0) }}",
        "{{ range(99999999999) }}"
      })
  void whatDoesNotEndOrMakesTooMuchIsStopped(String source) {
    assertThatThrownBy(() -> render(source))
        .isInstanceOf(JinjaException.class)
        .hasMessageStartingWith("line 1: ");
  }

  @Test
  void timeIsBoundedToo() {
    AtomicLong clock = new AtomicLong();
    Budget budget = new Budget(clock::get, Duration.ofSeconds(5).toNanos());
    budget.steps(10_000);
    clock.set(Duration.ofSeconds(6).toNanos());
    assertThatThrownBy(() -> budget.steps(10_000))
        .isInstanceOf(JinjaException.class)
        .hasMessageContaining("longer than 5000 ms");
  }

  static List<org.junit.jupiter.params.provider.Arguments> refused() {
    return List.of(
        arguments("x{% foo %}", "line 1: tag \"foo\" is not supported"),
        arguments("\n\n{{ 'a' | foo }}", "line 3: filter \"foo\" is not supported"),
        arguments("{{ 1 is foo }}", "line 1: test \"foo\" is not supported"),
        arguments("{% include 'a' %}", "tag \"include\" is not supported"),
        arguments("{% import 'a' as b %}", "tag \"import\" is not supported"),
        arguments("{% do x %}", "tag \"do\" is not supported"),
        arguments("{{ f(*a) }}", "arguments by \"*\" are not supported"),
        arguments("{{ 'a'.encode() }}", "'str object' has no attribute 'encode'"),
        arguments("{{ x.y.z }}", "'dict object' has no attribute 'y'"),
        arguments("{{ q.z }}", "'q' is undefined"),
        arguments("{{ x.update(a=1) }}", "\".update\" would change a dict"),
        arguments("{{ strftime_now('%Q') }}", "strftime_now: \"%Q\" is not supported"),
        arguments(
            "{{ 'a' | replace('a', b=1) }}", "filter \"replace\": argument \"b\" is not supported"),
        arguments(
            "{{ 'a'.split(',', 1, 2) }}", "\".split\" takes 2 arguments at most, 3 were given"),
        arguments("{{ '{:>5}'.format(1) }}", "format \"{:>5}\" is not supported"),
        arguments("{% if x %}", "tag \"endif\" is missing"),
        arguments("{% endfor %}", "tag \"endfor\" is not supported"),
        arguments("{{ | }}", "expected an expression"),
        arguments("{{ ( }}", "unexpected \"}\""),
        arguments("{{ 1 | map('foo') }}", "'int' cannot be looped over"),
        arguments("{{ [1] | map('foo') | list }}", "filter \"foo\" is not supported"),
        arguments("{% set loop = 1 %}", "\"loop\" cannot be assigned to"),
        arguments("{% macro f() %}{% break %}{% endmacro %}", "\"break\" outside of a loop"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatCannotBeRenderedIsNamed(String source, String expected) {
    assertThatThrownBy(() -> render(source))
        .isInstanceOf(JinjaException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void aTemplatesOwnRefusalIsToldApart() {
    assertThatThrownBy(() -> render("\n{{ raise_exception('no system role') }}"))
        .isInstanceOfSatisfying(JinjaException.class, e -> assertThat(e.isRaised()).isTrue())
        .hasMessage("line 2: no system role");
    assertThatThrownBy(() -> render("{{ q() }}"))
        .isInstanceOfSatisfying(JinjaException.class, e -> assertThat(e.isRaised()).isFalse());
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "{'a':", "not ", "-", "'a' if 1 else ", "x(", "1|join(", "x["})
  void deepNestingIsRefused(String open) {
    assertThatThrownBy(() -> render("{{ " + open.repeat(5_000))).isInstanceOf(JinjaException.class);
  }

  @Test
  void deepBlocksAndLargeTemplatesAreRefused() {
    assertThatThrownBy(() -> render("{% if x %}".repeat(1_000)))
        .isInstanceOf(JinjaException.class)
        .hasMessageContaining("nested deeper");
    assertThatThrownBy(() -> render(" ".repeat(Template.MAX_CHARS + 1)))
        .isInstanceOf(JinjaException.class)
        .hasMessageContaining("at most");
  }

  @Test
  void aTemplateRendersAgainAndAgain() {
    Template template = Template.of("{% set y = x.a %}{% for i in y %}{{ i }}{% endfor %}");
    for (int i = 0; i < 3; i++) {
      assertThat(template.render(Map.of("x", Map.of("a", List.of(1, 2L, "z"))), Clock.systemUTC()))
          .isEqualTo("12z");
    }
  }

  private static String render(String source) {
    return Template.of(source).render(Map.of("x", Map.of("a", 1)), Clock.systemUTC());
  }
}
