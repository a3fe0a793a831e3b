package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Wrong usage is exit code 2 and a line that names it, before any process starts (none could start
 * here).
 */
class OptionsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          demo --prompt a --max-tokens -1             | --max-tokens -1
          demo --prompt a --temperature NaN           | --temperature NaN
          demo --prompt a --temperature -0.5          | --temperature -0.5
          demo --prompt a --temperature Infinity      | --temperature Infinity
          demo --prompt a --nodes 0                   | --nodes 0
          demo --prompt a --nodes -3                  | --nodes -3
          demo --prompt a --nodes x                   | --nodes
          demo --prompt a --nodes 2 --replicas 3      | --replicas 3
          demo --prompt a --nodes 2 --in-process      | --in-process
          demo --prompt a --concurrent 0              | --concurrent 0
          demo --no-such-option                       | --no-such-option
          demo --prompt a --top-p 0                   | --top-p
          demo --prompt a --top-p 1.5                 | --top-p 1.5
          demo --prompt a --min-p NaN                 | --min-p NaN
          demo --prompt a --top-k -1                  | --top-k -1
          demo --prompt a --seed -1                   | --seed -1
          demo --prompt a --repetition-penalty 0      | --repetition-penalty
          demo --json                                 | --prompt
          demo --concurrent 2                         | --prompt
          generate                                    | --prompt
          generate --prompt a --prompt-file b         | exclude each other
          generate --ids 1,x,3                        | --ids
          generate --ids 1,-2                         | --ids -2
          generate --prompt a --force-ids 4,-2        | --force-ids -2
          generate --prompt a --force-ids x           | --force-ids
          generate --prompt a --end-token -1          | --end-token -1
          generate --prompt a --stop ''               | --stop
          generate --prompt a --logprobs -1           | --logprobs -1
          generate --prompt a --prompt-chunk -1       | --prompt-chunk -1
          generate --prompt a --router nowhere        | 'nowhere'
          generate --prompt a --router h:1 --nodes 2  | --router
          generate --prompt a --router h:1 --model m  | --router
          generate --prompt a --timeout 0             | --timeout 0
          generate --prompt a --threads 0             | --threads 0: expected 1 to 1024
          generate --prompt a --threads 2000          | --threads 2000
          generate --prompt a --threads two           | --threads
          generate --prompt a --router-threads 1      | --router-threads: without nodes
          generate --prompt a --in-process --router-threads 1 | --router-threads
          generate --prompt a --kernels fast          | --kernels fast: expected one of auto, java, native, scalar
          generate --prompt a --router h:1 --threads 2 | --router
          generate --prompt a --router h:1 --kernels java | --router
          demo --prompt a --nodes 2 --router-threads -1 | --router-threads -1
          route --text a --nodes 2 --threads -2       | --threads -2
          route                                       | --text
          route --text a --file b                     | --text
          route --text a --ids 1                      | --ids
          route --ids 1,-2                            | --ids -2
          route --ids 1 --window 3                    | --window
          route --text a --window 0                   | --window 0
          status --router x                           | 'x'
          status --nodes 3                            | --nodes
          no-such-command                             | no-such-command
          """)
  void wrongUsageIsNamed(String line, String named) {
    Run run = Run.of(line.replace("''", "").split(" ", -1));
    assertThat(run.exit()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).startsWith("switchboard: ").contains(named).doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          generate --prompt a --turn 1                | --turn
          generate --prompt a --received 1            | --received
          generate --prompt a --session s --turn 0    | --turn 0
          generate --prompt a --session ''            | --session
          generate --session s --load-state x         | --load-state
          generate --session s                        | nothing to continue
          generate --prompt a --session s --dump-logits x | --dump-logits
          session                                     | forget or fork
          session forget                              | NAME
          session fork a                              | NEW
          session fork a b --router x                 | 'x'
          """)
  void wrongUsageOfSessionsIsNamed(String line, String named) {
    wrongUsageIsNamed(line, named);
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "generate", "route", "session", "status"})
  void helpAndVersionGoToStandardOutput(String command) {
    Run help = Run.of(command, "--help");
    assertThat(help.exit()).isZero();
    assertThat(help.out()).contains("switchboard " + command).contains("Examples:");
    assertThat(Run.of(command, "--version").out()).startsWith("switchboard ");
  }

  @Test
  void rightOptionsGetAsFarAsTheMissingLauncher() {
    Run run =
        Run.of("generate", "--prompt", "a", "--temperature", "0", "--seed", "18446744073709551615");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("SWITCHBOARD_LAUNCH");
  }

  @Test
  void missingFilesAreNamed() {
    assertThat(Run.of("generate", "--prompt-file", "/absent/file").err())
        .isEqualTo("switchboard: cannot read /absent/file: no such file\n");
    assertThat(Run.of("generate", "--load-state", "/absent/file").err())
        .isEqualTo("switchboard: cannot read /absent/file: no such file\n");
    assertThat(Run.of("generate", "--load-state", "/dev/null").err())
        .contains("cannot read /dev/null: it is empty");
    assertThat(Run.of("route", "--file", "/absent/file").err())
        .isEqualTo("switchboard: cannot read /absent/file: no such file\n");
  }

  @Test
  void statusSaysWhereNobodyAnswered() {
    Run run = Run.of(Map.of("SWITCHBOARD_ROUTER", "127.0.0.1:1"), "", "status");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("UNAVAILABLE").contains("127.0.0.1:1").contains("--router");
  }
}
