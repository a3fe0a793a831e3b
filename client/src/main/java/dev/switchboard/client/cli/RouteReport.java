package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.switchboard.client.cli.ExpertColours.Taken;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RoutedToken;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@code route} shows.
 *
 * @param replies of the windows, to be shown token by token; null: windows alone
 */
record RouteReport(
    Terminal terminal, List<Routed> routed, @Nullable List<RouteReply> replies, Experts experts) {
  void print(boolean json, double seconds) {
    PrintStream out = terminal.out();
    if (json) {
      out.println(Json.object(generator -> write(generator, seconds)));
    } else {
      if (replies != null) {
        tokens(replies);
      }
      routed.forEach(one -> out.print(line(one)));
      long known = routed.stream().filter(one -> one.tokens() > 0).count();
      out.println();
      byExpert().forEach((name, n) -> out.print(Bars.line(name, (double) n / known)));
    }
    out.flush();
  }

  /** The text in colours, where there are any, and the tokens with their experts' names. */
  private void tokens(List<RouteReply> all) {
    ExpertColours colours = new ExpertColours(terminal, experts);
    List<Taken> taken = new ArrayList<>();
    for (RouteReply reply : all) {
      for (RoutedToken token : reply.getRoutedList()) {
        taken.add(new Taken(token.getText(), Experts.favourite(token.getExpertsList())));
      }
    }
    if (terminal.colours()) {
      taken.forEach(token -> terminal.out().print(colours.of(token.expert(), token.text())));
      terminal.out().println();
      terminal.out().println();
    }
    colours.runs(taken);
    terminal.out().println();
  }

  private void write(JsonGenerator json, double seconds) throws IOException {
    json.writeArrayFieldStart("windows");
    for (int i = 0; i < routed.size(); i++) {
      Routed one = routed.get(i);
      json.writeStartObject();
      json.writeNumberField("offset", one.offset());
      json.writeStringField("expert", one.expert());
      json.writeNumberField("share", one.share());
      json.writeNumberField("tokens", one.tokens());
      if (replies != null) {
        writeTokens(json, replies.get(i).getRoutedList());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeObjectFieldStart("summary");
    json.writeNumberField("windows", routed.size());
    json.writeNumberField("tokens", routed.stream().mapToLong(Routed::tokens).sum());
    json.writeNumberField("seconds", seconds);
    json.writeObjectFieldStart("experts");
    for (var entry : byExpert().entrySet()) {
      json.writeNumberField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void writeTokens(JsonGenerator json, List<RoutedToken> tokens) throws IOException {
    json.writeArrayFieldStart("routed");
    for (RoutedToken token : tokens) {
      int expert = Experts.favourite(token.getExpertsList());
      json.writeStartObject();
      json.writeNumberField("id", token.getId());
      json.writeStringField("text", token.getText());
      json.writeStringField("expert", expert < 0 ? null : experts.name(expert));
      json.writeArrayFieldStart("layers");
      for (LayerChoice choice : token.getExpertsList()) {
        json.writeStartArray();
        for (int one : choice.getExpertsList()) {
          json.writeString(experts.name(one));
        }
        json.writeEndArray();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private TreeMap<String, Integer> byExpert() {
    TreeMap<String, Integer> windows = new TreeMap<>();
    for (Routed one : routed) {
      if (one.expert() != null) {
        windows.merge(one.expert(), 1, Integer::sum);
      }
    }
    return windows;
  }

  private static String line(Routed one) {
    String text =
        String.format(
            Locale.ROOT,
            "%10d  %-12s %5.1f %%  %4d tokens  %s",
            one.offset(),
            one.expert() == null ? "(empty)" : one.expert(),
            one.share() * 100,
            one.tokens(),
            one.beginning());
    return text.stripTrailing() + System.lineSeparator();
  }
}
