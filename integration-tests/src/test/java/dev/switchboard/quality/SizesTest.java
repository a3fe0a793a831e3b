package dev.switchboard.quality;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No file and no method of ours outgrows a reader. */
class SizesTest {
  private static final Repository REPOSITORY = Repository.here();

  @ParameterizedTest
  @ValueSource(strings = {"main", "test"})
  void filesAndMethodsKeepTheLimits(String set) {
    Sizes.Measured measured =
        Sizes.measure(Sizes.read(REPOSITORY.root(), REPOSITORY.javaSources(set)));

    assertThat(measured.methods()).as("methods seen").hasSizeGreaterThan(20);
    assertThat(SizeLimits.complaints(measured))
        .filteredOn(complaint -> set.equals("main") || !complaint.contains("parameters"))
        .as("parameters of tests are columns of tables")
        .isEmpty();
  }

  @Test
  void excusesAreRare() {
    Sizes.Measured measured =
        Sizes.measure(Sizes.read(REPOSITORY.root(), REPOSITORY.javaSources("main")));

    assertThat(measured.methods().stream().filter(Sizes.MethodSize::excused).count())
        .as("methods with a written reason to be larger")
        .isLessThanOrEqualTo(measured.methods().size() / 20);
  }
}
