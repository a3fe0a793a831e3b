package dev.switchboard.quality;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule is broken once on purpose; a rule that cannot fail guards nothing. */
class RulesCanFailTest {
  private static final String[] STUBS = {
    "package io.grpc; public class Status {}",
    "package com.hazelcast.map; public interface IMap {}",
    "package org.apache.spark; public class SparkContext {}",
    "package dev.switchboard.proto.v1; public class Batch {}",
    "package dev.switchboard.model; public class Model {}",
    "package dev.switchboard.cluster; public class Grid {}",
    "package dev.switchboard.router; public class Router {}",
    "package dev.switchboard.node; public class Node {}",
    "package dev.switchboard.client; public class Client {}",
    "package dev.switchboard.training; public class Train {}",
    "package dev.switchboard.benchmarks; public class Bench {}",
  };

  @TempDir Path folder;

  /** Name of the rule, then the source that breaks it. */
  static List<Arguments> offences() {
    return List.of(
        Arguments.of("proto never imports", field("proto", "dev.switchboard.model.Model")),
        Arguments.of("model never imports", field("model", "io.grpc.Status")),
        Arguments.of("model never imports", field("model", "dev.switchboard.proto.v1.Batch")),
        Arguments.of("cluster never imports", field("cluster", "dev.switchboard.model.Model")),
        Arguments.of("node never imports", field("node", "dev.switchboard.router.Router")),
        Arguments.of("router never imports", field("router", "dev.switchboard.node.Node")),
        Arguments.of("router never imports", field("router", "org.apache.spark.SparkContext")),
        Arguments.of("training never imports", field("training", "com.hazelcast.map.IMap")),
        Arguments.of("client never imports", field("client", "dev.switchboard.model.Model")),
        Arguments.of(
            "benchmarks never imports", field("benchmarks", "org.apache.spark.SparkContext")),
        Arguments.of("k8s never imports", field("k8s", "dev.switchboard.model.Model")),
        Arguments.of("only benchmarks know node", field("client", "dev.switchboard.node.Node")),
        Arguments.of(
            "only benchmarks know router", field("client", "dev.switchboard.router.Router")),
        Arguments.of(
            "only benchmarks know client", field("router", "dev.switchboard.client.Client")),
        Arguments.of(
            "only benchmarks know training", field("client", "dev.switchboard.training.Train")),
        Arguments.of(
            "only benchmarks know benchmarks", field("client", "dev.switchboard.benchmarks.Bench")),
        Arguments.of("hazelcast in one package", field("router", "com.hazelcast.map.IMap")),
        Arguments.of(
            "spark in one package", field("training.data", "org.apache.spark.SparkContext")),
        Arguments.of(
            "vector api in one class family",
            field("model.kernel", "jdk.incubator.vector.FloatVector")),
        Arguments.of(
            "no reduceLanes on floats",
            body(
                "model.kernel",
                "float f(jdk.incubator.vector.FloatVector v) {"
                    + " return v.reduceLanes(jdk.incubator.vector.VectorOperators.ADD); }")),
        Arguments.of(
            "no inexact vector operators",
            body("model.kernel", "Object o = jdk.incubator.vector.VectorOperators.TANH;")),
        Arguments.of(
            "no inexact functions of Math",
            body("model.layer", "double f(double x) { return Math.exp(x); }")),
        Arguments.of(
            "no inexact functions of Math",
            body("model.layer", "java.util.function.DoubleUnaryOperator f = Math::log;")),
        Arguments.of(
            "StrictMath in loaders alone",
            body("model.layer", "double f(double x) { return StrictMath.exp(x); }")),
        Arguments.of(
            "no Java serialization",
            body(
                "router",
                "void f(java.io.OutputStream o) throws Exception { new java.io.ObjectOutputStream(o).close(); }")),
        Arguments.of(
            "Serializable in training alone",
            "package dev.switchboard.router; record Bad(int a) implements java.io.Serializable {}"),
        Arguments.of(
            "no sleeps", body("client", "void f() throws Exception { Thread.sleep(1); }")));
  }

  @ParameterizedTest
  @MethodSource("offences")
  void theRuleIsBroken(String rule, String offence) {
    assertThat(broken(offence)).contains(rule);
  }

  @Test
  void aCycleOfPackagesIsSeen() {
    assertThat(
            broken(
                "package dev.switchboard.model.a; public class A { dev.switchboard.model.b.B b; }",
                "package dev.switchboard.model.b; public class B { dev.switchboard.model.a.A a; }"))
        .containsExactly("no package cycles");
  }

