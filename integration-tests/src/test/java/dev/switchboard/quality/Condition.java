package dev.switchboard.quality;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.function.Predicate;

/** A condition on a class that a predicate decides. */
final class Condition extends ArchCondition<JavaClass> {
  private final Predicate<JavaClass> predicate;

  Condition(String description, Predicate<JavaClass> predicate) {
    super(description);
    this.predicate = predicate;
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    boolean holds = predicate.test(type);
    String message = type.getName() + (holds ? " does " : " does not ") + getDescription();
    events.add(new SimpleConditionEvent(type, holds, message));
  }
}
