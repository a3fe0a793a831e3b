package dev.switchboard.cluster.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a settings record: the section of the file that its keys stand in. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Section {
  /** Its name in files and in environment variables. */
  String name();

  /** What has these settings. */
  String doc();
}
