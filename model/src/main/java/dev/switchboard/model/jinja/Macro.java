package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Statement.Body;
import dev.switchboard.model.jinja.Statement.Signature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro, with the scope that it was written in. */
final class Macro implements Callable {
  private final String name;
  private final Signature signature;
  private final Body body;
  private final Scope scope;
  private final Renderer renderer;

  Macro(String name, Signature signature, Body body, Scope scope, Renderer renderer) {
    this.name = name;
    this.signature = signature;
    this.body = body;
    this.scope = scope;
    this.renderer = renderer;
  }

  @Override
  public Object call(Arguments arguments) {
    List<String> names = signature.names();
    if (arguments.values().size() > names.size()) {
      throw new JinjaException(
          "macro \"%s\" takes %s arguments, %s were given"
              .formatted(name, names.size(), arguments.values().size()));
    }
    Scope inner = scope.inner();
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    Object caller = named.remove("caller");
    inner.set("caller", caller == null ? Undefined.name("caller") : caller);
    for (int i = 0; i < names.size(); i++) {
      inner.set(names.get(i), argument(i, arguments, named, inner));
    }
    if (!named.isEmpty()) {
      throw new JinjaException(
          "macro \"%s\" has no parameters %s".formatted(name, new ArrayList<>(named.keySet())));
    }
    return renderer.text(body, inner);
  }

  private Object argument(int place, Arguments arguments, Map<String, Object> named, Scope inner) {
    String parameter = signature.names().get(place);
    if (place < arguments.values().size()) {
      return arguments.values().get(place);
    }
    Object value = named.remove(parameter);
    if (value != null) {
      return value;
    }
    int fallback = place - (signature.names().size() - signature.fallbacks().size());
    return fallback >= 0
        ? renderer.evaluator().value(signature.fallbacks().get(fallback), inner)
        : new Undefined("parameter '" + parameter + "' was not provided");
  }
}
