/** Experts: functions {@code [tokens, dModel] -> [tokens, dModel]}, with or without a state. */
@NullMarked
package dev.switchboard.model.expert;

import org.jspecify.annotations.NullMarked;
