package dev.switchboard.cluster.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who may call a router, and which experts each caller may not wake: a YAML file.
 *
 * @param keys those that callers may bring
 * @param anonymous what holds for callers without one of them; empty: they are refused
 */
public record AccessKeys(List<Key> keys, Optional<Key> anonymous) {
  /** Everybody may do everything. */
  public static final AccessKeys OPEN =
      new AccessKeys(List.of(), Optional.of(new Key("anonymous", "", List.of(), true)));

  private static final Set<String> FILE_KEYS = Set.of("keys", "anonymous");
  private static final Set<String> KEY_KEYS = Set.of("name", "sha256", "without", "admin");
  private static final Set<String> ANONYMOUS_KEYS = Set.of("without", "admin");

  /**
   * A caller.
   *
   * @param name for people
   * @param sha256 of the key itself, 64 hexadecimal digits
   * @param without names or indices of experts that are never woken for it
   * @param admin whether it may change what all callers use
   */
  public record Key(String name, String sha256, List<String> without, boolean admin) {
    public Key {
      without = List.copyOf(without);
    }
  }

  public AccessKeys {
    keys = List.copyOf(keys);
  }

  /** Whose key has that digest; whoever brings none, or another, if that is allowed. */
  public Optional<Key> of(Optional<String> sha256) {
    Optional<Key> listed =
        sha256.flatMap(
            given -> keys.stream().filter(key -> key.sha256().equals(given)).findFirst());
    return listed.isPresent() ? listed : anonymous;
  }

  /**
   * Reads a file.
   *
   * @throws SettingsException naming the file and what is wrong with it
   */
  public static AccessKeys read(Path file) {
    JsonNode root = YamlFile.read(file, "file of keys");
    requireKeys(root, FILE_KEYS, "the file", file);
    List<Key> keys = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> digests = new HashSet<>();
    for (JsonNode node : root.path("keys")) {
      Key key = key(node, file);
      if (!names.add(key.name()) || !digests.add(key.sha256())) {
        throw new SettingsException("%s: key %s is there twice".formatted(file, key.name()));
      }
      keys.add(key);
    }
    JsonNode other = root.path("anonymous");
    if (other.isMissingNode()) {
      return new AccessKeys(keys, Optional.empty());
    }
    requireKeys(other, ANONYMOUS_KEYS, "anonymous", file);
    return new AccessKeys(
        keys,
        Optional.of(
            new Key("anonymous", "", without(other, "anonymous", file), admin(other, file))));
  }

  private static Key key(JsonNode node, Path file) {
    requireKeys(node, KEY_KEYS, "an entry of keys", file);
    String name = node.path("name").asText();
    String digest = node.path("sha256").asText().toLowerCase(Locale.ROOT);
    if (name.isBlank()) {
      throw new SettingsException("%s: a key has no name".formatted(file));
    }
    if (!digest.matches("[0-9a-f]{64}")) {
      throw new SettingsException(
          "%s: sha256 of key %s is \"%s\"; expected 64 hexadecimal digits (printf %%s KEY | sha256sum)"
              .formatted(file, name, digest));
    }
    return new Key(name, digest, without(node, name, file), admin(node, file));
  }

  private static boolean admin(JsonNode node, Path file) {
    JsonNode admin = node.path("admin");
    if (!admin.isMissingNode() && !admin.isBoolean()) {
      throw new SettingsException("%s: admin is %s; expected true or false".formatted(file, admin));
    }
    return admin.asBoolean(false);
  }

  private static List<String> without(JsonNode node, String name, Path file) {
    JsonNode listed = node.path("without");
    if (!listed.isMissingNode() && !listed.isArray()) {
      throw new SettingsException(
          "%s: without of %s is %s; expected a list of experts".formatted(file, name, listed));
    }
    List<String> experts = new ArrayList<>();
    for (JsonNode expert : listed) {
      if (!expert.isTextual() && !expert.isIntegralNumber()) {
        throw new SettingsException(
            "%s: without of %s has %s; expected names or indices of experts"
                .formatted(file, name, expert));
      }
      experts.add(expert.asText());
    }
    return experts;
  }

  private static void requireKeys(JsonNode node, Set<String> known, String what, Path file) {
    if (!node.isObject()) {
      throw new SettingsException(
          "%s: %s is %s; expected keys with values".formatted(file, what, node));
    }
    node.fieldNames()
        .forEachRemaining(key -> {
          if (!known.contains(key)) {
            throw new SettingsException(
                "%s: %s has the unknown key %s; known are %s"
                    .formatted(file, what, key, known.stream().sorted().toList()));
          }
        });
  }
}
