package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchMainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine line = BenchMain.commandLine();
    return line.setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void helpShowsExamples() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("./switchboard bench hop --tokens 1 --width 2048 --json");
    assertThat(run("model", "--help")).isZero();
  }

  @Test
  void impossibleValuesAreWrongUsage() {
    assertThat(run("hop", "--width", "0")).isEqualTo(2);
    assertThat(run("hop", "--way", "pigeon")).isEqualTo(2);
    assertThat(err.toString()).contains("--width 0: expected 1 or more").doesNotContain("\tat ");
    assertThat(run("model", "--runs", "0")).isEqualTo(2);
    assertThat(run("--no-such-option")).isEqualTo(2);
    assertThat(run("model", "--threads", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--threads 0: expected 1 or more");
    assertThat(run("model", "--threads", "4096")).isEqualTo(2);
    assertThat(run("model", "--nodes", "2", "--router-threads", "-1")).isEqualTo(2);
    assertThat(run("model", "--nodes", "2", "--replicas", "3")).isEqualTo(2);
    assertThat(err.toString()).contains("--replicas 3: expected 1 to the number of nodes, 2");
    assertThat(run("model", "--router-threads", "1")).isEqualTo(2);
    assertThat(run("model", "--streams", "0")).isEqualTo(2);
    assertThat(run("model", "--kernels", "fast")).isEqualTo(2);
    assertThat(err.toString()).contains("--kernels fast: expected one of auto, java, native");
    assertThat(run("model", "--depth", "-1")).isEqualTo(2);
    assertThat(run("model", "--bf16", "fast")).isEqualTo(2);
    assertThat(run("model", "--bf16", "dot", "--nodes", "1")).isEqualTo(2);
    assertThat(run("context", "--lengths", "10k,1k")).isEqualTo(2);
    assertThat(run("context", "--lengths", "1k", "--extend", "100k")).isEqualTo(2);
    assertThat(run("context", "--runs", "0")).isEqualTo(2);
    assertThat(run("book", "b.txt", "--bytes", "0")).isEqualTo(2);
    assertThat(run("book", "b.txt", "--tokens", "0")).isEqualTo(2);
    assertThat(run("book")).isEqualTo(2);
    assertThat(run("model", "--kv", "q8")).isEqualTo(2);
    assertThat(err.toString()).contains("--kv q8: expected one of f32, f16");
    assertThat(run("kernels", "--only", "gems")).isEqualTo(2);
    assertThat(run("kernels", "--format", "F64")).isEqualTo(2);
    assertThat(run("start", "--runs", "0")).isEqualTo(2);
    assertThat(run("moves", "--nodes", "1")).isEqualTo(2);
    assertThat(run("moves", "--rounds", "0")).isEqualTo(2);
  }

  @Test
  void aMissingModelIsNamed() {
    assertThat(run("model", "no/such/model")).isEqualTo(1);
    assertThat(err.toString()).contains("no/such/model").doesNotContain("\tat ");
    assertThat(run("book", "no/such/book")).isEqualTo(1);
    assertThat(err.toString()).contains("cannot read no/such/book");
  }
}
