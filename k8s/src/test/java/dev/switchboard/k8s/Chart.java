package dev.switchboard.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The chart, linted and rendered by Helm's own code in this process, without a cluster. */
final class Chart {
  static final String RELEASE = "demo";
  static final String NAMESPACE = "ai";

  /** The oldest that the chart takes. */
  private static final String OLDEST_KUBERNETES = "1.30.0";

  /** The chart's own values, without any others. */
  static final String DEFAULTS = "defaults";

  private static final String SUFFIX = "-values.yaml";
  private static final YAMLMapper YAML = new YAMLMapper();

  private Chart() {}

  static Path home() {
    return Path.of(System.getProperty("switchboard.home", "..")).toAbsolutePath().normalize();
  }

  static Path folder() {
    return home().resolve("k8s/switchboard");
  }

  /** The defaults, and the sets in the chart's folder {@code ci}. */
  static List<String> valueSets() {
    try (Stream<Path> files = Files.list(folder().resolve("ci"))) {
      List<String> sets = new ArrayList<>(List.of(DEFAULTS));
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .sorted()
          .forEach(sets::add);
      return sets;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static LintResult lint() {
    return new Helm(folder()).lint().strict().call();
  }

  /** All manifests of a set of values, as text. */
  static String render(String set) {
    return set.equals(DEFAULTS) ? render() : render(folder().resolve("ci").resolve(set + SUFFIX));
  }

  /** All manifests with the values of these files over the defaults. */
  static String render(Path... values) {
    TemplateCommand template =
        new Helm(folder())
            .template()
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .withKubeVersion(OLDEST_KUBERNETES);
    for (Path file : values) {
      template.withValuesFile(file);
    }
    return template.call();
  }

  static List<JsonNode> manifests(String rendered) {
    try (MappingIterator<JsonNode> all = YAML.readerFor(JsonNode.class).readValues(rendered)) {
      return all.readAll().stream().filter(JsonNode::isObject).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The manifest of this kind whose name ends so. */
  static JsonNode manifest(List<JsonNode> manifests, String kind, String suffix) {
    return manifests.stream()
        .filter(manifest -> manifest.path("kind").asText().equals(kind))
        .filter(manifest -> manifest.at("/metadata/name").asText().endsWith(suffix))
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("no " + kind + " with a name that ends in " + suffix));
  }
}
