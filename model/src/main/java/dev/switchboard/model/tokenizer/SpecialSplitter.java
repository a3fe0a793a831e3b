package dev.switchboard.model.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds tokens that are written in a text: from the left, the longest first. */
final class SpecialSplitter {
  private record Special(String text, int id) {}

  private final Map<Character, List<Special>> byFirst = new HashMap<>();

  /**
   * @param ids by how the token is written; none is empty
   */
  SpecialSplitter(Map<String, Integer> ids) {
    Map<Character, List<Special>> found = new HashMap<>();
    ids.forEach((text, id) ->
        found
            .computeIfAbsent(text.charAt(0), first -> new ArrayList<>())
            .add(new Special(text, id)));
    found.forEach((first, list) ->
        byFirst.put(
            first,
            list.stream()
                .sorted(Comparator.comparingInt((Special s) -> -s.text.length()))
                .toList()));
  }

  /** Receives a text's parts in their order. */
  interface Parts {
    void text(String part);

    void token(int id);
  }

  void split(String text, Parts parts) {
    int start = 0;
    int at = 0;
    while (at < text.length()) {
      Special found = at(text, at);
      if (found == null) {
        at++;
        continue;
      }
      if (at > start) {
        parts.text(text.substring(start, at));
      }
      parts.token(found.id);
      at += found.text.length();
      start = at;
    }
    if (at > start) {
      parts.text(text.substring(start));
    }
  }

  private @Nullable Special at(String text, int at) {
    for (Special special : byFirst.getOrDefault(text.charAt(at), List.of())) {
      if (text.startsWith(special.text, at)) {
        return special;
      }
    }
    return null;
  }
}
