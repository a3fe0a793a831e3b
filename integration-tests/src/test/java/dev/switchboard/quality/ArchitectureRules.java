package dev.switchboard.quality;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Who may know whom, and which library calls are kept out. */
final class ArchitectureRules {
  private static final String ROOT = "dev.switchboard.";
  private static final String HAZELCAST = "com.hazelcast..";
  private static final String SPARK = "org.apache.spark..";
  private static final String GRPC = "io.grpc..";

  /** The one package of each module, and what its classes must never import. */
  static final Map<String, List<String>> NEVER =
      Map.of(
          "proto", List.of(ours("model"), ours("cluster"), HAZELCAST, SPARK),
          "model",
              List.of(
                  ours("proto"), ours("cluster"), GRPC, "com.google.protobuf..", HAZELCAST, SPARK),
          "cluster", List.of(ours("model"), ours("proto"), GRPC, SPARK),
          "node", List.of(ours("router"), SPARK),
          "router", List.of(ours("node"), SPARK),
          "training", List.of(ours("cluster"), HAZELCAST),
          "client", List.of(ours("model"), ours("cluster"), HAZELCAST, SPARK),
          "benchmarks", List.of(SPARK),
          "k8s", List.of(ours("model"), ours("cluster"), ours("proto"), SPARK));

  /** Modules that stand on no other: only these may be known by more than one of ours. */
  private static final List<String> TOPS =
      List.of("node", "router", "client", "training", "benchmarks");

  /** Library functions whose last bit differs between machines or library versions. */
  private static final Set<String> INEXACT =
      Set.of(
          "exp", "expm1", "log", "log10", "log1p", "pow", "sin", "cos", "tan", "asin", "acos",
          "atan", "atan2", "sinh", "cosh", "tanh", "cbrt", "hypot");

  /** Constants made when a model is loaded (A), and numbers that are only told to people. */
  private static final Set<String> LOADERS =
      Set.of(
          ROOT + "model.layer.Mamba2Core",
          ROOT + "model.layer.Rope",
          ROOT + "model.layer.RopeTable",
          ROOT + "model.sampling.LogProbs");

  /** What reads, writes and judges checkpoints: no token passes through these packages. */
  private static final Set<String> LOADING_PACKAGES =
      Set.of(
          ROOT + "model.architecture",
          ROOT + "model.gguf",
          ROOT + "model.jinja",
          ROOT + "model.quantise",
          ROOT + "model.reference",
          ROOT + "model.reshape");

  private ArchitectureRules() {}

  static Map<String, ArchRule> all() {
    Map<String, ArchRule> rules = new TreeMap<>();
    NEVER.forEach(
        (module, never) -> rules.put(module + " never imports", neverImports(module, never)));
    for (String top : TOPS) {
      rules.put("only benchmarks know " + top, onlyBenchmarksKnow(top));
    }
    rules.put("no package cycles", noPackageCycles());
    rules.put("hazelcast in one package", onlyIn(HAZELCAST, ROOT + "cluster.hazelcast"));
    rules.put("spark in one package", onlyIn(SPARK, ROOT + "training.spark"));
    rules.put("vector api in one class family", vectorApiInOneFamily());
    rules.put("no reduceLanes on floats", noReduceLanes());
    rules.put("no inexact functions of Math", noInexactMath());
    rules.put("StrictMath in loaders alone", strictMathInLoaders());
    rules.put("no inexact vector operators", noInexactVectorOperators());
    rules.put("no Java serialization", noJavaSerialization());
    rules.put("Serializable in training alone", serializableInTraining());
    rules.put("no sleeps", noSleeps());
    return rules;
  }

  private static String ours(String module) {
    return ROOT + module + "..";
  }

  private static ArchRule neverImports(String module, List<String> never) {
    return noClasses()
        .that()
        .resideInAPackage(ours(module))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(never.toArray(String[]::new))
        .allowEmptyShould(true);
  }

  /** Training asks served experts through the client. */
  private static String[] users(String top) {
    return top.equals("client")
        ? new String[] {ours(top), ours("benchmarks"), ours("training")}
        : new String[] {ours(top), ours("benchmarks")};
  }

