package dev.switchboard.cluster.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one key of a settings record. The component's Java type gives the form: {@code int},
 * {@code long} (with {@link #bytes}, sizes like {@code 16MiB}), {@code boolean}, {@code String},
 * {@code Duration} ({@code 250ms}, {@code 2s}, {@code 5m}, {@code 1h}), {@code Optional<Path>}
 * (empty: unset) or {@code List<String>} (separated by commas).
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {
  /** The default, written as a user would write it. */
  String value();

  /** What it means, one or two sentences. */
  String doc();

  /** Smallest allowed value, in the form of the key; empty for none. */
  String min() default "";

  /** Largest allowed value, in the form of the key; empty for none. */
  String max() default "";

  /** A long that counts bytes. */
  boolean bytes() default false;

  /** Each element has the form {@code host:port}. */
  boolean addresses() default false;
}