  @Test
  void goodCodeBreaksNothing() {
    assertThat(
            broken(
                "package dev.switchboard.model.kernel; class VectorSums {"
                    + " jdk.incubator.vector.FloatVector v; double r(double x) { return Math.sqrt(x); } }",
                "package dev.switchboard.cluster.hazelcast; class Members { com.hazelcast.map.IMap m; }",
                "package dev.switchboard.training.spark; class Job { org.apache.spark.SparkContext c;"
                    + " java.io.ObjectOutputStream o; }"))
        .isEmpty();
  }

  @Test
  void everyRuleHasAnOffence() {
    Set<String> tried = new TreeSet<>();
    offences().forEach(offence -> tried.add((String) offence.get()[0]));
    tried.add("no package cycles");
    assertThat(tried).containsExactlyElementsOf(ArchitectureRules.all().keySet());
  }

  @Test
  void aClassInAnothersPackageIsSeen() {
    var classes = Snippets.classesOf(folder, "package dev.switchboard.router; class Lost {}");
    assertThat(ArchitectureRules.livesIn("model").evaluate(classes).hasViolation()).isTrue();
    assertThat(ArchitectureRules.livesIn("router").evaluate(classes).hasViolation()).isFalse();
  }

  @Test
  void floatArithmeticIsSeen() {
    Path classes =
        Snippets.compile(
            folder,
            "package dev.switchboard.router; class Sum { float add(float a, float b) { return a + b; }"
                + " float fused(float a) { return Math.fma(a, a, a); }"
                + " boolean less(float a) { return a < 1f; } long whole(long a) { return a * a; } }");
    assertThat(ByteCode.floatArithmeticBelow(classes))
        .containsExactly("dev.switchboard.router.Sum.add", "dev.switchboard.router.Sum.fused");
  }

  private Set<String> broken(String... offences) {
    List<String> sources = new ArrayList<>(Arrays.asList(STUBS));
    sources.addAll(Arrays.asList(offences));
    var classes = Snippets.classesOf(folder, sources.toArray(String[]::new));
    Set<String> broken = new TreeSet<>();
    ArchitectureRules.all()
        .forEach((name, rule) -> {
          if (rule.evaluate(classes).hasViolation()) {
            broken.add(name);
          }
        });
    return broken;
  }

  private static String field(String module, String type) {
    return body(module, type + " field;");
  }

  private static String body(String module, String members) {
    return "package dev.switchboard.%s; class Offender { %s }".formatted(module, members);
  }

  @Test
  void largeSourcesAreSeen() {
    String lines = "\n    int a = 0;".repeat(80);
    String source =
        """
        class Big {
          void longest() {%s
          }
          // size: unrolled by hand, a loop is half as fast
          void excused() {%s
          }
          // size: no
          void tooShortAReason() {%s
          }
          void wide(int a, int b, int c, int d, int e, int f) {}
          record Wide(int a, int b, int c, int d, int e, int f) { Wide { assert a > 0; } }
        }
        """
            .formatted(lines, lines, lines);

    List<String> complaints = SizeLimits.complaints(Sizes.measure(Map.of("Big.java", source)));

    assertThat(complaints)
        .hasSize(4)
        .anyMatch(c -> c.startsWith("95th percentile of method lines"))
        .anyMatch(c -> c.startsWith("Big.longest at") && c.contains("82 lines, at most 70"))
        .anyMatch(c -> c.startsWith("Big.tooShortAReason at"))
        .anyMatch(c -> c.startsWith("Big.wide at") && c.contains("6 parameters, at most 5"));
  }

  @Test
  void aLongFileIsSeen() {
    String source = "class Long {\n" + "  // line\n".repeat(400) + "}\n";
    assertThat(SizeLimits.complaints(Sizes.measure(Map.of("Long.java", source))))
        .singleElement()
        .asString()
        .startsWith("95th percentile of file lines is 402, at most 350");
  }

  @ParameterizedTest
  @MethodSource("badWords")
  void privateWordsAreSeen(String line) {
    assertThat(Words.complaints("README.md", "fine\n" + line)).hasSize(1);
  }

  static List<String> badWords() {
    return List.of(
        "see /" + "work/main/README",
        "cd /" + "root/.m2",
        "data in " + "shar" + "ed/data",
        "data in ../" + "shar" + "ed/data",
        "as iss" + "ue 12 says",
        "<".repeat(7) + " HEAD");
  }

  @Test
  void ordinaryWordsAreNot() {
    assertThat(
            Words.complaints(
                "x",
                "moe.shared.gate_proj\n/usr/lib/jvm\n$HOME/.m2\n~/.m2/root/a\n// an issue with 3 nodes"))
        .isEmpty();
  }
}