  private static ArchRule onlyBenchmarksKnow(String top) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(users(top))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ours(top))
        .allowEmptyShould(true);
  }

  private static ArchRule noPackageCycles() {
    return slices().matching(ROOT + "(**)").should().beFreeOfCycles().allowEmptyShould(true);
  }

  private static ArchRule onlyIn(String library, String home) {
    return noClasses()
        .that(are(DescribedPredicate.not(resideInAPackage(home))))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .allowEmptyShould(true);
  }

  private static ArchRule vectorApiInOneFamily() {
    return noClasses()
        .that(are(describe("not Vector* of model.kernel", type -> !isVectorKernel(type))))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .allowEmptyShould(true);
  }

  private static boolean isVectorKernel(JavaClass type) {
    return type.getName().startsWith(ROOT + "model.kernel.Vector");
  }

  private static ArchRule noReduceLanes() {
    return noClasses()
        .should()
        .callMethodWhere(
            describe(
                "reduceLanes of a float vector (its order differs between machines)",
                call ->
                    call.getName().startsWith("reduceLanes")
                        && Set.of("FloatVector", "DoubleVector")
                            .contains(call.getTargetOwner().getSimpleName())))
        .allowEmptyShould(true);
  }

  private static ArchRule noInexactMath() {
    return noClasses()
        .that(are(resideInAPackage(ours("model"))))
        .should()
        .accessTargetWhere(
            describe("inexact function of Math", access -> inexact(access, Math.class)))
        .allowEmptyShould(true);
  }

  private static ArchRule strictMathInLoaders() {
    return noClasses()
        .that(are(resideInAPackage(ours("model"))))
        .and(are(describe("no loaders", type -> !loads(type))))
        .should()
        .accessTargetWhere(
            describe("transcendental function of StrictMath", a -> inexact(a, StrictMath.class)))
        .allowEmptyShould(true);
  }

  private static boolean loads(JavaClass type) {
    return LOADERS.contains(type.getName()) || LOADING_PACKAGES.contains(type.getPackageName());
  }

  private static boolean inexact(JavaAccess<?> access, Class<?> library) {
    return access.getTargetOwner().isEquivalentTo(library) && INEXACT.contains(access.getName());
  }

  private static ArchRule noInexactVectorOperators() {
    return noClasses()
        .should()
        .accessFieldWhere(
            describe(
                "transcendental operator of the vector library",
                access ->
                    access.getTargetOwner().getSimpleName().equals("VectorOperators")
                        && INEXACT.contains(access.getName().toLowerCase(java.util.Locale.ROOT))))
        .allowEmptyShould(true);
  }

  private static ArchRule noJavaSerialization() {
    return noClasses()
        .that(are(DescribedPredicate.not(resideInAPackage(ROOT + "training.spark"))))
        .should()
        .dependOnClassesThat(
            describe(
                "Java serialization",
                type ->
                    Set.of(
                            "java.io.ObjectOutputStream",
                            "java.io.ObjectInputStream",
                            "java.io.ObjectOutput",
                            "java.io.ObjectInput",
                            "java.io.Externalizable")
                        .contains(type.getName())))
        .allowEmptyShould(true);
  }

  private static ArchRule serializableInTraining() {
    return noClasses()
        .that(are(DescribedPredicate.not(resideInAnyPackage(ours("training")))))
        .should(
            new Condition(
                "declare java.io.Serializable",
                type ->
                    type.getRawInterfaces().stream()
                        .anyMatch(face -> face.getName().equals("java.io.Serializable"))))
        .allowEmptyShould(true);
  }

  private static ArchRule noSleeps() {
    return noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .allowEmptyShould(true);
  }

  /** Names of the modules' packages, for a check that every class lives in its module's own. */
  static List<String> packages() {
    List<String> packages = new ArrayList<>(NEVER.keySet());
    packages.sort(null);
    return packages;
  }

  static ArchRule livesIn(String module) {
    return classes().should().resideInAPackage(ours(module)).allowEmptyShould(true);
  }
}
