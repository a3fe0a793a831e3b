package dev.switchboard.client.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Locale;

/** Writes the one object that {@code --json} puts on standard output. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** Writes fields into an object that is open. */
  interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  private Json() {}

  /** The object with these fields, on one line. */
  static String object(Fields fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(text)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter never fails
    }
    return text.toString();
  }

  /** Unsigned 64-bit values keep their value above 2^63. */
  static void unsigned(JsonGenerator json, String name, long value) throws IOException {
    if (value >= 0) {
      json.writeNumberField(name, value);
    } else {
      json.writeFieldName(name);
      json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }

  /** {@code FINISH_REASON_END_TOKEN} becomes {@code end_token}. */
  static String enumWord(String prefix, Enum<?> value) {
    String name = value.name();
    return (name.startsWith(prefix) ? name.substring(prefix.length()) : name)
        .toLowerCase(Locale.ROOT);
  }
}
