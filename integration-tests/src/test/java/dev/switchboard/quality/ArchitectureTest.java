package dev.switchboard.quality;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rules on the classes of all modules. */
class ArchitectureTest {
  /** Modules whose package is not their folder's name. */
  private static final Map<String, String> PACKAGES =
      Map.of("cluster-config", "cluster", "expert-node", "node", "router-service", "router");

  private static final Repository REPOSITORY = Repository.here();

  @TestFactory
  Stream<DynamicTest> rules() {
    JavaClasses classes = new ClassFileImporter().importPaths(REPOSITORY.classFolders());
    return ArchitectureRules.all().entrySet().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> rule.getValue().check(classes)));
  }

  @TestFactory
  Stream<DynamicTest> everyClassLivesInThePackageOfItsModule() {
    return REPOSITORY.classFolders().stream()
        .map(folder -> {
          String module = folder.getParent().getParent().getFileName().toString();
          return DynamicTest.dynamicTest(
              module,
              () ->
                  ArchitectureRules.livesIn(PACKAGES.getOrDefault(module, module))
                      .check(new ClassFileImporter().importPath(folder)));
        });
  }

  @Test
  void allModulesAreSeen() {
    List<String> seen =
        REPOSITORY.classFolders().stream()
            .map(folder -> folder.getParent().getParent().getFileName().toString())
            .map(module -> PACKAGES.getOrDefault(module, module))
            .sorted()
            .toList();
    assertThat(seen).containsExactlyElementsOf(ArchitectureRules.packages());
  }

  @TestFactory
  Stream<DynamicTest> floatArithmeticLivesInModelAlone() {
    return Stream.of("proto", "cluster-config", "expert-node", "router-service", "client")
        .map(module ->
            DynamicTest.dynamicTest(
                module,
                () -> {
                  Path folder = REPOSITORY.root().resolve(module).resolve("target/classes");
                  assertThat(ByteCode.floatArithmeticBelow(folder))
                      .filteredOn(method -> !method.startsWith("dev.switchboard.proto.v1."))
                      .isEmpty();
                }));
  }

  @Test
  void sparkIsOnTheClassPathOfTrainingAlone() {
    for (String module : REPOSITORY.modules()) {
      String pom = Repository.read(REPOSITORY.root().resolve(module).resolve("pom.xml"));
      boolean allowed = module.equals("training");
      assertThat(!allowed && pom.contains("org.apache.spark")).as("spark in %s", module).isFalse();
      assertThat(pom.contains("switchboard-training"))
          .as("training as a dependency of %s", module)
          .isEqualTo(allowed);
    }
  }
}
