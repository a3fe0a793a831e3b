package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Makes typed settings of a YAML file, the environment and flags; a flag beats the environment,
 * that beats the file, that beats the default. One file may hold the sections of all processes.
 * Whatever is not known or not possible is an error that names the key, what was given, what is
 * allowed, and where it was given.
 */
public final class SettingsLoader {
  static final List<Section> SECTIONS =
      List.of(RouterSettings.SECTION, NodeSettings.SECTION, GridSettings.SECTION);

  private final Map<String, Given> given;

  private SettingsLoader(Map<String, Given> given) {
    this.given = given;
  }

  /** A value as a user gave it, and where. */
  private record Given(String text, String origin) {}

  /** No file, no environment, no flags. */
  public static SettingsLoader defaults() {
    return new SettingsLoader(Map.of());
  }

  /**
   * Reads and checks everything that was given, for all sections.
   *
   * @param file the YAML file, if there is one
   * @param environment all environment variables; those that begin with {@code SWITCHBOARD_} and
   *     the name of a section count
   * @param flags values given on the command line, by key path like {@code router.port}
   * @throws SettingsException naming what is wrong
   */
  public static SettingsLoader of(
      Optional<Path> file, Map<String, String> environment, Map<String, String> flags) {
    Map<String, Key> known = new LinkedHashMap<>();
    SECTIONS.forEach(section -> section.keys().forEach(key -> known.put(key.path(), key)));
    Map<String, Given> given = new LinkedHashMap<>();
    file.ifPresent(path -> addFile(path, known, given));
    addEnvironment(environment, known, given);
    flags.forEach((path, text) -> given.put(path, new Given(text, "flag")));
    given.forEach((path, value) -> parse(requireKnown(path, known, value.origin()), value));
    return new SettingsLoader(given);
  }

  /** All settings of a router process. */
  public RouterProcessSettings router() {
    return new RouterProcessSettings(routerSettings(), gridSettings());
  }

  /** All settings of a node process. */
  public NodeProcessSettings node() {
    return new NodeProcessSettings(nodeSettings(), gridSettings());
  }

  /** The section {@code router} alone. */
  public RouterSettings routerSettings() {
    return RouterSettings.of(choose(RouterSettings.SECTION));
  }

  /** The section {@code node} alone. */
  public NodeSettings nodeSettings() {
    return NodeSettings.of(choose(NodeSettings.SECTION));
  }

  /** The section {@code grid} alone. */
  public GridSettings gridSettings() {
    return GridSettings.of(choose(GridSettings.SECTION));
  }

  private Chosen choose(Section section) {
    Map<String, Object> values = new HashMap<>();
    for (Key key : section.keys()) {
      Given standard = new Given(key.allowed().standard(), "default");
      values.put(key.name(), parse(key, given.getOrDefault(key.path(), standard)));
    }
    return new Chosen(values);
  }

  private static void addFile(Path file, Map<String, Key> known, Map<String, Given> given) {
    SettingsFile.read(file)
        .forEach((path, text) ->
            given.put(
                requireKnown(path, known, file.toString()).path(),
                new Given(text, file.toString())));
  }

  private static void addEnvironment(
      Map<String, String> environment, Map<String, Key> known, Map<String, Given> given) {
    Map<String, Key> byVariable = new LinkedHashMap<>();
    known.values().forEach(key -> byVariable.put(key.environment(), key));
    environment.forEach((name, text) -> {
      boolean ours = SECTIONS.stream().anyMatch(s -> name.startsWith(s.environmentPrefix()));
      if (ours) {
        Key key = requireKnown(name, byVariable, "the environment");
        given.put(key.path(), new Given(text, "environment variable " + name));
      }
    });
  }

  private static Key requireKnown(String name, Map<String, Key> known, String origin) {
    Key key = known.get(name);
    if (key == null) {
      throw new SettingsException(
          "unknown setting %s in %s; did you mean %s?"
              .formatted(name, origin, nearest(name, known)));
    }
    return key;
  }

  private static Object parse(Key key, Given value) {
    try {
      return key.parse(value.text());
    } catch (IllegalArgumentException e) {
      String link = value.text().startsWith("tcp://") ? LINK_HINT : "";
      throw new SettingsException(
          "%s: \"%s\" is not possible; %s (given by %s)%s"
              .formatted(key.path(), value.text(), e.getMessage(), value.origin(), link));
    }
  }

  /**
   * Kubernetes sets such variables for every Service; one called switchboard-router makes
   * SWITCHBOARD_ROUTER_PORT.
   */
  private static final String LINK_HINT =
      ". This looks like a Kubernetes service link: set enableServiceLinks: false in the pod";

  private static String nearest(String name, Map<String, Key> known) {
    String wanted = name.toLowerCase(Locale.ROOT);
    String best = "";
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : known.keySet()) {
      int distance = editDistance(wanted, candidate.toLowerCase(Locale.ROOT));
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }

  private static int editDistance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
